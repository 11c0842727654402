//! The office's log beside the documents: `verify --complete --log` and the page, of one mind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nulstil::keys::private;
use nulstil::log::Note;
use nulstil::model::Timestamp;
use serde_json::{Value, json};

use crate::agreement::{Session, zip};
use crate::chromium::Chromium;
use crate::common::{NULSTIL, nulstil, text};

/// Three sessions, and the log of them that the office and a witness signed.
pub struct Office {
    pub session: Session,
    log: PathBuf,
}

impl Office {
    pub fn new() -> Self {
        let session = Session::new();
        (0..3).for_each(|n| session.run(n, 2));
        let log = session.bench.path("log");
        fs::create_dir(&log).unwrap();
        let office = Self { session, log };
        for name in ["office", "odense"] {
            office.run("", &["key", "new", name, "--no-passphrase", "--dir", "."]);
        }
        let keys = ["--log", "office=office.pub", "--witness", "odense=odense.pub"];
        let list = ["key", "trust-list", "--root", "root.key", "--out", "1.trust"];
        office.run("", &[&list[..], &keys].concat());
        office.run("1.trust", &["log", "append", "log", "out"]);
        office.run("1.trust", &["log", "checkpoint", "log", "--key", "office.key"]);
        office
    }

    pub fn run(&self, list: &str, args: &[&str]) {
        let mut program = Command::new(NULSTIL);
        program.args(args).current_dir(self.session.bench.dir.path()).stdin(Stdio::null());
        if !list.is_empty() {
            program.args(["--root", "root.pub", "--trust", list]);
        }
        let output = program.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?} {output:?}");
    }

    /// As a witness signs whose clock stands there.
    fn cosign_at(&self, at: Timestamp) {
        let mut note = Note::parse(&fs::read(self.path("checkpoint")).unwrap()).unwrap();
        let key = private::load(&self.session.bench.path("odense.key"), || panic!("it has none"));
        note.cosign("odense", &key.unwrap(), at).unwrap();
        fs::write(self.path("checkpoint"), note.to_string()).unwrap();
    }

    fn cosign(&self) {
        let args = ["log", "cosign", "log", "--key", "odense.key", "--seen", "seen", "--first"];
        self.run("1.trust", &args);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.log.join(name)
    }

    /// What the program says of the log: its event, or nothing if it stops; and the completeness.
    fn program(&self, list: bool) -> (Value, Value) {
        let bench = &self.session.bench;
        let (out, root, trust) = (bench.out(), bench.path("root.pub"), bench.path("1.trust"));
        let log = text(&self.log);
        let mut args =
            vec!["verify", "--json", "--complete", text(&out), "--root", text(&root), "--log", log];
        if list {
            args.extend(["--trust", text(&trust)]);
        }
        let ran = nulstil(args);
        let lines = ran.json();
        let of = |event: &str| lines.iter().find(|line| line["event"] == event).cloned();
        let Some(told) = of("log") else {
            assert!([2, 3, 4].contains(&ran.code), "{ran:?}");
            return (Value::Null, "incomplete".into());
        };
        let witnessed: Vec<&Value> =
            told["witnessed"].as_array().unwrap().iter().map(|seen| &seen["by"]).collect();
        let summary = of("summary").unwrap();
        let counts = ["missing", "notInLog", "notCovered", "seenBeforeIssued", "missingUnsigned"];
        let counts = counts.map(|name| told[name].clone());
        let until = &summary["completeUntil"];
        let log = json!([told["log"], told["entries"], witnessed, counts, until]);
        (log, summary["completeness"].clone())
    }

    /// The same in the page; and its words.
    fn page(&self, page: &mut Chromium) -> (Value, Value, String) {
        let run = page.run("state.run");
        page.choose("log-folder", &[&self.log]);
        page.wait(&format!("state.run > {run} && !state.busy"));
        told(page)
    }
}

fn told(page: &mut Chromium) -> (Value, Value, String) {
    let log = page.run(
        "state.log.fault ? null : [state.log.origin, state.log.entries, \
         state.log.witnessed.map((seen) => seen.by), [state.log.missing, state.log.notInLog, \
         state.log.notCovered, state.log.seenBeforeIssued, state.log.missingUnsigned], \
         counts().completeUntil]",
    );
    let words = page.run("at('gaps').innerText").as_str().unwrap().to_owned();
    (log, page.run("counts().completeness"), words)
}

/// The same note with another first byte of the signature in this line.
fn forged(note: &str, line: usize) -> String {
    let mut lines: Vec<String> = note.lines().map(str::to_owned).collect();
    // The key's own id is the first four bytes; the last ones are of the signature.
    let at = lines[line].len() - 8;
    let other = if lines[line].as_bytes()[at] == b'A' { "B" } else { "A" };
    lines[line].replace_range(at..=at, other);
    lines.join("\n") + "\n"
}

