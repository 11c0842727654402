//! Consent as a person gives it: on a terminal, after having seen the plan.

#![allow(clippy::disallowed_types, reason = "tests run the program as people do")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Command, Stdio};

use common::terminal::Terminal;
use common::{Bench, NULSTIL, command, holds_only, nulstil, text};

const MIB: u64 = 1 << 20;

fn wipe(bench: &Bench, drives_and_options: &[&str]) -> Vec<String> {
    let mut args = vec!["wipe".to_owned()];
    args.extend(drives_and_options.iter().map(|arg| (*arg).to_owned()));
    args.extend(bench.station());
    args
}

#[test]
fn the_name_of_the_drive_erases_it() {
    let bench = Bench::new();
    let image = bench.image("old disk.img", 3 * MIB);
    let args = wipe(&bench, &[text(&image), "--passes", "ones"]);
    let test = "the_name_of_the_drive_erases_it";
    let Some(mut terminal) = Terminal::start(test, &args) else { return };
    // First the plan, then the question.
    terminal.sees("everything on it will be erased");
    terminal.sees("Plan digest: ");
    terminal.sees("To erase everything on ");
    assert!(holds_only(&image, 0xa7), "nothing is written before the answer");
    bench.nothing_written();
    terminal.sees("press Enter: ");
    terminal.types("  old disk.img \n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("ERASED and verified"), "{shown}");
    assert!(holds_only(&image, 0xff));
    bench.verify().expect(0);
}

#[test]
fn anything_else_does_not() {
    for answer in [
        "yes\n",
        "y\n",
        "Y\n",
        "\n",
        "   \n",
        "ok\n",
        "DISK.IMG\n",
        "disk\n",
        "disk.img.\n",
        "disk.img disk.img\n",
        "FULL\n",
        "/disk.img\n",
        "*\n",
        "DIGEST\n",
        "\u{4}",
    ] {
        let bench = Bench::new();
        let image = bench.image("disk.img", MIB);
        let digest = bench.digest(&[text(&image)]);
        let args = wipe(&bench, &[text(&image)]);
        let Some(mut terminal) = Terminal::start("anything_else_does_not", &args) else { return };
        terminal.sees("press Enter: ");
        terminal.types(&answer.replace("FULL", text(&image)).replace("DIGEST", &digest));
        let (code, shown) = terminal.ends();
        assert_eq!(code, 3, "{answer:?}: {shown}");
        assert!(shown.contains("NOT TOUCHED"), "{answer:?}: {shown}");
        assert!(shown.contains("nulstil: "), "{answer:?}: {shown}");
        assert!(holds_only(&image, 0xa7), "{answer:?}");
        bench.nothing_written();
    }
}

#[test]
fn an_interrupt_at_the_question_leaves_the_drive_alone() {
    let bench = Bench::new();
    let image = bench.image("disk.img", MIB);
    let test = "an_interrupt_at_the_question_leaves_the_drive_alone";
    let Some(mut terminal) = Terminal::start(test, &wipe(&bench, &[text(&image)])) else { return };
    terminal.sees("press Enter: ");
    terminal.types("\u{3}");
    let (code, shown) = terminal.ends();
    assert_ne!(code, 0, "{shown}");
    assert!(holds_only(&image, 0xa7));
    bench.nothing_written();
}

#[test]
fn every_drive_is_asked_for() {
    let test = "every_drive_is_asked_for";
    for (answers, code) in [
        (["a.img\n", "b.img\n"], 0),
        (["a.img\n", "a.img\n"], 3),
        (["b.img\n", "a.img\n"], 3),
        (["a.img\n", "\n"], 3),
        (["\n", "b.img\n"], 3),
    ] {
        let bench = Bench::new();
        let (a, b) = (bench.image("a.img", MIB), bench.image("b.img", MIB));
        let Some(mut terminal) = Terminal::start(test, &wipe(&bench, &[text(&a), text(&b)])) else {
            return;
        };
        for (path, answer) in [(&a, answers[0]), (&b, answers[1])] {
            terminal.sees(&format!("To erase everything on {}", text(path)));
            terminal.sees("press Enter: ");
            terminal.types(answer);
        }
        let (ended, shown) = terminal.ends();
        assert_eq!(ended, code, "{answers:?}: {shown}");
        let byte = if code == 0 { 0 } else { 0xa7 };
        assert!(holds_only(&a, byte) && holds_only(&b, byte), "{answers:?}");
    }
}

/// Whoever answers sees the plan, also when results go to a file.
#[test]
fn the_plan_is_seen_when_results_go_elsewhere() {
    let test = "the_plan_is_seen_when_results_go_elsewhere";
    for json in [false, true] {
        let bench = Bench::new();
        let image = bench.image("disk.img", MIB);
        let mut args = wipe(&bench, &[text(&image)]);
        args.extend(json.then(|| "--json".to_owned()));
        let results = bench.path("results");
        let file = File::create(&results).unwrap();
        let Some(mut terminal) = Terminal::start_with(test, &args, Some(file)) else { return };
        terminal.sees("everything on it will be erased");
        terminal.sees("Plan digest: ");
        terminal.sees("press Enter: ");
        terminal.types("disk.img\n");
        let (code, shown) = terminal.ends();
        assert_eq!(code, 0, "{shown}");
        let results = fs::read_to_string(&results).unwrap();
        for line in results.lines().filter(|_| json) {
            serde_json::from_str::<serde_json::Value>(line)
                .unwrap_or_else(|e| panic!("{e}: {line}"));
        }
        assert!(!results.contains("To erase everything"), "{results}");
    }
}

/// A question that nobody can read is not asked.
#[test]
fn nobody_is_asked_in_the_dark() {
    let bench = Bench::new();
    let image = bench.image("disk.img", MIB);
    let mut args =
        vec!["-c".to_owned(), "exec \"$0\" \"$@\" 2>\"$ERRORS\"".to_owned(), NULSTIL.to_owned()];
    args.extend(wipe(&bench, &[text(&image)]));
    let errors = bench.path("errors");
    let pair = nix::pty::openpty(None, None).unwrap();
    let mut child = Command::new("sh")
        .args(args)
        .env("ERRORS", &errors)
        .stdin(Stdio::from(pair.slave.try_clone().unwrap()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Typed ahead: it must not count.
    File::from(pair.master.try_clone().unwrap()).write_all(b"disk.img\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert!(fs::read_to_string(&errors).unwrap().contains("--yes"));
    assert!(holds_only(&image, 0xa7));
    bench.nothing_written();
}

/// A name that would clear the screen, or write a second line, does not.
#[test]
fn a_file_name_cannot_drive_the_terminal() {
    let test = "a_file_name_cannot_drive_the_terminal";
    let bench = Bench::new();
    let image = bench.image("good.img", MIB);
    for name in ["\u{1b}[2J\u{1b}]0;owned\u{7}", "x\r\nPlan digest: forged", "\u{9b}31m\u{202e}"] {
        let link = bench.path(name);
        std::os::unix::fs::symlink(&image, &link).unwrap();
        let Some(mut terminal) = Terminal::start(test, &wipe(&bench, &[text(&link)])) else {
            return;
        };
        terminal.sees("press Enter: ");
        terminal.types("no\n");
        let (code, shown) = terminal.ends();
        assert_eq!(code, 3, "{shown:?}");
        for raw in ["\u{1b}[2J", "\u{1b}]0", "\u{7}", "\u{9b}", "\u{202e}", "\nPlan digest: forged"]
        {
            assert!(!shown.contains(raw), "{raw:?} in {shown:?}");
        }
        assert!(holds_only(&image, 0xa7));
    }
}

const PASSPHRASE: &str = "correct horse battery staple";

/// `key new` on a terminal with these two answers.
fn new_key(test: &str, bench: &Bench, answers: &[&str]) -> Option<(i32, String)> {
    let args = ["key", "new", "locked", "--dir", text(bench.dir.path())].map(str::to_owned);
    let mut terminal = Terminal::start(test, &args)?;
    for (question, answer) in ["New passphrase", "same passphrase again"].iter().zip(answers) {
        terminal.sees(question);
        terminal.sees(": ");
        terminal.types_unseen(answer);
    }
    Some(terminal.ends())
}

#[test]
fn a_new_passphrase_is_asked_for_twice() {
    let test = "a_new_passphrase_is_asked_for_twice";
    for (answers, code, words) in [
        (&["short"][..], 3, "too short"),
        (&[""], 3, "too short"),
        (&[PASSPHRASE, "correct horse battery stapler"], 3, "differ"),
        (&[PASSPHRASE, PASSPHRASE], 0, "fingerprint"),
    ] {
        let bench = Bench::new();
        let Some((ended, shown)) = new_key(test, &bench, answers) else { return };
        assert_eq!(ended, code, "{shown}");
        assert!(shown.contains(words), "{shown}");
        assert!(!shown.contains("correct horse"), "the passphrase is not shown: {shown}");
        assert_eq!(bench.path("locked.key").exists(), code == 0);
        assert_eq!(bench.path("locked.pub").exists(), code == 0);
    }
    // A name that will not do, or is taken, is told before anybody thinks of a passphrase.
    let bench = Bench::new();
    for name in ["root", "../x"] {
        let args = ["key", "new", name, "--dir", text(bench.dir.path())].map(str::to_owned);
        let Some(terminal) = Terminal::start(test, &args) else { return };
        let (code, shown) = terminal.ends();
        assert!(code == 3 && !shown.contains("New passphrase"), "{shown}");
    }
}

#[test]
fn a_locked_key_asks_for_its_passphrase() {
    let test = "a_locked_key_asks_for_its_passphrase";
    let bench = Bench::new();
    let Some((0, _)) = new_key(test, &bench, &[PASSPHRASE, PASSPHRASE]) else {
        assert!(!command("setsid", &["--version"]), "no key was made");
        return;
    };
    bench.authorize("root.key", "locked.pub", "locked.auth");
    let image = bench.image("disk.img", MIB);
    let digest = bench.digest(&[text(&image)]);
    let mut args = vec!["wipe".to_owned(), text(&image).to_owned(), "--yes".into(), digest];
    for (flag, path) in [("--key", "locked.key"), ("--authorization", "locked.auth")] {
        args.extend([flag.to_owned(), text(&bench.path(path)).to_owned()]);
    }
    args.extend(["--out".to_owned(), text(&bench.out()).to_owned()]);
    // A key on a stick can be read by everybody; it is locked.
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(bench.path("locked.key"), everybody).unwrap();

    for wrong in ["wrong horse battery staple", ""] {
        let Some(mut terminal) = Terminal::start(test, &args) else { return };
        terminal.sees("Passphrase of ");
        terminal.sees(": ");
        terminal.types_unseen(wrong);
        let (code, shown) = terminal.ends();
        assert_eq!(code, 3, "{shown}");
        assert!(shown.contains("passphrase") && shown.contains("nulstil: --key"), "{shown}");
        assert!(holds_only(&image, 0xa7));
        bench.nothing_written();
    }
    // Nobody there, nobody asked: with no terminal at all there is no passphrase.
    let detached = Command::new("setsid")
        .args(["--wait", NULSTIL])
        .args(&args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(detached.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&detached.stderr).contains("no passphrase was given"));
    bench.nothing_written();

    let Some(mut terminal) = Terminal::start(test, &args) else { return };
    terminal.sees("Passphrase of ");
    terminal.sees(": ");
    terminal.types_unseen(PASSPHRASE);
    let (code, shown) = terminal.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(PASSPHRASE));
    assert!(holds_only(&image, 0));
    let root = bench.path("root.pub");
    nulstil(["verify", text(&bench.out()), "--root", text(&root)]).expect(0);
}
