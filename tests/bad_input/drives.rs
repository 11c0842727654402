//! Drives that are none, or not to be erased.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::common::{
    Bench, Loop, Mount, Watched, alias, command, is_root, nulstil_as_nobody, plain_words, skipped,
    text,
};

const MIB: u64 = 1 << 20;

#[test]
fn what_is_no_drive() {
    let bench = Bench::new();
    let image = bench.image("good.img", MIB);
    let good = text(&image);
    let before = Watched::new([good]);
    let fifo = bench.path("fifo");
    assert!(command("mkfifo", &[text(&fifo)]));
    let dangling = bench.path("dangling");
    symlink(bench.path("nowhere"), &dangling).unwrap();
    let inside = bench.path("good.img/inside");
    let long = format!("/tmp/{}", "x".repeat(5000));
    for (path, code, words) in [
        ("/nowhere/at/all", "not-found", "does not exist"),
        (text(&dangling), "not-found", "does not exist"),
        (text(&inside), "not-found", "does not exist"),
        ("/dev/null", "not-a-drive", "not a drive"),
        ("/dev/zero", "not-a-drive", "not a drive"),
        ("/", "not-a-drive", "directory"),
        (text(bench.dir.path()), "not-a-drive", "directory"),
        (text(&fifo), "not-a-drive", "not a drive"),
        ("/proc/version", "not-a-drive", "not a drive"),
        (&long, "unreadable", "cannot be examined"),
    ] {
        bench.refuses(&[path], &[code], &[words]);
        // A good drive in such company is not touched either.
        bench.refuses(&[good, path], &["-", code], &[words]);
    }
    before.unchanged();
}

#[test]
fn images_that_cannot_be_erased() {
    let bench = Bench::new();
    let empty = bench.image("empty.img", 0);
    bench.refuses(&[text(&empty)], &["no-medium"], &["empty"]);
    let short = bench.image("short.img", 511);
    bench.refuses(&[text(&short)], &["too-small"], &["shorter than one block"]);
    let kept = bench.image("kept.img", MIB);
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o444)).unwrap();
    bench.refuses(&[text(&kept)], &["read-only"], &["read-only"]);
    let image = bench.image("image.img", MIB);
    let purge = [text(&image), "--method", "purge"];
    bench.refuses(&purge, &["method-unavailable"], &["purge", "--method clear"]);
    Watched::new([&kept, &image]).unchanged();
    for path in [&short, &kept, &image] {
        assert!(crate::common::holds_only(path, 0xa7), "{path:?}");
    }
}

#[test]
fn the_same_image_by_two_names() {
    let bench = Bench::new();
    let image = bench.image("image.img", MIB);
    let (sym, hard) = (bench.path("sym"), bench.path("hard"));
    symlink(&image, &sym).unwrap();
    fs::hard_link(&image, &hard).unwrap();
    let dotted = format!("{}/./image.img", text(bench.dir.path()));
    for other in [text(&image), text(&sym), text(&hard), &dotted] {
        bench.refuses(&[text(&image), other], &["-", "duplicate"], &["same drive as"]);
        bench.refuses(&[other, text(&image)], &["-", "duplicate"], &["same drive as"]);
    }
    assert!(crate::common::holds_only(&image, 0xa7));
}

#[test]
fn the_same_loop_device_by_two_names() {
    if !is_root("the_same_loop_device_by_two_names") {
        return;
    }
    let bench = Bench::new();
    let device = Loop::attach(&bench.image("backing", MIB), &[]);
    let (sym, node) = (bench.path("sym"), bench.path("node"));
    symlink(&device.device, &sym).unwrap();
    alias(&device.device, &node);
    for other in [device.path(), text(&sym), text(&node)] {
        bench.refuses(&[device.path(), other], &["-", "duplicate"], &["same drive as"]);
    }
    // The drive and the file it stands on, together.
    let ran = bench.wipe_refuses(true, &[device.path(), text(&device.file)], &["--yes", "0"]);
    plain_words(&ran, &[text(&device.file)]);
    assert!(crate::common::holds_only(&device.file, 0xa7));
}

#[test]
fn loop_devices_that_cannot_be_erased() {
    if !is_root("loop_devices_that_cannot_be_erased") {
        return;
    }
    let bench = Bench::new();
    let file = bench.image("backing", MIB);
    let read_only = Loop::attach(&file, &["--read-only"]);
    bench.refuses(&[read_only.path()], &["read-only"], &["read-only"]);
    drop(read_only);
    let device = Loop::attach(&file, &[]);
    bench.refuses(&[device.path(), "--method", "purge"], &["method-unavailable"], &["purge"]);
    drop(device);
    // A device to which nothing is attached any more. Another test may take its number meanwhile.
    let refused = (0..20).find_map(|attempt| {
        let device = Loop::attach(&file, &[]);
        let node = bench.path(&format!("node{attempt}"));
        alias(&device.device, &node);
        drop(device);
        let ran = crate::common::nulstil(["plan", "--json", text(&node)]);
        (ran.code == 3).then_some(ran)
    });
    let ran = refused.expect("a loop device without a file is refused");
    let code = &ran.json()[0]["drives"][0]["refusal"]["code"];
    assert!(code == "no-medium" || code == "not-found", "{code}");
    bench.nothing_written();
    let empty = Loop::attach(&bench.image("empty", 0), &[]);
    bench.refuses(&[empty.path()], &["no-medium"], &[empty.path()]);
    assert!(crate::common::holds_only(&file, 0xa7));
}

