//! What is in use cannot be erased, by any name and any combination of flags.

use std::fs;

use crate::common::{
    Bench, Loop, Mount, Mounted, Undo, Watched, alias, command, is_root, skipped, text,
};

#[test]
fn a_mounted_loop_device_cannot_be_erased_by_any_combination_of_flags() {
    if !is_root("a_mounted_loop_device_cannot_be_erased_by_any_combination_of_flags") {
        return;
    }
    let bench = Bench::new();
    let mounted = Mounted::new(&bench, "victim");
    let (node, link) = (bench.path("node"), bench.path("link"));
    alias(&mounted.device.device, &node);
    std::os::unix::fs::symlink(&mounted.device.device, &link).unwrap();
    let hard = bench.path("hard");
    fs::hard_link(&mounted.device.file, &hard).unwrap();
    // A second device over the same file, and one over a part of it.
    let second = Loop::attach(&mounted.device.file, &[]);
    let part = Loop::attach(&mounted.device.file, &["--offset", "4194304"]);
    let stacked = Loop::attach(&mounted.device.device, &[]);
    let policy = bench.path("policy.toml");
    fs::write(&policy, "[policy]\nverify = \"quick\"\n").unwrap();
    let before = Watched::new([&mounted.device.file]);
    let names = [
        mounted.device.path(),
        text(&node),
        text(&link),
        text(&mounted.device.file),
        text(&hard),
        second.path(),
        part.path(),
        stacked.path(),
    ];
    let zeros = "0".repeat(64);
    for name in names {
        for how in [
            &[][..],
            &["--method", "clear", "--passes", "random"],
            &["--method", "purge"],
            &["--passes", "hmg-is5-enhanced", "--verify", "full"],
            &["--passes", "byte=00", "--verify", "none", "--operator", "root"],
            &["--policy", text(&policy), "--checkpoint", "1", "--asset-tag", "x"],
        ] {
            for yes in [&["--yes", &zeros][..], &["--yes", ""], &[]] {
                let args = [&[name][..], how].concat();
                let ran = bench.wipe_refuses(true, &args, yes);
                let refusal = &ran.summary()["drives"][0]["refusal"]["code"];
                assert!(refusal == "mounted" || refusal == "held", "{name}: {refusal}");
            }
        }
        before.unchanged();
    }
    let found = fs::read(mounted.mount.0.join("records")).unwrap();
    assert!(found.len() == 100_000 && found.iter().all(|byte| *byte == 0x5a));
}

#[test]
fn mounted_is_said_with_the_place() {
    if !is_root("mounted_is_said_with_the_place") {
        return;
    }
    let bench = Bench::new();
    let mounted = Mounted::new(&bench, "victim");
    let place = text(&mounted.mount.0).to_owned();
    bench.refuses(&[mounted.device.path()], &["mounted"], &[mounted.device.path(), &place]);
    let good = bench.image("good.img", 1 << 20);
    bench.refuses(&[text(&good), mounted.device.path()], &["-", "mounted"], &[&place]);
    assert!(crate::common::holds_only(&good, 0xa7));
}

/// The consent is good, and only then somebody mounts it.
#[test]
fn mounted_after_the_plan() {
    if !is_root("mounted_after_the_plan") {
        return;
    }
    let bench = Bench::new();
    let file = bench.image("victim", 8 << 20);
    assert!(command("mkfs.ext4", &["-q", "-F", text(&file)]));
    let device = Loop::attach(&file, &[]);
    let digest = bench.digest(&[device.path()]);
    let mount = Mount::new(&["-o", "ro", device.path()], &bench.path("mnt"));
    let before = Watched::new([&file]);
    bench.wipe_refuses(true, &[device.path()], &["--yes", &digest]);
    before.unchanged();
    drop(mount);
}

/// `--out` on a drive that is to be erased.
#[test]
fn results_on_the_victim() {
    if !is_root("results_on_the_victim") {
        return;
    }
    let bench = Bench::new();
    let mounted = Mounted::new(&bench, "victim");
    let out = mounted.mount.0.join("out");
    fs::create_dir(&out).unwrap();
    nix::unistd::sync();
    for victim in [mounted.device.path(), text(&mounted.device.file)] {
        let mut args = vec!["wipe".to_owned(), "--json".into(), victim.into()];
        args.extend(bench.station());
        *args.last_mut().unwrap() = text(&out).into();
        args.extend(["--yes".into(), "0".repeat(64)]);
        bench.run_refused(true, args);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    }
    assert!(mounted.mount.0.join("records").exists());
}

#[test]
fn swap() {
    let test = "swap";
    if !is_root(test) {
        return;
    }
    let bench = Bench::new();
    let device = Loop::attach(&bench.image("backing", 4 << 20), &[]);
    let image = bench.image("swapfile", 4 << 20);
    fs::set_permissions(&image, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let path = device.path();
    for (path, what) in [(path, "device"), (text(&image), "file")] {
        if !command("mkswap", &[path]) || !command("swapon", &[path]) {
            skipped(test, &format!("this kernel takes no swap {what} here"));
            continue;
        }
        let off = Undo(|| assert!(command("swapoff", &[path])));
        bench.refuses(&[path], &["swap"], &["swap"]);
        drop(off);
    }
    // The file behind a device that is swap.
    if command("swapon", &[path]) {
        let off = Undo(|| assert!(command("swapoff", &[path])));
        let file = text(&device.file).to_owned();
        let ran = bench.wipe_refuses(true, &[&file], &["--yes", "0"]);
        assert!(!ran.summary()["drives"][0]["refusal"].is_null());
        drop(off);
    }
}

/// A device that somebody has opened exclusively, with no mount, swap or holder to be seen.
#[test]
fn taken_by_another_run() {
    let bench = Bench::new();
    let image = bench.image("image.img", 1 << 20);
    let digest = bench.digest(&[text(&image)]);
    let file = fs::File::open(&image).unwrap();
    let lock = nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).unwrap();
    let ran = bench.wipe_refuses(true, &[text(&image)], &["--yes", &digest]);
    assert_eq!(ran.summary()["drives"][0]["refusal"]["code"], "busy");
    crate::common::plain_words(&ran, &["in use"]);
    assert!(crate::common::holds_only(&image, 0xa7));
    drop(lock);
}
