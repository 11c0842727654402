//! What the tests that run the program share: a bench with keys, and loop devices that go away
//! by themselves.
#![allow(dead_code, unused_macros, reason = "every test file uses a part of it")]
#![allow(unreachable_pub, reason = "each test file is a crate of its own")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "tests run the program as people do, say what they skip, and fail loudly"
)]

pub mod pdf;
pub mod terminal;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nulstil::pattern::{Pattern, StreamKey};
use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub const NULSTIL: &str = env!("CARGO_BIN_EXE_nulstil");

/// What moves the bytes of a run.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// What `--engine` takes.
    pub option: &'static str,
    /// How its name begins in a certificate.
    pub name: &'static str,
}

/// Makes a test of each of these functions for each engine, so that what fails names the engine.
macro_rules! for_each_engine {
    ($($test:ident),+ $(,)?) => {
        // The engines there are: the name in a certificate, and what `--engine` takes.
        for_each_engine!(io_uring = "auto": $($test)+);
        for_each_engine!(threads = "threads": $($test)+);
    };
    ($name:ident = $option:literal: $($test:ident)+) => {
        mod $name {
            const ENGINE: crate::common::Engine =
                crate::common::Engine { option: $option, name: stringify!($name) };
            $(
                #[test]
                fn $test() {
                    if ENGINE.is_there(concat!(stringify!($name), "::", stringify!($test))) {
                        super::$test(ENGINE);
                    }
                }
            )+
        }
    };
}

impl Engine {
    /// Whether the kernel lets us have it; says loudly what is skipped if not.
    pub fn is_there(self, test: &str) -> bool {
        let there = self.name != "io_uring" || io_uring::IoUring::new(2).is_ok();
        if !there {
            skipped(test, "io_uring is not allowed here");
        }
        there
    }
}

/// What a run of the program printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The lines of stdout as JSON; fails if any is not.
    pub fn json(&self) -> Vec<Value> {
        let line =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(line).collect()
    }

    /// The last event of a wipe.
    pub fn summary(&self) -> Value {
        let last = self.json().pop().unwrap_or_else(|| panic!("nothing on stdout: {self:?}"));
        assert_eq!(last["event"], "summary", "{self:?}");
        last
    }

    /// Fails unless the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Fails unless stderr has one sentence with all of these words.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let fits = |line: &str| words.iter().all(|word| line.contains(word));
        assert!(self.stderr.lines().any(fits), "no line with {words:?} in:\n{}", self.stderr);
        self
    }
}

