//! What has no firmware gets no commands for one: nothing is sent, and nothing is written.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::fs;
use std::time::Duration;

use common::{Bench, Loop, is_root};
use nulstil::device::Bay as _;
use nulstil::os::{EngineChoice, LinuxBay};
use nulstil::proto::ata::sanitize_device;
use nulstil::proto::nvme::{Afterwards, Identify, Sanitize, SanitizeAction};
use nulstil::proto::{Command, NoAnswer, ata, mmc};

fn refuses_everything(path: &std::path::Path, file: &std::path::Path, why: &str) {
    let before = fs::read(file).unwrap();
    let bay = LinuxBay::live(EngineChoice::Auto);
    let facts = bay.examine(path).unwrap();
    let said = bay.channel(&facts).err().unwrap();
    assert!(said.contains(why), "{said}");
    let drive = bay.open_exclusive(&facts).unwrap();
    assert_eq!(drive.protocol(), Err(said));
    let block_erase = SanitizeAction::BlockErase(Afterwards::Deallocate);
    for command in [
        Command::Nvme(Identify::Controller.command()),
        Command::Nvme(Sanitize::Start { action: block_erase, unrestricted_exit: false }.command()),
        Command::Ata(ata::identify_device::command()),
        Command::Ata(sanitize_device::Request::FreezeLock.command()),
        Command::Mmc(mmc::sanitize::command()),
    ] {
        let answer = drive.send(&command, Duration::from_secs(1));
        assert!(matches!(answer, Err(NoAnswer::NotSent(_))), "{answer:?}");
    }
    drop(drive);
    assert!(fs::read(file).unwrap() == before, "something was written");
}

#[test]
fn a_disk_image_has_no_firmware() {
    let bench = Bench::new();
    let image = bench.image("disk.img", 1 << 20);
    refuses_everything(&image, &image, "disk image");
}

#[test]
fn a_loop_device_has_no_firmware() {
    if !is_root("a_loop_device_has_no_firmware") {
        return;
    }
    let bench = Bench::new();
    let image = bench.image("disk.img", 1 << 20);
    let loop_device = Loop::attach(&image, &[]);
    refuses_everything(&loop_device.device, &image, "loop device");
}
