//! Whether anything is missing among many documents: `verify --complete`.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_types, clippy::print_stderr, clippy::print_stdout, reason = "tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Bench, Ran, nulstil, read_json, text};
use ed25519_dalek::SigningKey;
use nulstil::cert::{NOTHING_BEFORE, profile, proof};
use nulstil::keys::private;
use nulstil::model::Timestamp;
use serde_json::{Value, json};

/// Results of many sessions, made by signing one real one again and again.
struct Batch {
    bench: Bench,
    key: SigningKey,
    start: Value,
    certificate: Value,
    machine: Value,
    began: Timestamp,
}

impl Batch {
    fn new() -> Self {
        let bench = Bench::new();
        let image = bench.image("a.img", 1 << 20);
        bench.wipe(&[text(&image)]).expect(0);
        let only = |ending: &str| read_json(&bench.results(ending)[0]);
        let (start, mut certificate) = (only(".start.json"), only(".cert.json"));
        // No other drive of this computer stands on the report.
        let mut machine = only(".machine.json");
        let drives = machine["credentialSubject"]["drives"].as_array_mut().unwrap();
        drives.retain(|drive| drive["outcome"] == "sanitized");
        assert_eq!(drives.len(), 1);
        certificate["credentialSubject"]["path"] = json!("a.img");
        let key = private::load(&bench.path("station.key"), || panic!("it has none")).unwrap();
        let began = certificate["validFrom"].as_str().unwrap().parse().unwrap();
        bench.clear();
        Self { bench, key, start, certificate, machine, began }
    }

    fn sign(&self, mut document: Value, to: &Path) -> String {
        document.as_object_mut().unwrap().shift_remove("proof");
        let signed = proof::sign(document, &self.key, self.began).unwrap();
        fs::write(to, profile::pretty(&signed).unwrap()).unwrap();
        proof::digest(&signed).unwrap()
    }

    /// One session that erased so many drives; its files in order.
    fn session(&self, number: usize, drives: usize) -> Vec<PathBuf> {
        let uuid =
            |kind: usize, n: usize| format!("0199b0c0-{kind:04x}-7000-8000-{number:06x}{n:06x}");
        let begun: Vec<Value> = (0..drives)
            .map(|n| {
                let certificate = format!("urn:uuid:{}", uuid(1, n));
                json!({"certificate": certificate, "model": "M", "serialNumber": format!("S{n}")})
            })
            .collect();
        let (mut files, mut previous) = (Vec::new(), NOTHING_BEFORE.to_owned());
        for sequence in 0..drives + 2 {
            let (mut document, id, name) = match sequence {
                0 => (self.start.clone(), uuid(0, 0), "0.start.json".to_owned()),
                n if n == drives + 1 => {
                    (self.machine.clone(), uuid(2, 0), "9.machine.json".to_owned())
                }
                n => (self.certificate.clone(), uuid(1, n - 1), format!("1-{n:03}.cert.json")),
            };
            if sequence == 0 {
                document["credentialSubject"]["drives"] = begun.clone().into();
            }
            document["id"] = format!("urn:uuid:{id}").into();
            document["stream"] =
                json!({"id": uuid(9, 0), "sequence": sequence, "previousDigest": previous});
            let to = self.bench.out().join(format!("{number:05}-{name}"));
            previous = self.sign(document, &to);
            files.push(to);
        }
        files
    }

    fn verify(&self, more: &[&str]) -> Ran {
        let (out, root) = (self.bench.out(), self.bench.path("root.pub"));
        let args = ["verify", text(&out), "--complete", "--root", text(&root), "--json"];
        nulstil([&args, more].concat())
    }

    /// The gaps that are found, as sentences; and the completeness in the summary.
    fn gaps(&self) -> (Vec<String>, String) {
        let ran = self.verify(&[]);
        let lines = ran.json();
        let gaps = lines.iter().filter(|line| line["event"] == "gap");
        let gaps = gaps.map(|line| line["reason"].as_str().unwrap().to_owned()).collect();
        (gaps, lines.last().unwrap()["completeness"].as_str().unwrap().to_owned())
    }
}

fn says(gaps: &[String], words: &[&str]) {
    let fits = |gap: &&String| words.iter().all(|word| gap.contains(word));
    assert_eq!(gaps.iter().filter(fits).count(), 1, "{words:?} once in {gaps:#?}");
}