#[test]
fn the_log_and_the_documents() {
    let Some(mut page) = Chromium::open("log", "en") else { return };
    let office = Office::new();
    let bench = &office.session.bench;
    page.trust(&bench.path("root.pub"), Some(&bench.path("1.trust")));
    page.judge("folder", &[bench.out()]);
    let agree = |page: &mut Chromium, completeness: &str, words: &str| {
        let (ours, theirs) = (office.program(true), office.page(page));
        assert_eq!(ours, (theirs.0, theirs.1), "{}", theirs.2);
        assert_eq!(ours.1, completeness, "{}", theirs.2);
        assert!(theirs.2.contains(words), "{words} in {}", theirs.2);
        ours.0
    };
    agree(&mut page, "incomplete", "No witness has signed the log office");
    office.cosign();
    let log = agree(&mut page, "complete", "the office's log agrees");
    assert!(log[4].as_str().unwrap().parse::<Timestamp>().unwrap() >= office.session.began);

    // A whole session taken away leaves no gap in any stream.
    let kept = bench.path("kept");
    fs::create_dir(&kept).unwrap();
    let taken: Vec<_> = (bench.results(".json").into_iter())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("00001-"))
        .collect();
    assert_eq!(taken.len(), 4);
    for file in &taken {
        fs::rename(file, kept.join(file.file_name().unwrap())).unwrap();
    }
    page.judge("folder", &[bench.out()]);
    let log = agree(&mut page, "incomplete", "missing here: 4, with the numbers ");
    assert_eq!(log[3][0].as_array().unwrap().len(), 4);
    assert_eq!(log[4], Value::Null);
    for file in &taken {
        fs::rename(kept.join(file.file_name().unwrap()), file).unwrap();
    }
    // One that the log has never seen; and then in its list, where nobody signed it.
    office.session.run(7, 1);
    page.judge("folder", &[bench.out()]);
    let log = agree(&mut page, "incomplete", "not in the log office as it was signed: 3.");
    assert_eq!(log[3][1], 3);
    let before = fs::read(office.path("leaf-hashes.txt")).unwrap();
    office.run("1.trust", &["log", "append", "log", "out"]);
    assert!(fs::read(office.path("leaf-hashes.txt")).unwrap() != before);
    let log = agree(&mut page, "incomplete", "not in the log office as it was signed: 3.");
    assert_eq!(log[3][1], 3, "what nobody signed proves nothing");

    for file in bench.results(".json") {
        if file.file_name().unwrap().to_str().unwrap().starts_with("00007-") {
            fs::remove_file(file).unwrap();
        }
    }
    // Who has less than what lies in it unsigned hears of that, too.
    page.judge("folder", &[bench.out()]);
    let log = agree(&mut page, "incomplete", "not signed yet, that are missing here: 3.");
    assert_eq!(log[3][4], 3);
    fs::write(office.path("leaf-hashes.txt"), before).unwrap();
    agree(&mut page, "complete", "the office's log agrees");
    let (list, note) = (office.path("leaf-hashes.txt"), office.path("checkpoint"));
    let swapped = |text: String| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(1, 2);
        lines.join("\n") + "\n"
    };
    let cut = |text: String| text[..65 * 5].to_owned();
    let refused = |page: &mut Chromium, path: &Path, change: &dyn Fn(String) -> String, words| {
        let before = fs::read_to_string(path).unwrap();
        fs::write(path, change(before.clone())).unwrap();
        assert_eq!(agree(page, "incomplete", words), Value::Null);
        fs::write(path, before).unwrap();
    };
    refused(&mut page, &note, &|n| forged(&n, 4), "the signature of office does not hold");
    refused(&mut page, &note, &|n| forged(&n, 5), "the signature of odense does not hold");
    refused(&mut page, &note, &|n| n.replacen("\n12\n", "\n11\n", 1), "is not the one that its");
    refused(&mut page, &note, &|n| n.replacen("office\n", "others\n", 1), "does not name a log");
    refused(&mut page, &note, &|_| "hello".into(), "not a signed note");
    refused(&mut page, &list, &swapped, "is not the one that its");
    refused(&mut page, &list, &cut, "the list has 5 entries");
    refused(&mut page, &list, &|l| l.to_uppercase(), "line 1 of the list");
    refused(&mut page, &list, &|l| l.trim_end().to_owned(), "line 12 of the list");
    refused(&mut page, &list, &|_| String::new(), "the list has 0 entries");
    let text = fs::read(&note).unwrap();
    fs::remove_file(&note).unwrap();
    assert_eq!(agree(&mut page, "incomplete", "has no checkpoint yet"), Value::Null);
    fs::write(&note, text).unwrap();
    agree(&mut page, "complete", "the office's log agrees");

    // Nobody says whose log counts.
    page.run("useList(null)");
    let (ours, theirs) = (office.program(false), office.page(&mut page));
    assert_eq!((&ours.0, &theirs.0), (&Value::Null, &Value::Null));
    assert_eq!(theirs.1, "incomplete");
    assert!(theirs.2.contains("without a trust list nothing says whose log"), "{}", theirs.2);
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