/// Runs the program to its end, with nobody at the terminal.
pub fn nulstil<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let output = Command::new(NULSTIL).args(args).stdin(Stdio::null()).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory with keys, an authorization, and a place for results.
#[derive(Debug)]
pub struct Bench {
    pub dir: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self::at(TempDir::new().unwrap())
    }

    fn at(dir: TempDir) -> Self {
        let bench = Self { dir };
        for name in ["root", "station"] {
            let dir = bench.dir.path();
            nulstil(["key", "new", name, "--no-passphrase", "--dir", text(dir)]).expect(0);
        }
        bench.authorize("root.key", "station.pub", "station.auth");
        fs::create_dir(bench.out()).unwrap();
        bench
    }

    pub fn authorize(&self, root: &str, station: &str, out: &str) {
        let path = |name: &str| self.path(name);
        nulstil([
            "key",
            "authorize",
            "--root",
            text(&path(root)),
            "--station",
            text(&path(station)),
            "--out",
            text(&path(out)),
        ])
        .expect(0);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// A file full of a byte that no pass writes.
    pub fn image(&self, name: &str, size: u64) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, vec![0xa7; usize::try_from(size).unwrap()]).unwrap();
        path
    }

    /// `--key`, `--authorization` and `--out`.
    pub fn station(&self) -> Vec<String> {
        [
            ("--key", self.path("station.key")),
            ("--authorization", self.path("station.auth")),
            ("--out", self.out()),
        ]
        .into_iter()
        .flat_map(|(flag, path)| [flag.to_owned(), text(&path).to_owned()])
        .collect()
    }

    /// A file of this size with nothing in it, which costs nothing to make.
    pub fn hole(&self, name: &str, size: u64) -> PathBuf {
        let path = self.path(name);
        File::create(&path).unwrap().set_len(size).unwrap();
        path
    }

    /// The digest of the plan for these drives and options.
    pub fn digest(&self, drives_and_options: &[&str]) -> String {
        let ran = nulstil(["plan", "--json"].iter().chain(drives_and_options)).expect(0);
        ran.json()[0]["digest"].as_str().unwrap().to_owned()
    }

    /// The arguments of an unattended wipe, consent included.
    pub fn wipe_args(&self, drives_and_options: &[&str]) -> Vec<String> {
        let mut args: Vec<String> = vec!["wipe".into(), "--json".into()];
        args.extend(drives_and_options.iter().map(|arg| (*arg).to_owned()));
        args.extend(self.station());
        args.extend(["--yes".to_owned(), self.digest(drives_and_options)]);
        args
    }

    /// An unattended wipe.
    pub fn wipe(&self, drives_and_options: &[&str]) -> Ran {
        nulstil(self.wipe_args(drives_and_options))
    }

    /// The arguments of an unattended wipe by this engine.
    pub fn wipe_args_by(&self, engine: Engine, drives_and_options: &[&str]) -> Vec<String> {
        let mut args = self.wipe_args(drives_and_options);
        args.extend(["--engine", engine.option].map(str::to_owned));
        args
    }

    /// An unattended wipe by this engine, which every certificate must name.
    #[track_caller]
    pub fn wipe_by(&self, engine: Engine, drives_and_options: &[&str]) -> Ran {
        let ran = nulstil(self.wipe_args_by(engine, drives_and_options));
        self.made_by(engine);
        ran
    }

    /// Fails unless there are certificates, and each of them says that this engine was at work.
    #[track_caller]
    pub fn made_by(&self, engine: Engine) {
        let found = self.results(".cert.json");
        assert!(!found.is_empty(), "there is no certificate");
        for path in found {
            let certificate = read_json(&path);
            let named = &certificate["credentialSubject"]["evidence"]["engine"];
            assert!(named.as_str().unwrap().starts_with(engine.name), "{named} for {engine:?}");
        }
    }

    pub fn resume(&self) -> Ran {
        let args = ["wipe", "--json", "--resume"].map(str::to_owned);
        nulstil(args.into_iter().chain(self.station()))
    }

    /// The files in `--out` with this ending, in order.
    pub fn results(&self, ending: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = fs::read_dir(self.out())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| text(path).ends_with(ending))
            .collect();
        found.sort();
        found
    }

    /// The only certificate there is, as the verifier sees it.
    pub fn certificate(&self) -> Value {
        let found = self.results(".cert.json");
        assert_eq!(found.len(), 1, "{found:?}");
        read_json(&found[0])
    }

    /// `verify` over what is in `--out`.
    pub fn verify(&self) -> Ran {
        let root = self.path("root.pub");
        nulstil(["verify", "--json", text(&self.out()), "--root", text(&root)])
    }

    /// Takes away what the last run left in `--out`.
    pub fn clear(&self) {
        for entry in fs::read_dir(self.out()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }

    /// Nothing at all was written to `--out`.
    #[track_caller]
    pub fn nothing_written(&self) {
        let found: Vec<_> = fs::read_dir(self.out()).unwrap().collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

pub fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Whether we are root; says loudly what is skipped if not.
pub fn is_root(test: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skipped(test, "it needs root, for loop devices");
    }
    root
}

/// A loop device over a file; detached when dropped, also when a test fails half-way.
#[derive(Debug)]
pub struct Loop {
    pub device: PathBuf,
    pub file: PathBuf,
}

impl Loop {
    pub fn attach(file: &Path, options: &[&str]) -> Self {
        let output = Command::new("losetup")
            .args(["--find", "--show"])
            .args(options)
            .arg(file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let device = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
        assert!(text(&device).starts_with("/dev/loop"), "{device:?}");
        Self { device, file: file.to_owned() }
    }

    pub fn path(&self) -> &str {
        text(&self.device)
    }

    /// What the kernel shows of the device under this name.
    pub fn sys(&self, name: &str) -> PathBuf {
        Path::new("/sys/block").join(self.device.file_name().unwrap()).join(name)
    }

    /// Cuts the backing file and makes the kernel look at its size again, until it sees a smaller
    /// drive: whoever writes beyond the cut in between makes the file longer again.
    pub fn shrink(&self, size: u64) {
        let capacity = || fs::read_to_string(self.sys("size")).unwrap();
        let before = capacity();
        for _ in 0..1000 {
            File::options().write(true).open(&self.file).unwrap().set_len(size).unwrap();
            assert!(command("losetup", &["-c", self.path()]));
            if capacity() != before {
                return;
            }
        }
        panic!("{} does not shrink", self.path());
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // Somebody may still be letting go of it.
        for _ in 0..50 {
            if command("losetup", &["-d", self.path()]) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        eprintln!("{} could not be detached", self.path());
    }
}

/// Something mounted; unmounted when dropped.
#[derive(Debug)]
pub struct Mount(pub PathBuf);

impl Mount {
    pub fn new(args: &[&str], at: &Path) -> Self {
        fs::create_dir_all(at).unwrap();
        let mut args = args.to_vec();
        args.push(text(at));
        assert!(command("mount", &args), "mount {args:?}");
        Self(at.to_owned())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if !command("umount", &[text(&self.0)]) {
            eprintln!("{} could not be unmounted", self.0.display());
        }
    }
}

/// Runs a command quietly; whether it succeeded.
pub fn command(name: &str, args: &[&str]) -> bool {
    let output = Command::new(name).args(args).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}

/// What a file holds, read around nothing: the view from outside.
pub fn holds_only(path: &Path, byte: u8) -> bool {
    use std::io::Read as _;
    let mut file = File::open(path).unwrap();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).unwrap();
        if n == 0 {
            return true;
        }
        if buffer[..n].iter().any(|have| *have != byte) {
            return false;
        }
    }
}

/// Whether the file holds exactly the key stream that its certificate reveals for the last pass.
pub fn holds_stream(path: &Path, certificate: &Value) -> bool {
    let passes = certificate["credentialSubject"]["evidence"]["passes"].as_array().unwrap();
    let key = passes.last().unwrap()["key"]["revealed"].as_str().unwrap();
    let pattern = Pattern::Stream(StreamKey::from_hex(key).unwrap());
    let content = fs::read(path).unwrap();
    pattern.matches(0, &content, &mut vec![0; content.len()])
}

/// What a file or device holds, to be compared afterwards.
#[derive(Debug)]
pub struct Watched(Vec<(PathBuf, Vec<u8>)>);

impl Watched {
    pub fn new<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        let read = |path: P| (path.as_ref().to_owned(), fs::read(path.as_ref()).unwrap());
        Self(paths.into_iter().map(read).collect())
    }

    #[track_caller]
    pub fn unchanged(&self) {
        for (path, before) in &self.0 {
            // Not compared by assert_eq: nobody wants to read a drive.
            assert!(fs::read(path).unwrap() == *before, "{} was changed", path.display());
        }
    }
}

