//! Discovery on the running kernel: real loop devices over files in a temporary directory, real
//! mounts. Needs root; touches no device that it did not attach itself.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "what tests use may fail as tests do")]
#![expect(clippy::disallowed_types, reason = "tests attach and mount with the system's own tools")]

/// Says what is skipped; not by `eprintln!`, which a passing test keeps to itself.
macro_rules! said {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use nulstil::model::{Bus, DriveFacts, DriveKind, Medium, RefusalCode};
use nulstil::os::{self, System};

const SIZE: u64 = 16 << 20;

/// Whether a test that needs root and loop devices can run; says so if not.
fn can_run(test: &str) -> bool {
    let able = nix::unistd::geteuid().is_root() && Path::new("/dev/loop-control").exists();
    if !able {
        said!("SKIPPED {test} needs root and loop devices");
    }
    able
}

/// Runs a tool; its first line of output, or `None` if it failed.
fn try_run(tool: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(tool).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn run(tool: &str, arguments: &[&str]) -> String {
    try_run(tool, arguments).unwrap_or_else(|| panic!("{tool} {arguments:?} failed"))
}

/// A loop device that is detached when this is dropped.
struct Loop(String);

impl Loop {
    fn attach(file: &Path) -> Self {
        Self(run("losetup", &["--find", "--show", file.to_str().unwrap()]))
    }

    fn path(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        try_run("losetup", &["--detach", &self.0]);
    }
}

/// A mount that is undone when this is dropped.
struct Mount(PathBuf);

impl Mount {
    fn new(what: &Path, point: PathBuf) -> Self {
        fs::create_dir_all(&point).unwrap();
        run("mount", &[what.to_str().unwrap(), point.to_str().unwrap()]);
        Self(point)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        try_run("umount", &[self.0.to_str().unwrap()]);
    }
}

/// A swap file that is switched off when this is dropped.
struct Swap(PathBuf);

impl Drop for Swap {
    fn drop(&mut self) {
        try_run("swapoff", &[self.0.to_str().unwrap()]);
    }
}

fn image(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    File::create(&path).unwrap().set_len(SIZE).unwrap();
    path
}

fn examine(path: &Path) -> DriveFacts {
    os::examine(&System::live(), path).unwrap()
}

fn code(path: &Path) -> Option<RefusalCode> {
    examine(path).refusal.map(|refusal| refusal.code)
}

/// Waits until nothing speaks against `path` any more: the kernel lets go of a loop device only
/// when nobody has it open, and another test's discovery may just be asking it.
fn released(path: &Path) -> bool {
    (0..100).any(|_| {
        let free = code(path).is_none();
        if !free {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        free
    })
}

fn message(path: &Path) -> String {
    examine(path).refusal.map(|refusal| refusal.message).unwrap_or_default()
}

#[test]
fn a_mounted_file_system_is_refused_by_every_name() {
    if !can_run("a_mounted_file_system_is_refused_by_every_name") {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let dir = fs::canonicalize(temporary.path()).unwrap();
    let file = image(&dir, "disk.img");
    run("mkfs.ext4", &["-q", file.to_str().unwrap()]);
    let device = Loop::attach(&file);
    let number = fs::metadata(device.path()).unwrap().rdev();
    let (major, minor) = (nix::sys::stat::major(number), nix::sys::stat::minor(number));
    let alias = dir.join("another-name");
    run("mknod", &[alias.to_str().unwrap(), "b", &major.to_string(), &minor.to_string()]);
    let link = dir.join("a-link");
    symlink(&alias, &link).unwrap();
    let second_link = dir.join("image-link");
    symlink(&file, &second_link).unwrap();
    let hard_link = dir.join("hard.img");
    fs::hard_link(&file, &hard_link).unwrap();

    // Attached, not mounted: it may be erased when it is named, by whatever name.
    let facts = examine(&link);
    assert_eq!((facts.path.as_str(), &facts.refusal), (device.0.as_str(), &None));
    assert_eq!((facts.identity.bus, facts.identity.capacity_bytes), (Bus::Loop, SIZE));
    let found = fs::metadata(&file).unwrap();
    let (fs_major, fs_minor) =
        (nix::sys::stat::major(found.dev()), nix::sys::stat::minor(found.dev()));
    let unit =
        format!("file {fs_major}:{fs_minor} inode {} at {} offset 0", found.ino(), file.display());
    assert_eq!(facts.identity.unit, Some(unit));
    let major = u32::try_from(major).unwrap();
    let minor = u32::try_from(minor).unwrap();
    assert_eq!(os::identify(&System::live(), major, minor), Ok(facts.identity));
    // But the file below it may not, by whatever name.
    for name in [&file, &second_link, &hard_link] {
        assert_eq!(code(name), Some(RefusalCode::Held), "{}", name.display());
        assert!(message(name).contains(&device.0), "{}", message(name));
    }
    let listed = os::look(&System::live()).drives;
    let listed = listed.iter().find(|drive| drive.path == device.0).unwrap();
    assert_eq!(listed.refusal.as_ref().unwrap().code, RefusalCode::Virtual);

    {
        let _mount = Mount::new(device.path(), dir.join("mnt"));
        for name in [device.path(), &alias, &link] {
            assert_eq!(code(name), Some(RefusalCode::Mounted), "{}", name.display());
            assert!(message(name).contains("/mnt;"), "{}", message(name));
        }
        assert_eq!(code(&file), Some(RefusalCode::Held));
        let second = Loop::attach(&file);
        assert_eq!(code(second.path()), Some(RefusalCode::Held));
        assert!(message(second.path()).contains(&device.0));
        // A loop device over the mounted one.
        let over = Loop::attach(device.path());
        assert_eq!(code(over.path()), Some(RefusalCode::Mounted));
        // Even if the file's name is gone.
        fs::remove_file(&file).unwrap();
        assert_eq!(code(&hard_link), Some(RefusalCode::Held));
    }
    assert!(released(device.path()));
    drop(device);
    assert!(released(&hard_link));
}

/// A file system that was unmounted lazily is out of sight, and still in use by the loop device
/// over a file on it: as on a live system whose stick is hidden.
#[test]
fn a_lazily_unmounted_file_system_is_still_in_use() {
    if !can_run("a_lazily_unmounted_file_system_is_still_in_use") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let outer = image(dir.path(), "stick.img");
    run("mkfs.ext4", &["-q", outer.to_str().unwrap()]);
    let stick = Loop::attach(&outer);
    let mount = Mount::new(stick.path(), dir.path().join("stick"));
    let inner = mount.0.join("inner.img");
    File::create(&inner).unwrap().set_len(1 << 20).unwrap();
    let inside = Loop::attach(&inner);
    assert_eq!(code(stick.path()), Some(RefusalCode::Mounted));
    run("umount", &["--lazy", mount.0.to_str().unwrap()]);
    assert_eq!(code(stick.path()), Some(RefusalCode::Held), "{}", message(stick.path()));
    assert!(message(stick.path()).contains(inside.0.trim_start_matches("/dev/")));
    drop(inside);
    assert!(released(stick.path()));
}

#[test]
fn a_swap_file_is_refused() {
    if !can_run("a_swap_file_is_refused") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("swap");
    fs::write(&file, vec![0; 1 << 20]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    run("mkswap", &[file.to_str().unwrap()]);
    if try_run("swapon", &[file.to_str().unwrap()]).is_none() {
        said!("SKIPPED this kernel takes no swap file here");
        return;
    }
    let swap = Swap(file.clone());
    let device = Loop::attach(&file);
    assert_eq!(code(&file), Some(RefusalCode::Swap));
    assert_eq!(code(device.path()), Some(RefusalCode::Swap));
    drop(swap);
    assert!(released(device.path()));
}

#[test]
fn a_regular_file_is_a_disk_image() {
    let dir = tempfile::tempdir().unwrap();
    let real = fs::canonicalize(dir.path()).unwrap();
    let file = image(dir.path(), "disk.img");
    let facts = examine(&file);
    assert_eq!(facts.path, real.join("disk.img").to_str().unwrap());
    assert_eq!(facts.refusal, None);
    let id = &facts.identity;
    assert_eq!((id.kind, id.bus, id.medium), (DriveKind::DiskImage, Bus::File, Medium::DiskImage));
    assert_eq!((id.capacity_bytes, id.logical_block_bytes, id.diskseq), (SIZE, 512, None));
    assert_eq!(*id, os::identify_image(&fs::metadata(&file).unwrap()));

    let cut = |bytes| File::options().write(true).open(&file).unwrap().set_len(bytes).unwrap();
    cut(511);
    assert_eq!(code(&file), Some(RefusalCode::TooSmall));
    cut(0);
    assert_eq!(code(&file), Some(RefusalCode::NoMedium));
    cut(1000);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(code(&file), Some(RefusalCode::ReadOnly));

    let refused = |path: &Path| os::examine(&System::live(), path).unwrap_err().code;
    assert_eq!(refused(&dir.path().join("nothing")), RefusalCode::NotFound);
    assert_eq!(refused(&file.join("below-a-file")), RefusalCode::NotFound);
    assert_eq!(refused(dir.path()), RefusalCode::NotADrive);
    assert_eq!(refused(Path::new("/dev/null")), RefusalCode::NotADrive);
    assert_eq!(refused(Path::new("/proc/self/comm")), RefusalCode::NotADrive);
    let odd = dir.path().join("tab\there");
    fs::write(&odd, [0; 512]).unwrap();
    assert_eq!(refused(&odd), RefusalCode::Unreadable);
}

/// This machine's own root drive, only looked at.
#[test]
fn the_drive_under_the_root_is_the_boot_medium() {
    let root = fs::metadata("/").unwrap().dev();
    let drives = os::look(&System::live()).drives;
    let node =
        format!("/sys/dev/block/{}:{}", nix::sys::stat::major(root), nix::sys::stat::minor(root));
    let Ok(name) = fs::read_link(&node) else {
        said!("SKIPPED the root file system has no block device of its own");
        return;
    };
    let name = name.file_name().unwrap().to_string_lossy().into_owned();
    let drive = drives.iter().find(|drive| name.starts_with(&drive.path["/dev/".len()..]));
    let Some(drive) = drive else {
        said!("SKIPPED the root file system is on no plain drive");
        return;
    };
    assert_eq!(drive.refusal.as_ref().unwrap().code, RefusalCode::BootMedium);
    assert!(fs::metadata(&drive.path).unwrap().file_type().is_block_device());
}