/// What a witness's clock says of documents that say when they were issued.
#[test]
fn the_log_and_the_time() {
    let Some(mut page) = Chromium::open("log and time", "en") else { return };
    let office = Office::new();
    let bench = &office.session.bench;
    page.trust(&bench.path("root.pub"), Some(&bench.path("1.trust")));
    page.judge("folder", &[bench.out()]);
    let agree = |page: &mut Chromium, completeness: &str, counts: Value, words: &str| {
        let (ours, theirs) = (office.program(true), office.page(page));
        assert_eq!(ours, (theirs.0, theirs.1), "{}", theirs.2);
        assert_eq!((&ours.1, &ours.0[3]), (&completeness.into(), &counts), "{}", theirs.2);
        assert!(theirs.2.contains(words), "{words} in {}", theirs.2);
    };
    let issued = office.session.began;
    let day = 86_400;
    // The machine report of a session may be some seconds younger than its certificates.
    office.cosign_at(issued.plus(10 - day));
    agree(&mut page, "complete", json!([[], 0, 0, 0, 0]), "the office's log agrees");
    office.cosign_at(issued.plus(-10 - day));
    let words = "more than a day before they say that they were issued";
    agree(&mut page, "incomplete", json!([[], 0, 0, 12, 0]), words);
    // A time that is still to come is nobody's word.
    office.cosign_at(issued.plus(3 * day));
    agree(&mut page, "incomplete", json!([[], 0, 0, 0, 0]), "which is still to come");
    // What is newer than the witness's word is told apart from what the log lacks.
    let mut later = office.session.certificate.clone();
    for (n, name) in [(1, "on-time"), (3600, "later")] {
        later["id"] = json!(format!("urn:uuid:0199b0c0-0001-7000-8000-00000000{n:04x}"));
        later["validFrom"] = json!(issued.plus(n).to_string());
        office.session.sign(later.clone(), &bench.out().join(format!("{name}.cert.json")));
    }
    office.cosign_at(issued.plus(60));
    page.judge("folder", &[bench.out()]);
    agree(&mut page, "incomplete", json!([[], 1, 1, 0, 0]), "and are not covered: 1.");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

/// Where the log lies among what was given, it need not be named.
#[test]
fn a_log_is_found_by_its_names() {
    let Some(mut page) = Chromium::open("log found", "da") else { return };
    let office = Office::new();
    office.cosign();
    let bench = &office.session.bench;
    page.trust(&bench.path("root.pub"), Some(&bench.path("1.trust")));
    let inside = bench.out().join("log");
    fs::create_dir(&inside).unwrap();
    for name in ["checkpoint", "leaf-hashes.txt"] {
        fs::copy(office.path(name), inside.join(name)).unwrap();
    }
    let found = page.judge("folder", &[bench.out()]);
    assert_eq!(
        (&found["summary"]["completeness"], &found["others"]),
        (&json!("complete"), &json!(0))
    );
    assert!(told(&mut page).2.contains("kontorets log stemmer"), "{}", told(&mut page).2);

    let files =
        [bench.results(".json"), vec![inside.join("checkpoint"), inside.join("leaf-hashes.txt")]]
            .concat();
    let bytes: Vec<_> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let names: Vec<_> =
        files.iter().map(|path| text(path.strip_prefix(bench.dir.path()).unwrap())).collect();
    let entries: Vec<_> =
        names.iter().zip(&bytes).map(|(name, bytes)| (*name, &bytes[..])).collect();
    let archive = bench.path("all.zip");
    fs::write(&archive, zip(&entries)).unwrap();
    let found = page.judge("files", &[&archive]);
    assert_eq!(found["summary"]["completeness"], "complete");
    assert_eq!(found["summary"]["judged"], 12);

    // Two logs: nobody says which.
    let second = bench.out().join("second");
    fs::create_dir(&second).unwrap();
    fs::copy(office.path("checkpoint"), second.join("checkpoint")).unwrap();
    let found = page.judge("folder", &[bench.out()]);
    assert_eq!(found["summary"]["completeness"], "incomplete");
    assert!(told(&mut page).2.contains("mere end én log"), "{}", told(&mut page).2);
}
