//! What runs in the guest with the emulated drives: it asks them through the kernel.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use nulstil::device::{Bay as _, Channel, Protocol};
use nulstil::model::{Bus, Medium, TechniqueId};
use nulstil::os::{self, EngineChoice, LinuxBay, Sleep, System};
use nulstil::plan::Found;
use nulstil::proto::ata::sense;
use nulstil::proto::ata::{self, Width, max_address, sanitize_device};
use nulstil::proto::mmc::{
    ext_csd,
    status::{self, State, Status},
};
use nulstil::proto::nvme::{
    FormatNvm, FormatTarget, Identify, IdentifyController, IdentifyNamespace, SanitizeLog,
    SecureErase,
};
use nulstil::proto::scsi::format_unit::FormatUnit;
use nulstil::proto::scsi::report_supported_operation_codes::Support;
use nulstil::proto::{Answer, Command as Send, NoAnswer};
use nulstil::technique::{Firmware, Health};

/// What runs in the guest: it asks the drives that `boot` attaches, through the kernel.
#[test]
fn inside() {
    // Only there: a host's drives are not ours to ask.
    if std::env::var_os("NULSTIL_IN_GUEST").is_none() {
        return;
    }
    let bay = LinuxBay::live(EngineChoice::Auto);
    let channel = |path: &str| bay.channel(&bay.examine(Path::new(path)).unwrap());
    let no = |path: &str| channel(path).err().unwrap();
    let second = Duration::from_secs(30);

    // A virtual drive has no firmware.
    assert!(no("/dev/vda").contains("virtual"), "{}", no("/dev/vda"));

    // NVMe: the number in the name is not the namespace's.
    for (path, serial, number) in [
        ("/dev/nvme0n1", "GUEST-ALONE", 1),
        ("/dev/nvme1n1", "GUEST-PAIR", 1),
        ("/dev/nvme1n2", "GUEST-PAIR", 2),
    ] {
        let nvme = channel(path).unwrap();
        let Ok(Protocol::Nvme(namespace)) = nvme.protocol() else { panic!("{path}") };
        assert_eq!(namespace.get(), number, "{path}");
        let send = |command| nvme.send(&Send::Nvme(command), second);
        let Ok(Answer::Nvme { status, data }) = send(Identify::Controller.command()) else {
            panic!("{path}")
        };
        assert!(status.is_success());
        let controller = IdentifyController::parse(&data).unwrap();
        assert_eq!(controller.serial_number.as_deref(), Some(serial));
        // A page that QEMU does not have is an answer, and no data.
        let Ok(Answer::Nvme { status, data }) = send(SanitizeLog::command()) else {
            panic!("{path}")
        };
        assert!(!status.is_success() && data.is_empty(), "{status}");
        let Ok(Answer::Nvme { data, .. }) = send(Identify::Namespace(namespace).command()) else {
            panic!("{path}")
        };
        let found = IdentifyNamespace::parse(&data).unwrap();
        let target = FormatTarget::Namespace(namespace);
        let format = FormatNvm::keeping(target, SecureErase::UserData, &found);
        assert!(matches!(send(format.command()), Err(NoAnswer::NotSent(_))), "{path}");
    }

    // ATA behind libata's translator.
    let sata = channel("/dev/sda").unwrap();
    assert_eq!(sata.protocol(), Ok(Protocol::Scsi));
    let facts = bay.examine(Path::new("/dev/sda")).unwrap();
    identifies(sata.as_ref(), second, facts.identity.capacity_bytes / 512);
    // A drive that somebody may be using is only asked.
    let freeze = Send::Ata(sanitize_device::Request::FreezeLock.command());
    assert!(matches!(sata.send(&freeze, second), Err(NoAnswer::NotSent(_))));
    let other = Send::Nvme(Identify::Controller.command());
    assert!(matches!(sata.send(&other, second), Err(NoAnswer::NotSent(_))));

    // Opened for erasing it takes all commands; QEMU has no Sanitize and says so.
    let drive = bay.open_exclusive(&facts).unwrap();
    identifies(drive.as_ref(), second, facts.identity.capacity_bytes / 512);
    match drive.send(&freeze, second) {
        Ok(Answer::Scsi { status: 2, sense, .. }) => {
            let answer = sense::Answer::parse(&sense);
            assert!(answer.registers().is_none_or(|r| !r.succeeded()), "{sense:02x?}");
        }
        other => panic!("{other:?}"),
    }
    formats_nothing(&bay, Path::new("/dev/sdb"));
    asks_a_card(&bay, Path::new("/dev/mmcblk0"));
    // It sleeps and wakes up by itself, and its drives are there again for what comes next.
    let system = System::live();
    assert_eq!((os::sleep_kind(&system), os::slept(&system)), (Ok(Sleep::Deep), false));
    os::sleep(&system, Sleep::Deep, Duration::from_secs(8)).unwrap();
    assert!(os::slept(&system));

    println!("all was asked");
}

