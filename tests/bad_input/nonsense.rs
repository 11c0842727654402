//! Names, outputs and numbers of drives that nobody thought of.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};

use crate::common::{Bench, NULSTIL, holds_only, nulstil, plain_words, text};

const MIB: u64 = 1 << 20;

/// Names that a certificate can hold are erased; the others are refused and named harmlessly.
#[test]
fn file_names() {
    for name in ["a b.img", "-", "-x.img", "--json", "\u{fc} \u{76d8} \u{1f600}.img", "a'b\"c$(d)"]
    {
        let bench = Bench::new();
        let image = bench.image(name, MIB);
        let ran = bench.wipe(&[text(&image)]).expect(0);
        assert_eq!(ran.summary()["drives"][0]["path"], text(&image));
        assert!(holds_only(&image, 0), "{name}");
        bench.verify().expect(0);
    }
    for name in
        ["a\nPlan digest: 0.img", "\u{1b}[2J.img", "a\u{202e}gmi.ksid", "\u{9b}31m.img", "a\tb"]
    {
        let bench = Bench::new();
        let image = bench.image(name, MIB);
        bench.refuses(&[text(&image)], &["unreadable"], &["rename it"]);
        let words = nulstil(["plan", text(&image)]);
        for wrong in ['\u{1b}', '\u{202e}', '\u{9b}', '\t'] {
            assert!(!words.stdout.contains(wrong) && !words.stderr.contains(wrong), "{words:?}");
        }
        assert!(!words.stdout.lines().any(|line| line.starts_with("Plan digest")), "{words:?}");
        assert!(holds_only(&image, 0xa7));
        // A link with such a name leads to a good drive; its name is still not printed raw.
        let bench = Bench::new();
        let good = bench.image("good.img", MIB);
        let link = bench.path(name);
        std::os::unix::fs::symlink(&good, &link).unwrap();
        let ran = nulstil(["plan", text(&link)]).expect(0);
        let digests = ran.stdout.lines().filter(|line| line.starts_with("Plan digest"));
        assert_eq!(digests.count(), 1, "{ran:?}");
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\t']), "{ran:?}");
    }
}

/// Two names that are different bytes and the same text: a drive is never taken for another.
#[test]
fn names_that_are_no_text() {
    let bench = Bench::new();
    let name = |bytes: &[u8]| bench.dir.path().join(OsStr::from_bytes(bytes));
    let (a, b) = (name(b"a\xff.img"), name(b"a\xfe.img"));
    for path in [&a, &b] {
        fs::write(path, vec![0xa7; 4096]).unwrap();
    }
    let args = [OsStr::new("plan"), OsStr::new("--json"), a.as_os_str(), b.as_os_str()];
    let ran = nulstil(args).expect(3);
    plain_words(&ran, &["rename it"]);
    assert_eq!(ran.json()[0]["drives"].as_array().unwrap().len(), 2);
    assert!(holds_only(&a, 0xa7) && holds_only(&b, 0xa7));
}

#[test]
fn what_was_typed_is_not_printed_raw() {
    for args in [
        &["plan", "--\u{1b}]0;x\u{7}"][..],
        &["plan", "x", "--passes", "\u{1b}[2J"],
        &["\u{1b}[31mplan"],
        &["plan", "/no\u{1b}[31m/such/drive"],
        &["verify", "/no\u{1b}[31m", "--root", "/no\u{9b}"],
        &["key", "show", "/no\u{1b}[31m"],
        &["list", "--recorded", "/no\u{1b}[31m"],
    ] {
        let ran = nulstil(args);
        assert!(ran.code == 2 || ran.code == 3, "{ran:?}");
        let all = ran.stdout + &ran.stderr;
        assert!(!all.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{all:?}");
    }
}

/// What the program has to say must never end up on a drive because its stdout or stderr was
/// closed and the drive got that number.
#[test]
fn closed_and_full_outputs() {
    for redirect in [
        ">&-",
        "2>&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        ">/dev/full",
        "2>/dev/full",
        ">/dev/full 2>&1",
        "| true",
        "2>&1 | true",
    ] {
        let bench = Bench::new();
        let image = bench.image("image.img", 3 * MIB);
        let args = bench.wipe_args(&[text(&image), "--verify", "full"]);
        // The code goes through a file: a pipe would swallow it.
        let code = bench.path("code");
        let line = format!("(\"$@\"; echo $? >\"{}\") {redirect}", text(&code));
        let inner = format!("\"$@\" {redirect}");
        let line = if redirect.contains('|') {
            line
        } else {
            format!("{inner}; echo $? >\"{}\"", text(&code))
        };
        let ran = Command::new("sh")
            .args(["-c", &line, "sh", NULSTIL])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = fs::read_to_string(&code).unwrap();
        assert_eq!(told.trim(), "0", "{redirect}: {ran:?}");
        assert!(holds_only(&image, 0), "{redirect}: something else was written on the drive");
        bench.verify().expect(0);
    }
}

/// Many drives at once: all are erased, or it is said why none is.
#[test]
fn many_drives() {
    let bench = Bench::new();
    let images: Vec<_> = (0..120).map(|i| bench.image(&format!("{i}.img"), 4096)).collect();
    let names: Vec<&str> = images.iter().map(|image| text(image)).collect();
    bench.wipe(&names).expect(0);
    assert!(images.iter().all(|image| holds_only(image, 0)));
    assert_eq!(bench.results(".cert.json").len(), 120);
    bench.verify().expect(0);
}

#[test]
fn more_drives_than_can_be_open() {
    let bench = Bench::new();
    let images: Vec<_> = (0..200).map(|i| bench.image(&format!("{i}.img"), 4096)).collect();
    let names: Vec<&str> = images.iter().map(|image| text(image)).collect();
    let args = bench.wipe_args(&names);
    for limit in ["64", "250"] {
        let line = format!("ulimit -n {limit}; exec \"$@\"");
        let output =
            Command::new("sh").args(["-c", &line, "sh", NULSTIL]).args(&args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{limit}: {stderr}");
        assert!(stderr.contains("Too many open files"), "{limit}: {stderr}");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let last: serde_json::Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
        assert_eq!(last["drives"].as_array().unwrap().len(), 200);
        bench.nothing_written();
        assert!(images.iter().all(|image| holds_only(image, 0xa7)));
    }
}

/// What belongs to one command is given to another.
#[test]
fn everything_in_the_wrong_place() {
    let bench = Bench::new();
    let image = bench.image("image.img", MIB);
    bench.wipe(&[text(&image)]).expect(0);
    let certificate = bench.results(".cert.json")[0].clone();
    let (image, certificate) = (text(&image), text(&certificate));
    let out = bench.out();
    let root = bench.path("root.pub");
    nulstil(["verify", image, "--root", text(&root)]).expect(4);
    nulstil(["verify", text(&root), "--root", text(&root)]).expect(4);
    nulstil(["key", "show", certificate]).expect(0);
    nulstil(["key", "show", image]).expect(3);
    nulstil(["plan", text(&out)]).expect(3);
    nulstil(["demo", "--dir", image]).expect(3);
    nulstil(["list", "--recorded", image]).expect(2);
    // The demo leaves a folder with somebody else's files alone.
    let folder = bench.path("folder");
    fs::create_dir(&folder).unwrap();
    File::create(folder.join("disk.img")).unwrap().set_len(MIB).unwrap();
    for _ in 0..2 {
        nulstil(["demo", "--dir", text(&folder)]).expect(3);
        assert_eq!(fs::metadata(folder.join("disk.img")).unwrap().len(), MIB);
        // Beside it, only the demo's list of its own files.
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }
}