#[test]
fn an_image_on_a_read_only_file_system() {
    if !is_root("an_image_on_a_read_only_file_system") {
        return;
    }
    let bench = Bench::new();
    let at = bench.path("ro");
    let mount = Mount::new(&["-t", "tmpfs", "tmpfs"], &at);
    let image = at.join("image.img");
    fs::write(&image, vec![0xa7; 1 << 20]).unwrap();
    assert!(command("mount", &["-o", "remount,ro", text(&at)]));
    bench.refuses(&[text(&image)], &["read-only"], &["read-only"]);
    assert!(crate::common::holds_only(&image, 0xa7));
    drop(mount);
}

#[test]
fn a_partition() {
    let test = "a_partition";
    if !is_root(test) {
        return;
    }
    let bench = Bench::new();
    let device = Loop::attach(&bench.image("backing", 4 * MIB), &["--partscan"]);
    // Told to the kernel directly: it need not know any partition table.
    if !command("addpart", &[device.path(), "1", "2048", "4096"]) {
        skipped(test, "no partition can be added to a loop device here");
        return;
    }
    let name = device.path().rsplit('/').next().unwrap().to_owned();
    let number = fs::read_to_string(format!("/sys/block/{name}/{name}p1/dev")).unwrap();
    let (major, minor) = number.trim().split_once(':').unwrap();
    let node = bench.path("partition");
    assert!(command("mknod", &[text(&node), "b", major, minor]));
    bench.refuses(&[text(&node)], &["partition"], &["partition", device.path()]);
    assert!(crate::common::holds_only(&device.file, 0xa7));
    assert!(command("delpart", &[device.path(), "1"]));
}

#[test]
fn no_permission() {
    let test = "no_permission";
    let bench = Bench::new();
    let image = bench.image("image.img", MIB);
    fs::set_permissions(bench.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&image, fs::Permissions::from_mode(0o644)).unwrap();
    let hidden = bench.path("hidden");
    fs::create_dir(&hidden).unwrap();
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(hidden.join("image.img"), vec![0xa7; 4096]).unwrap();
    let hidden = hidden.join("image.img");
    for path in [&image, &hidden] {
        let Some(ran) = nulstil_as_nobody(test, &["plan", "--json", text(path)]) else { return };
        let ran = ran.expect(3);
        assert_eq!(ran.json()[0]["drives"][0]["refusal"]["code"], "permission", "{ran:?}");
        plain_words(&ran, &["by this user", "run as root"]);
    }
    let device = Loop::attach(&image, &[]);
    let plan = nulstil_as_nobody(test, &["plan", "--json", device.path()]).unwrap();
    let digest = plan.json()[0]["digest"].as_str().unwrap_or("0").to_owned();
    let mut args = vec!["wipe".to_owned(), "--json".into(), device.path().into()];
    args.extend(bench.station());
    args.extend(["--yes".into(), digest]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    nulstil_as_nobody(test, &args).unwrap().expect(3).summary();
    bench.nothing_written();
    assert!(crate::common::holds_only(&image, 0xa7));
}

/// Consent is to a drive and not to a name.
#[test]
fn an_image_that_was_replaced_after_the_plan() {
    let bench = Bench::new();
    let image = bench.image("image.img", MIB);
    let digest = bench.digest(&[text(&image)]);
    let other = bench.image("other.img", MIB);
    fs::rename(&other, &image).unwrap();
    let ran = bench.wipe_refuses(true, &[text(&image)], &["--yes", &digest]);
    plain_words(&ran, &["--yes", "plan"]);
    assert!(crate::common::holds_only(&image, 0xa7));
    // Longer by one block.
    let digest = bench.digest(&[text(&image)]);
    File::options().write(true).open(&image).unwrap().set_len(MIB + 512).unwrap();
    bench.wipe_refuses(true, &[text(&image)], &["--yes", &digest]);
}

/// A new file may get the number of the one that was there. Its time of birth tells them apart.
#[test]
fn an_image_that_was_deleted_and_made_anew_after_the_plan() {
    let bench = Bench::new();
    let image = bench.image("image.img", MIB);
    let digest = bench.digest(&[text(&image)]);
    fs::remove_file(&image).unwrap();
    bench.image("image.img", MIB);
    bench.wipe_refuses(true, &[text(&image)], &["--yes", &digest]);
    assert!(crate::common::holds_only(&image, 0xa7));
}

#[test]
fn a_loop_device_that_was_replaced_after_the_plan() {
    if !is_root("a_loop_device_that_was_replaced_after_the_plan") {
        return;
    }
    let bench = Bench::new();
    let (first, second) = (bench.image("first", MIB), bench.image("second", MIB));
    let device = Loop::attach(&first, &[]);
    let digest = bench.digest(&[device.path()]);
    assert!(command("losetup", &["-d", device.path()]));
    for file in [&second, &first] {
        // Also the same file again: it is another attachment, and nobody saw what happened between.
        assert!(command("losetup", &[device.path(), text(file)]));
        let ran = bench.wipe_refuses(true, &[device.path()], &["--yes", &digest]);
        plain_words(&ran, &["--yes", "plan"]);
        assert!(crate::common::holds_only(file, 0xa7));
        if file == &second {
            assert!(command("losetup", &["-d", device.path()]));
        }
    }
}