#[test]
fn ten_thousand_with_one_of_everything_wrong() {
    let batch = Batch::new();
    // Eight drives each.
    let sessions: Vec<Vec<PathBuf>> = std::thread::scope(|scope| {
        let halves = [0..625, 625..1250].map(|half| {
            let batch = &batch;
            scope.spawn(move || half.map(|n| batch.session(n, 8)).collect::<Vec<_>>())
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let whole = batch.verify(&[]).expect(0);
    let summary = whole.json().pop().unwrap();
    assert_eq!(summary["sanitized"], 10_000, "{summary}");
    assert_eq!(summary["completeness"], "complete", "{summary}");

    fs::remove_file(&sessions[10][3]).unwrap();
    fs::copy(&sessions[20][4], batch.bench.out().join("copy.cert.json")).unwrap();
    let altered = fs::read_to_string(&sessions[30][5]).unwrap();
    fs::write(&sessions[30][5], altered.replace("\"nist-clear\"", "\"nist-cleaR\"")).unwrap();
    let mut earlier = read_json(&sessions[40][6]);
    earlier["validFrom"] = batch.began.plus(-60).to_string().into();
    batch.sign(earlier, &sessions[40][6]);

    let ran = batch.verify(&[]).expect(4);
    let lines = ran.json();
    let gaps: Vec<String> = lines
        .iter()
        .filter(|line| line["event"] == "gap")
        .map(|line| line["reason"].as_str().unwrap().to_owned())
        .collect();
    let stream = |n: usize| format!("0199b0c0-0009-7000-8000-{n:06x}000000");
    says(&gaps, &["number 3 of stream", &stream(10), "missing"]);
    says(&gaps, &["names the drive", "serial S2", "its document", &stream(10), "missing"]);
    says(&gaps, &["one document", "00020-1-004.cert.json", "copy.cert.json"]);
    says(&gaps, &["number 5 of stream", &stream(30), "missing"]);
    says(&gaps, &["names the drive", "serial S4", &stream(30)]);
    says(&gaps, &["00040-1-006.cert.json", "back-dated"]);
    // What was signed anew has another digest than the one the next document names.
    says(&gaps, &["00040-1-007.cert.json", "does not follow"]);
    assert_eq!(gaps.len(), 7, "{gaps:#?}");
    let rejected: Vec<&Value> = lines.iter().filter(|l| l["verdict"] == "rejected").collect();
    assert_eq!(rejected.len(), 1);
    assert!(rejected[0]["path"].as_str().unwrap().ends_with("00030-1-005.cert.json"));
    let summary = lines.last().unwrap();
    assert_eq!((&summary["copies"], &summary["sanitized"]), (&1.into(), &9_998.into()));
    assert_eq!(summary["completeness"], "incomplete");
}

#[test]
fn a_session_that_lost_its_power_and_the_one_after() {
    let bench = Bench::new();
    // A session that ended, and whose end will be taken away.
    bench.wipe(&[text(&bench.image("b.img", 1 << 20))]).expect(0);
    let ended = bench.results(".start.json").remove(0);
    let its_start = fs::read(&ended).unwrap();
    bench.clear();
    let image = bench.image("a.img", 8 << 20);
    let mut child = std::process::Command::new(common::NULSTIL)
        .args(bench.wipe_args(&["--passes", "dod-short-3", text(&image)]))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The first record is there before the first write.
    while bench.results(".start.json").is_empty() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let root = bench.path("root.pub");
    let gaps = || {
        let out = bench.out();
        let args = ["verify", text(&out), "--complete", "--root", text(&root), "--json"];
        let lines = nulstil(args).json();
        let gaps = lines.into_iter().filter(|line| line["event"] == "gap");
        gaps.map(|line| line["gap"]["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    if bench.results(".cert.json").is_empty() {
        assert_eq!(gaps(), ["not-certified", "no-end"]);
        fs::write(&ended, its_start).unwrap();
        bench.resume().expect(0);
        fs::remove_file(&ended).unwrap();
    }
    assert_eq!(gaps(), Vec::<String>::new());
    let mut starts = bench.results(".start.json");
    // Two of one second: the names are in any order, the ids are not.
    starts.sort_by_key(|path| read_json(path)["stream"]["id"].to_string());
    let continues = |path: &PathBuf| read_json(path)["credentialSubject"]["continues"].clone();
    if let [first, second] = &starts[..] {
        assert_eq!(continues(first), json!([]));
        assert_eq!(continues(second), json!([read_json(first)["stream"]["id"]]));
        // Without the later one the cut is told again.
        fs::remove_file(second).unwrap();
        assert!(gaps().contains(&"no-end".to_owned()), "{:?}", gaps());
    }
}

#[test]
fn what_cannot_be_judged_is_not_complete() {
    let batch = Batch::new();
    batch.session(0, 1);
    assert_eq!(batch.gaps(), (vec![], "complete".to_owned()));
    fs::write(batch.bench.out().join("x.machine.json"), "nonsense").unwrap();
    assert_eq!(batch.gaps(), (vec![], "incomplete".to_owned()));
}

#[test]
fn drives_of_one_run_share_a_stream() {
    let bench = Bench::new();
    let images: Vec<PathBuf> =
        ["a.img", "b.img", "c.img"].iter().map(|name| bench.image(name, 1 << 20)).collect();
    bench.wipe(&images.iter().map(|image| text(image)).collect::<Vec<_>>()).expect(0);
    let certificates = bench.results(".cert.json");
    let mut numbers: Vec<u64> = certificates
        .iter()
        .map(|path| read_json(path)["stream"]["sequence"].as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3]);
    let start = read_json(&bench.results(".start.json")[0]);
    let begun = start["credentialSubject"]["drives"].as_array().unwrap();
    for path in &certificates {
        let id = &read_json(path)["id"];
        assert!(begun.iter().any(|drive| drive["certificate"] == *id), "{id} in {begun:?}");
    }
    let machine = read_json(&bench.results(".machine.json")[0]);
    assert_eq!(machine["stream"]["sequence"], 4);
    assert_eq!(machine["stream"]["id"], machine["run"]["id"]);
}

#[test]
fn a_log_knows_of_what_is_missing_whole() {
    let batch = Batch::new();
    let sessions: Vec<Vec<PathBuf>> = (0..3).map(|n| batch.session(n, 2)).collect();
    let dir = batch.bench.dir.path();
    let run = |args: &[&str]| {
        let output = std::process::Command::new(common::NULSTIL)
            .args(args)
            .current_dir(dir)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?} {output:?}");
    };
    run(&["key", "new", "office", "--no-passphrase", "--dir", "."]);
    run(&["key", "new", "odense", "--no-passphrase", "--dir", "."]);
    run(&[
        "key",
        "trust-list",
        "--root",
        "root.key",
        "--out",
        "1.trust",
        "--log",
        "office=office.pub",
        "--witness",
        "odense=odense.pub",
    ]);
    fs::create_dir(batch.bench.path("log")).unwrap();
    let believe = ["--root", "root.pub", "--trust", "1.trust"];
    run(&[&["log", "append", "log", "out"], &believe[..]].concat());
    run(&[&["log", "checkpoint", "log", "--key", "office.key"], &believe[..]].concat());
    let (log, list) = (batch.bench.path("log"), batch.bench.path("1.trust"));
    let with_log = || batch.verify(&["--log", text(&log), "--trust", text(&list)]);
    // The office alone could have left anything out of it.
    let judged = with_log().expect(5).says(&["No witness"]);
    assert_eq!(judged.json().last().unwrap()["completeness"], "incomplete");
    let cosign = ["log", "cosign", "log", "--key", "odense.key", "--seen", "seen", "--first"];
    run(&[&cosign[..], &believe].concat());
    let judged = with_log().expect(0);
    let summary = judged.json().pop().unwrap();
    assert_eq!(summary["completeness"], "complete");
    let until: Timestamp = summary["completeUntil"].as_str().unwrap().parse().unwrap();
    assert!(until >= batch.began, "{until}");

    // A whole session taken away leaves no gap in any stream.
    for file in &sessions[1] {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(batch.gaps(), (vec![], "complete".to_owned()));
    let judged = with_log().expect(5).says(&["4 entries of the log office are missing"]);
    let lines = judged.json();
    let told = lines.iter().find(|line| line["event"] == "log").unwrap();
    assert_eq!(told["missing"].as_array().unwrap().len(), 4, "{told}");
    batch.session(7, 1);
    with_log().expect(5).says(&["3 documents here are not in the log office"]);
    // Anyone can add a line to the list; what nobody signed proves nothing.
    run(&[&["log", "append", "log", "out"], &believe[..]].concat());
    with_log().expect(5).says(&["3 documents here are not in the log office"]);
    // And who has less than what lies in it unsigned hears of that, too.
    for file in batch.session(7, 1) {
        fs::remove_file(file).unwrap();
    }
    with_log().expect(5).says(&["3 newer entries of the log office, not signed yet"]);
    // What is newer than the witness's word is told apart: nobody says whether it is all.
    let mut later = batch.certificate.clone();
    later["id"] = "urn:uuid:0199b0c0-0001-7000-8000-00000000ffff".into();
    later["validFrom"] = until.plus(3600).to_string().into();
    let to = batch.bench.out().join("later.cert.json");
    batch.sign(later, &to);
    with_log().expect(5).says(&["1 documents here were issued after", "not covered"]);
    let alone = ["verify", ".", "--log", text(&log), "--root", "root.pub"];
    nulstil(alone).expect(2);
}