/// QEMU's SCSI disk says GOOD to FORMAT UNIT, and everything is still there.
fn formats_nothing(bay: &LinuxBay, path: &Path) {
    let facts = bay.examine(path).unwrap();
    assert_eq!(facts.identity.serial_number.as_deref(), Some("GUEST-SCSI"));
    assert_eq!((facts.identity.bus, facts.identity.medium), (Bus::Scsi, Medium::Virtual));
    let first = || {
        let mut bytes = vec![0; 1 << 20];
        fs::File::open(path).unwrap().read_exact(&mut bytes).unwrap();
        bytes
    };
    let before = first();
    let drive = bay.open_exclusive(&facts).unwrap();
    let firmware = Firmware::ask(drive.as_ref(), facts.identity.bus);
    let Firmware::Scsi(scsi) = &firmware else { panic!("{firmware:?}") };
    assert_eq!(scsi.format_unit, Support::NotAvailable, "{scsi:?}");
    let format = FormatUnit { immediate: false, security_initialize: false, protection: None };
    let answer = drive.send(&Send::Scsi(format.command()), Duration::from_secs(60));
    assert!(matches!(answer, Ok(Answer::Scsi { status: 0, .. })), "{answer:?}");
    drop(drive);
    assert!(first() == before, "QEMU's FORMAT UNIT does something now");
    // So nobody may count on it: it is not even offered.
    let found = Found { facts, firmware, health: Health::Unknown };
    let row = found.unavailable().into_iter().find(|row| row.id == TechniqueId::ScsiFormatUnit);
    assert!(row.unwrap().why_not.contains("does not say"), "{found:?}");
}

/// The kernel's pass-through for cards: CMD13 is answered, and an SD card has no EXT_CSD.
fn asks_a_card(bay: &LinuxBay, path: &Path) {
    let facts = bay.examine(path).unwrap();
    assert_eq!((facts.identity.bus, facts.identity.medium), (Bus::Mmc, Medium::SdCard));
    let card = bay.channel(&facts).unwrap();
    let Ok(Protocol::Mmc(address)) = card.protocol() else { panic!("{:?}", card.protocol()) };
    let send = |command| card.send(&Send::Mmc(command), Duration::from_secs(30));
    let Ok(Answer::Mmc { response, .. }) = send(status::command(address)) else { panic!("CMD13") };
    let status = Status::from_bits(response[0]);
    assert_eq!(status.state(), State::Transfer, "{response:x?}");
    let page = send(ext_csd::command());
    println!("EXT_CSD of an SD card: {page:?}");
    assert!(matches!(page, Err(NoAnswer::Lost(_))), "{page:?}");
    let erase = send(nulstil::proto::mmc::sanitize::command());
    assert!(matches!(erase, Err(NoAnswer::NotSent(_))), "{erase:?}");
}

/// IDENTIFY DEVICE and READ NATIVE MAX ADDRESS EXT.
fn identifies(channel: &(impl Channel + ?Sized), time: Duration, sectors: u64) {
    let send = |command| channel.send(&Send::Ata(command), time);
    let Ok(Answer::Scsi { status: 0, data, .. }) = send(ata::identify_device::command()) else {
        panic!("no IDENTIFY DEVICE data")
    };
    let identity = ata::identify_device::IdentifyDevice::parse(&data).unwrap();
    assert_eq!(identity.serial.as_deref(), Some("GUEST-SATA"));
    assert_eq!(identity.sectors(), Some(sectors));
    assert_eq!(identity.sanitize, None);
    let native = max_address::Request::ReadNative(Width::Lba48).command().unwrap();
    let Ok(Answer::Scsi { status: 2, sense, .. }) = send(native) else { panic!("no registers") };
    let registers = *sense::Answer::parse(&sense).registers().unwrap();
    assert_eq!(max_address::sectors(Width::Lba48, &registers), Some(sectors), "{sense:02x?}");
    // SANITIZE STATUS EXT, which QEMU does not know.
    let Ok(Answer::Scsi { status: 2, sense, .. }) =
        send(sanitize_device::Request::Status.command())
    else {
        panic!("an unknown command went well")
    };
    let answer = sense::Answer::parse(&sense);
    assert!(answer.registers().is_none_or(|r| !r.succeeded()), "{sense:02x?}");
}
