//! SIGKILL at random moments, fifty times in a row, and SIGTERM: whatever happens, the end state
//! and the certificate are right.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests run the program as people do, say what they skip, and fail loudly"
)]

mod common;

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Bench, Loop, NULSTIL, is_root, text};
use serde_json::Value;

const SIZE: u64 = 48 << 20;
const ROUNDS: usize = 50;

/// A whole random number below `bound`.
fn random(bound: u64) -> u64 {
    RandomState::new().hash_one(0) % bound
}

/// Starts the program and kills it after `after`; whether it was still running.
fn killed(args: &[String], after: Duration) -> bool {
    let mut child = Command::new(NULSTIL)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    // SIGKILL: nothing in the program can know.
    let running = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    child.wait().unwrap();
    running
}

fn resume_args(bench: &Bench) -> Vec<String> {
    let args = ["wipe", "--json", "--resume", "--checkpoint", "1"].map(str::to_owned);
    args.into_iter().chain(bench.station()).collect()
}

/// One round: a wipe killed after `moment`, perhaps its resume as well, then resumed to the end.
fn round(bench: &Bench, drive: &str, file: &Path, moment: Duration) {
    fs::write(file, vec![0xa7; usize::try_from(SIZE).unwrap()]).unwrap();
    let mut args = bench.wipe_args(&[drive, "--passes", "random", "--verify", "full"]);
    args.extend(["--checkpoint".to_owned(), "1".to_owned()]);
    killed(&args, moment);
    if random(3) == 0 {
        killed(&resume_args(bench), Duration::from_millis(random(200)));
    }
    let ran = common::nulstil(resume_args(bench));
    match (ran.code, bench.results(".cert.json").len()) {
        // Killed after the end, or resumed to it.
        (0 | 3, 1) => {}
        // Killed before the first record: then nothing was written.
        (3, 0) => {
            assert!(common::holds_only(file, 0xa7), "bytes were written before the journal");
            let ran = common::nulstil(&args).expect(0);
            assert_eq!(ran.summary()["drives"][0]["outcome"], "sanitized");
        }
        other => panic!("{other:?}: {ran:?}"),
    }
    // One run, one certificate, and it is true.
    bench.verify().expect(0);
    assert!(common::holds_stream(file, &bench.certificate()));
    bench.resume().expect(3);
    assert_eq!(bench.results(".tmp").len(), 0, "temporary files are left");
    assert!(!bench.results(".machine.json").is_empty());
    bench.clear();
}

fn fifty_times(bench: &Bench, drive: &str, file: &Path) {
    // How long an undisturbed run takes here, so that the moments fall inside.
    fs::write(file, vec![0xa7; usize::try_from(SIZE).unwrap()]).unwrap();
    let args = bench.wipe_args(&[drive, "--passes", "random", "--verify", "full"]);
    let began = Instant::now();
    common::nulstil(&args).expect(0);
    let whole = u64::try_from(began.elapsed().as_millis()).unwrap();
    bench.clear();
    for n in 0..ROUNDS {
        let moment = Duration::from_millis(random(whole + whole / 10));
        eprintln!("round {n}: killed after {moment:?} of {whole} ms");
        round(bench, drive, file, moment);
    }
}

#[test]
fn killed_fifty_times_on_a_disk_image() {
    let bench = Bench::new();
    let image = bench.path("disk.img");
    fifty_times(&bench, text(&image), &image);
}

#[test]
fn killed_fifty_times_on_a_loop_device() {
    if !is_root("killed_fifty_times_on_a_loop_device") {
        return;
    }
    let bench = Bench::new();
    let file = bench.image("backing", SIZE);
    let device = Loop::attach(&file, &[]);
    fifty_times(&bench, device.path(), &file);
}

/// The resumed run goes on where the journal says, not from the start.
#[test]
fn a_resumed_run_says_where_it_went_on() {
    let bench = Bench::new();
    let image = bench.image("disk.img", 600 << 20);
    let mut args = bench.wipe_args(&[text(&image), "--passes", "dod-short-3"]);
    args.extend(["--checkpoint".to_owned(), "1".to_owned()]);
    let mut child = Command::new(NULSTIL)
        .args(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The third pass begins: two are in the journal.
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "progress" && event["pass"] == 3 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    bench.resume().expect(0);
    let certificate = bench.certificate();
    let evidence = &certificate["credentialSubject"]["evidence"];
    assert_eq!(evidence["interruptions"].as_array().unwrap().len(), 1);
    assert_eq!(evidence["interruptions"][0]["pass"], 2);
    assert_eq!(evidence["passes"].as_array().unwrap().len(), 3);
    bench.verify().expect(0);
}

/// SIGTERM and SIGINT end with a certified result that says aborted, and there is nothing to
/// resume.
#[test]
fn a_signal_ends_with_a_certified_abort() {
    use nix::sys::signal::{Signal, kill};
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let bench = Bench::new();
        let image = bench.image("disk.img", 400 << 20);
        let args = bench.wipe_args(&[text(&image), "--passes", "hmg-is5-enhanced"]);
        let mut child = Command::new(NULSTIL)
            .args(&args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut last = Value::Null;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if event["event"] == "started" {
                kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), signal).unwrap();
            }
            last = event;
        }
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert_eq!(last["event"], "summary");
        assert_eq!(last["drives"][0]["outcome"], "aborted");
        let certificate = bench.certificate();
        assert_eq!(certificate["type"][1], "DataErasureAbortedReport");
        assert_eq!(certificate["credentialSubject"]["conclusion"]["verdict"], "not-sanitized");
        bench.verify().expect(1);
        bench.resume().expect(3);
    }
}

/// What cannot be resumed can be closed: a certified incomplete result.
#[test]
fn a_closed_journal_is_certified_incomplete() {
    let bench = Bench::new();
    let image = bench.image("disk.img", 400 << 20);
    let args = bench.wipe_args(&[text(&image), "--passes", "hmg-is5-enhanced"]);
    let mut child = Command::new(NULSTIL)
        .args(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "progress" {
            break;
        }
    }
    // While it runs, nobody else may touch its journal.
    let close = || {
        common::nulstil([
            "journal",
            "close",
            text(&bench.out()),
            "--key",
            text(&bench.path("station.key")),
            "--authorization",
            text(&bench.path("station.auth")),
            "--json",
        ])
    };
    close().expect(3).says(&["still going on"]);
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = close().expect(1);
    assert_eq!(ran.summary()["drives"][0]["outcome"], "not-sanitized");
    assert_eq!(bench.certificate()["type"][1], "DataErasureIncompleteReport");
    bench.verify().expect(1);
    bench.resume().expect(3);
    close().expect(3);
}