/// Fails unless stderr is sentences for people, with these words in one of them.
#[track_caller]
pub fn plain_words(ran: &Ran, words: &[&str]) {
    let sentences: Vec<_> =
        ran.stderr.lines().filter_map(|line| line.strip_prefix("nulstil: ")).collect();
    let fits = |line: &&&str| words.iter().all(|word| line.contains(word));
    let found = sentences.iter().find(fits);
    let found = found.unwrap_or_else(|| panic!("no sentence with {words:?} in:\n{}", ran.stderr));
    assert!(found.ends_with('.') && found.contains([';', ',']), "not what to do: {found}");
    for debug in ["Os {", "Some(", "Err(", "Error(", "None)", "panicked", "RUST_BACKTRACE"] {
        assert!(!ran.stderr.contains(debug), "{debug} in:\n{}", ran.stderr);
    }
}

impl Bench {
    /// `plan` and `wipe`, as text and as JSON, must refuse these drives and options: exit code 3,
    /// one code per drive (`-` for a drive that is only refused in company), a sentence with
    /// `words`, and nothing written to `--out`.
    #[track_caller]
    pub fn refuses(&self, drives_and_options: &[&str], codes: &[&str], words: &[&str]) {
        let args = drives_and_options.iter().map(|arg| (*arg).to_owned());
        let plan = |json: bool| {
            let json = json.then(|| "--json".to_owned());
            nulstil(["plan".to_owned()].into_iter().chain(json).chain(args.clone())).expect(3)
        };
        plain_words(&plan(false), words);
        let ran = plan(true);
        plain_words(&ran, words);
        let plan = &ran.json()[0];
        assert_eq!(ran.json().len(), 1);
        assert!(plan["digest"].is_null(), "{plan}");
        let given = |drive: &Value| drive["refusal"]["code"].as_str().unwrap_or("-").to_owned();
        let planned: Vec<_> = plan["drives"].as_array().unwrap().iter().map(given).collect();
        assert_eq!(planned, codes, "{plan}");
        for json in [false, true] {
            let ran = self.wipe_refuses(json, drives_and_options, &["--yes", &"0".repeat(64)]);
            plain_words(&ran, words);
            if json {
                let summary = ran.summary();
                let drives = summary["drives"].as_array().unwrap();
                let wiped: Vec<_> = drives.iter().map(given).collect();
                assert_eq!(wiped, codes, "{summary}");
            }
        }
    }

    /// `wipe` with these arguments must end with 3, a summary in which every drive is refused,
    /// and nothing written.
    #[track_caller]
    pub fn wipe_refuses(&self, json: bool, drives_and_options: &[&str], more: &[&str]) -> Ran {
        let mut args = vec!["wipe".to_owned()];
        args.extend(json.then(|| "--json".to_owned()));
        args.extend(drives_and_options.iter().chain(more).map(|arg| (*arg).to_owned()));
        args.extend(self.station());
        self.run_refused(json, args)
    }

    /// The same for a whole command line.
    #[track_caller]
    pub fn run_refused(&self, json: bool, args: Vec<String>) -> Ran {
        let ran = nulstil(args).expect(3);
        if json {
            let summary = ran.summary();
            for drive in summary["drives"].as_array().unwrap() {
                assert_eq!(drive["outcome"], "refused", "{summary}");
                assert!(drive["certificate"].is_null());
            }
        }
        self.nothing_written();
        ran
    }
}

/// Says loudly that a test, or a part of it, is left out.
pub fn skipped(test: &str, why: &str) {
    use std::io::Write as _;
    // Not eprintln!, which a passing test keeps to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

/// Something to undo when a test is done, also when it fails.
pub struct Undo<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for Undo<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Runs the program as the user nobody; `None`, said loudly, where that cannot be done.
pub fn nulstil_as_nobody(test: &str, args: &[&str]) -> Option<Ran> {
    let mut all = vec!["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
    if !is_root(test) {
        return None;
    }
    if !command("setpriv", &[&all[..], &["true"]].concat()) {
        skipped(test, "there is no setpriv");
        return None;
    }
    all.push(NULSTIL);
    all.extend(args);
    let output = Command::new("setpriv").args(all).stdin(Stdio::null()).output().unwrap();
    Some(Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    })
}

/// The node of a block device under another name.
pub fn alias(device: &Path, at: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let number = fs::metadata(device).unwrap().rdev();
    let (major, minor) = (nix::sys::stat::major(number), nix::sys::stat::minor(number));
    assert!(command("mknod", &[text(at), "b", &major.to_string(), &minor.to_string()]));
}

/// A loop device over `file` with an ext4 on it, mounted, and a file in that.
#[derive(Debug)]
pub struct Mounted {
    pub mount: Mount,
    pub device: Loop,
}

impl Mounted {
    pub fn new(bench: &Bench, name: &str) -> Self {
        let file = bench.path(name);
        File::create(&file).unwrap().set_len(8 << 20).unwrap();
        assert!(command("mkfs.ext4", &["-q", "-F", text(&file)]), "mkfs.ext4");
        let device = Loop::attach(&file, &[]);
        let mount = Mount::new(&[device.path()], &bench.path(&format!("{name}.mnt")));
        fs::write(mount.0.join("records"), vec![0x5a; 100_000]).unwrap();
        nix::unistd::sync();
        Self { mount, device }
    }
}
