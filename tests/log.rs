//! The office's log and the trust list, from the command line: what the office, the municipality
//! and an auditor do, and what somebody tries who wants a document to be missing.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_types, clippy::print_stderr, clippy::print_stdout, reason = "tests")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Bench, Ran, nulstil, read_json, text};
use nulstil::cert::{profile, proof};
use nulstil::keys::private;
use nulstil::log::{Key, Note, Role};
use nulstil::model::Timestamp;
use serde_json::Value;

/// An office with a log, a municipality that signs it too, and a station with some certificates.
struct Office {
    bench: Bench,
}

impl Office {
    fn new() -> Self {
        let office = Self { bench: Bench::new() };
        for name in ["office", "odense", "thief"] {
            let dir = office.bench.dir.path();
            nulstil(["key", "new", name, "--no-passphrase", "--dir", text(dir)]).expect(0);
        }
        fs::create_dir(office.path("log")).unwrap();
        office.list(&["--log", "office=office.pub", "--witness", "odense=odense.pub"], "1.trust");
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.bench.path(name)
    }

    /// The program in the office's directory.
    fn run(&self, args: &[&str]) -> Ran {
        let output = std::process::Command::new(common::NULSTIL)
            .args(args)
            .current_dir(self.bench.dir.path())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn list(&self, more: &[&str], out: &str) -> Ran {
        let args = ["key", "trust-list", "--root", "root.key", "--out", out, "--json"];
        self.run(&[&args, more].concat()).expect(0)
    }

    /// Runs a command of the log, believing the newest trust list that is there.
    fn log(&self, args: &[&str]) -> Ran {
        let newest = if self.path("2.trust").exists() { "2.trust" } else { "1.trust" };
        let trust = ["--root", "root.pub", "--trust", newest, "--json"];
        self.run(&[&["log"], args, &trust].concat())
    }

    fn append(&self) -> Ran {
        self.log(&["append", "log", "out"])
    }

    fn sign(&self) -> Ran {
        self.log(&["checkpoint", "log", "--key", "office.key"])
    }

    fn cosign(&self) -> Ran {
        let first: &[&str] = if self.path("seen").exists() { &[] } else { &["--first"] };
        self.log(&[&["cosign", "log", "--key", "odense.key", "--seen", "seen"], first].concat())
    }

    fn prove(&self) -> Ran {
        self.run(&["log", "prove", "log", "out", "--json"])
    }

    fn verify(&self, list: &str) -> Ran {
        self.run(&["verify", "out", "--root", "root.pub", "--trust", list, "--json"])
    }

    /// Erases so many images; each gives a certificate and a report on the machine.
    fn erase(&self, names: &[&str]) {
        for name in names {
            let image = self.bench.image(name, 1 << 20);
            self.bench.wipe(&[text(&image)]).expect(0);
        }
    }

    fn leaves(&self) -> String {
        fs::read_to_string(self.path("log/leaf-hashes.txt")).unwrap()
    }
}

fn last(ran: &Ran) -> Value {
    ran.json().pop().unwrap()
}

#[test]
fn from_the_first_certificate_to_the_auditor() {
    let office = Office::new();
    office.erase(&["a.img", "b.img"]);
    office.log(&["verify", "log"]).expect(3).says(&["checkpoint", "nulstil log checkpoint"]);

    let added = last(&office.append().expect(0));
    assert_eq!((&added["added"], &added["known"]), (&6.into(), &0.into()));
    let again = last(&office.append().expect(0));
    assert_eq!((&again["added"], &again["known"]), (&0.into(), &6.into()));
    office.prove().expect(3);
    let signed = last(&office.sign().expect(0));
    assert_eq!((&signed["log"], &signed["entries"]), (&"office".into(), &6.into()));
    office.log(&["verify", "log"]).expect(5).says(&["No witness", "municipality"]);
    // A name mistyped, or a file lost, is not a log that was never seen.
    let mistyped = ["cosign", "log", "--key", "odense.key", "--seen", "sean"];
    office.log(&mistyped).expect(3).says(&["sean", "--first"]);
    assert!(!office.path("sean").exists());
    office.cosign().expect(0);
    let first = ["cosign", "log", "--key", "odense.key", "--seen", "seen", "--first"];
    office.log(&first).expect(3).says(&["seen", "--first"]);
    let cosigned = fs::read(office.path("log/checkpoint")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    office.cosign().expect(0);
    let again = fs::read(office.path("log/checkpoint")).unwrap();
    assert_eq!(again, cosigned, "a later time would take the place of the earlier");
    // Signing again would drop the witness's line.
    office.sign().expect(0);
    let seen = last(&office.log(&["verify", "log"]).expect(0));
    assert_eq!(seen["witnessed"][0]["by"], "odense", "{seen}");

    assert_eq!(last(&office.prove().expect(0))["proven"], 6);
    let judged = office.verify("1.trust").expect(0);
    for certificate in judged.json().iter().filter(|line| line["event"] == "certificate") {
        assert_eq!(certificate["logged"]["log"], "office", "{certificate}");
        assert_eq!(certificate["logged"]["witnessed"][0]["by"], "odense", "{certificate}");
    }
    let list = "--trust names no list";
    let without = office.run(&["verify", "out", "--root", "root.pub", "--json"]).expect(0);
    assert!(without.json()[0]["logged"].is_null(), "{list}");

    let proof = office.bench.results(".cert.json")[0].with_extension("tlog-proof");
    let earliest = fs::read(&proof).unwrap();

    // What came later is in the list, not yet in what was signed.
    office.erase(&["c.img"]);
    office.append().expect(0);
    office.log(&["verify", "log"]).expect(5).says(&["3 entries", "not signed"]);
    office.prove().expect(5).says(&["not in what was signed"]);
    office.sign().expect(0);
    office.cosign().expect(0);
    let proven = last(&office.prove().expect(0));
    assert_eq!((&proven["proven"], &proven["kept"]), (&3.into(), &6.into()));
    assert_eq!(fs::read(&proof).unwrap(), earliest, "who saw it earliest is what counts");
    office.verify("1.trust").expect(0);
    // A proof of something else is no proof to keep.
    fs::write(&proof, "nonsense").unwrap();
    assert_eq!(last(&office.prove().expect(0))["proven"], 1);
    office.verify("1.trust").expect(0);
}

#[test]
fn a_log_that_was_rewritten_is_noticed() {
    let office = Office::new();
    office.erase(&["a.img", "b.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    office.cosign().expect(0);
    let (list, checkpoint) = (office.leaves(), office.path("log/checkpoint"));
    let signed = fs::read_to_string(&checkpoint).unwrap();
    let lines: Vec<&str> = list.lines().collect();
    let swapped = [&[lines[1], lines[0]], &lines[2..]].concat();
    let write = |lines: &[&str]| {
        fs::write(office.path("log/leaf-hashes.txt"), lines.join("\n") + "\n").unwrap();
    };

    // One entry fewer, or two in another order, under the checkpoint that was signed.
    for (wrong, words) in [(&lines[..5], "5 entries"), (&swapped[..], "not the one")] {
        write(wrong);
        for ran in [office.log(&["verify", "log"]), office.append(), office.sign(), office.cosign()]
        {
            ran.expect(4).says(&["leaf-hashes.txt", words, "do not accept this log"]);
        }
    }
    // The office's own key signs the changed list anew: the witness remembers.
    for (wrong, words) in [(&lines[..5], "6 entries"), (&swapped[..], "not the one")] {
        write(wrong);
        fs::remove_file(&checkpoint).unwrap();
        office.sign().expect(0);
        office.cosign().expect(4).says(&["do not accept", words]);
    }
    // And what the witness remembers cannot be exchanged for what it never signed.
    fs::copy(&checkpoint, office.path("seen")).unwrap();
    office.cosign().expect(4).says(&["odense has not signed"]);

    // A checkpoint that somebody else signed.
    write(&lines);
    fs::write(&checkpoint, &signed).unwrap();
    office.log(&["verify", "log"]).expect(0);
    fs::write(&checkpoint, signed.replace("\u{2014} office", "\u{2014} offise")).unwrap();
    office.log(&["verify", "log"]).expect(4).says(&["office has not signed"]);
    office
        .log(&["checkpoint", "log", "--key", "thief.key"])
        .expect(3)
        .says(&["trust list does not name this key"]);
    fs::write(&checkpoint, "nonsense").unwrap();
    office.log(&["verify", "log"]).expect(4).says(&["not a signed note"]);
    fs::write(office.path("log/leaf-hashes.txt"), "nonsense\n").unwrap();
    // The checkpoint is looked at first; what is wrong with the list is told once it is one.
    fs::write(&checkpoint, &signed).unwrap();
    office.log(&["verify", "log"]).expect(4).says(&["line 1", "hexadecimal"]);
    // What cannot be read at all is nobody's lie.
    fs::remove_file(&checkpoint).unwrap();
    fs::create_dir(&checkpoint).unwrap();
    office.log(&["verify", "log"]).expect(3).says(&["checkpoint", "not a file"]);
}

/// The checkpoint in the office's folder as the witness's key signs it at another time.
fn cosigned_at(office: &Office, key: &str, name: &str, at: Timestamp) {
    let path = office.path("log/checkpoint");
    let secret = private::load(&office.path(key), || panic!("it has none")).unwrap();
    let mut note = Note::parse(&fs::read(&path).unwrap()).unwrap();
    note.cosign(name, &secret, at).unwrap();
    fs::write(path, note.to_string()).unwrap();
}

#[test]
fn a_log_is_no_witness_of_itself() {
    let office = Office::new();
    let list = |more: &[&str]| {
        let args = ["key", "trust-list", "--root", "root.key", "--out", "self.trust", "--json"];
        office.run(&[&args, more].concat())
    };
    for (log, witness) in [("office", "office"), ("office", "root"), ("root", "office")] {
        let (log, witness) = (format!("a={log}.pub"), format!("b={witness}.pub"));
        list(&["--log", &log, "--witness", &witness]).expect(3).says(&["on the list already"]);
    }
    assert!(!office.path("self.trust").exists());
}

#[test]
fn a_witness_that_the_auditor_names_himself() {
    let office = Office::new();
    office.erase(&["a.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    // The recycler's root vouches for whom it likes: for a thief, too.
    office.list(&["--after", "1.trust", "--witness", "town=thief.pub"], "2.trust");
    let key = |secret: &str, name: &str, role| {
        let secret = private::load(&office.path(secret), || panic!("it has none")).unwrap();
        Key::new(name, role, secret.verifying_key()).unwrap().to_string()
    };
    let odense = key("odense.key", "odense", Role::Witness);
    cosigned_at(&office, "thief.key", "town", nulstil::clock::now());
    office.prove().expect(0);
    let seen = |ran: Ran| last(&ran)["witnessed"].as_array().unwrap().len();
    assert_eq!(seen(office.log(&["verify", "log"]).expect(0)), 1);
    let ran = office.log(&["verify", "log", "--witness", &odense]).expect(5).says(&["No witness"]);
    assert_eq!(seen(ran), 0);
    let verify = |more: &[&str]| {
        let args = ["verify", "out", "--root", "root.pub", "--trust", "2.trust", "--json"];
        office.run(&[&args, more].concat())
    };
    let witnessed = |ran: Ran| ran.json()[0]["logged"]["witnessed"].as_array().unwrap().len();
    assert_eq!(witnessed(verify(&[]).expect(0)), 1);
    assert_eq!(witnessed(verify(&["--witness", &odense]).expect(0)), 0);
    verify(&["--complete", "--log", "log", "--witness", &odense]).expect(5).says(&["No witness"]);
    // The machine of these tests has drives that nobody erased, which is another question.
    let is_complete = |ran: Ran| assert_eq!(last(&ran)["completeness"], "complete", "{ran:?}");
    is_complete(verify(&["--complete", "--log", "log"]));

    let signed = last(&office.cosign().expect(0));
    assert_eq!(signed["key"], odense.as_str(), "what the auditor is given");
    fs::write(office.path("odense.witness"), format!("{odense}\n")).unwrap();
    for named in [odense.as_str(), "odense.witness"] {
        assert_eq!(seen(office.log(&["verify", "log", "--witness", named]).expect(0)), 1);
        is_complete(verify(&["--complete", "--log", "log", "--witness", named]));
    }
    for (named, words) in [
        (key("office.key", "odense", Role::Witness), "proves nothing of the log"),
        (key("root.key", "odense", Role::Witness), "proves nothing of the log"),
        (key("odense.key", "odense", Role::Log), "not of a witness"),
        (odense.replacen('+', "+0", 1), "not a verifier key"),
        ("root.pub".to_owned(), "not a verifier key"),
        ("nowhere".to_owned(), "no such file"),
    ] {
        office.log(&["verify", "log", "--witness", &named]).expect(2).says(&[words]);
    }
    let without = ["log", "verify", "log", "--root", "root.pub", "--witness", &odense];
    office.run(&without).expect(2);
}

#[test]
fn a_witness_whose_clock_is_wrong() {
    let office = Office::new();
    office.erase(&["a.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    let complete = || {
        let believe = ["--root", "root.pub", "--trust", "1.trust", "--json"];
        office.run(&[&["verify", "out", "--complete", "--log", "log"][..], &believe].concat())
    };
    let now = nulstil::clock::now();
    let remove_proofs = || {
        for proof in office.bench.results(".tlog-proof") {
            fs::remove_file(proof).unwrap();
        }
    };
    // Two days ago nobody can have seen what was issued today; in two days nobody has.
    for (days, told) in [(-2, "before they say"), (2, "still to come")] {
        cosigned_at(&office, "odense.key", "odense", now.plus(days * 86_400));
        let ran = complete().expect(5).says(&[told]);
        assert_eq!(last(&ran)["completeness"], "incomplete");
        assert_eq!(last(&ran)["completeUntil"], Value::Null);
        office.prove().expect(0);
        let judged = office.verify("1.trust").expect(5).says(&["odense", "cannot be"]);
        let first = &judged.json()[0];
        assert_eq!(first["verdict"], "authentic-incomplete");
        assert_eq!(first["logged"]["witnessed"], serde_json::json!([]));
        remove_proofs();
    }
    office.log(&["verify", "log"]).expect(5).says(&["odense", "still to come"]);
    cosigned_at(&office, "odense.key", "odense", now);
    let summary = last(&complete());
    assert_eq!(summary["completeness"], "complete");
    assert_eq!(summary["completeUntil"], now.to_string());
}

#[test]
fn two_programs_do_not_write_proofs_at_once() {
    let office = Office::new();
    office.erase(&["a.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    let folder = fs::File::open(office.path("log")).unwrap();
    folder.try_lock().unwrap();
    office.prove().expect(3).says(&["another program"]);
    // Who only reads waits for nobody.
    office.log(&["verify", "log"]).expect(5);
    drop(folder);
    office.prove().expect(0);
}

#[test]
fn a_forged_document_does_not_get_into_the_log() {
    let office = Office::new();
    office.erase(&["a.img"]);
    let good = office.bench.results(".cert.json").remove(0);
    let forged = good.with_file_name("forged.cert.json");
    let text = fs::read_to_string(&good).unwrap();
    fs::write(&forged, text.replace("\"station\"", "\"statian\"")).unwrap();
    let ran = office.append().expect(4).says(&["forged.cert.json", "left out"]);
    assert_eq!(last(&ran)["added"], 3, "{ran:?}");
}

#[test]
fn a_lost_key_counts_no_more() {
    let office = Office::new();
    office.erase(&["a.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    office.cosign().expect(0);
    office.prove().expect(0);
    office.erase(&["later.img"]);
    let revoke = |since: &str, out: &str| {
        let args = ["key", "revoke", "station.pub", "--root", "root.key", "--after", "1.trust"];
        let why = ["--since", since, "--reason", "stick lost", "--out", out, "--json"];
        office.run(&[&args[..], &why].concat())
    };
    revoke("2999-01-01T00:00:00Z", "2.trust").expect(2).says(&["future"]);
    // Revoked from before everything: even what was seen is seen too late.
    assert_eq!(last(&revoke("2020-01-01T00:00:00Z", "all.trust").expect(0))["version"], 2);
    let judged = office.verify("all.trust").expect(4).says(&["revoked", "stick lost"]);
    assert!(judged.json()[..2].iter().all(|line| line["code"] == "revoked"), "{judged:?}");

    // Revoked from now on: what the witness saw before stands, what it never saw does not.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let now = nulstil::clock::now().to_string();
    revoke(&now, "2.trust").expect(0);
    let judged = office.verify("2.trust").expect(4);
    let codes: Vec<Value> = judged.json()[..2].iter().map(|line| line["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, "revoked".into()], "{judged:?}");
    // And no more of that key gets into the log.
    let refused = office.append().expect(4).says(&["revoked"]);
    assert_eq!(last(&refused)["known"], 3, "what is in the log already is not judged again");
    let earlier = |since: &str, out: &str| {
        let args = ["key", "revoke", "station.pub", "--root", "root.key", "--after", "2.trust"];
        let why = ["--since", since, "--reason", "stick lost earlier", "--out", out, "--json"];
        office.run(&[&args[..], &why].concat())
    };
    earlier(&nulstil::clock::now().to_string(), "no.trust").expect(3).says(&["revoked already"]);
    let list = last(&earlier("2020-01-01T00:00:00Z", "earlier.trust").expect(0));
    assert_eq!(list["revoked"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["revoked"][0]["since"], "2020-01-01T00:00:00Z");

    // Whoever was authorized under the second list is not believed with the first.
    office
        .run(&[
            "key",
            "authorize",
            "--root",
            "root.key",
            "--station",
            "thief.pub",
            "--out",
            "thief.auth",
            "--trust",
            "2.trust",
        ])
        .expect(0);
    let image = office.bench.image("c.img", 1 << 20);
    let digest = office.bench.digest(&[text(&image)]);
    fs::create_dir(office.path("new")).unwrap();
    office
        .run(&[
            "wipe",
            text(&image),
            "--yes",
            &digest,
            "--key",
            "thief.key",
            "--authorization",
            "thief.auth",
            "--out",
            "new",
            "--json",
        ])
        .expect(0);
    let verify = |more: &[&str]| {
        office.run(&[&["verify", "new", "--root", "root.pub", "--json"], more].concat())
    };
    verify(&["--trust", "2.trust"]).expect(0);
    let old = verify(&["--trust", "1.trust"]).expect(4);
    assert_eq!(old.json()[0]["code"], "old-trust-list", "{old:?}");
    verify(&[]).expect(5).says(&["trust list 2"]);
}

#[test]
fn a_trust_list_that_is_none() {
    let office = Office::new();
    office.erase(&["a.img"]);
    for (list, words) in
        [("root.pub", "key trust-list"), ("station.auth", "type"), ("missing", "no such file")]
    {
        office.verify(list).expect(2).says(&["--trust", words]);
    }
    let text = fs::read_to_string(office.path("1.trust")).unwrap();
    fs::write(office.path("forged.trust"), text.replace("\"version\": 1", "\"version\": 9"))
        .unwrap();
    office.verify("forged.trust").expect(2).says(&["forged.trust", "changed after it was signed"]);
    let again = ["key", "trust-list", "--root", "root.key", "--after", "1.trust", "--out", "x"];
    office
        .run(&[&again[..], &["--log", "office=thief.pub"]].concat())
        .expect(3)
        .says(&["on the list already"]);
    office.run(&[&again[..], &["--log", "office"]].concat()).expect(2).says(&["NAME=FILE"]);
    office.log(&["verify", "out"]).expect(3).says(&["out has no checkpoint"]);
}

#[test]
fn an_older_trust_list_than_one_that_was_seen() {
    let office = Office::new();
    office.erase(&["a.img"]);
    office.list(&["--after", "1.trust", "--witness", "town=thief.pub"], "2.trust");
    office.verify("1.trust").expect(0);
    fs::copy(office.path("2.trust"), office.path("out/kept.trust")).unwrap();
    let older = office.verify("1.trust").expect(2).says(&["version 1", "kept.trust", "version 2"]);
    assert_eq!(older.stdout, "", "nothing is judged with it");
    office.verify("2.trust").expect(0);
    let args = ["verify", "out", "--root", "root.pub", "--json"];
    office.run(&args).expect(2).says(&["kept.trust", "--trust names none"]);
    // What is left of a list may be what is left of a newer one.
    let kept = fs::read_to_string(office.path("2.trust")).unwrap();
    for nonsense in
        ["nonsense", "{}", "", &kept[1..], &kept.replace("\"version\": 2", "\"version\": 3")]
    {
        fs::write(office.path("out/kept.trust"), nonsense).unwrap();
        let judged = office.verify("1.trust").expect(4).says(&["kept.trust"]);
        assert_eq!(judged.json().iter().filter(|line| line["verdict"] == "rejected").count(), 1);
        assert_eq!(
            (last(&judged)["authentic"].clone(), last(&judged)["rejected"].clone()),
            (1.into(), 1.into())
        );
    }
    fs::remove_file(office.path("out/kept.trust")).unwrap();
    std::os::unix::fs::symlink("nowhere", office.path("out/kept.trust")).unwrap();
    let judged = office.verify("1.trust").expect(4).says(&["kept.trust", "no such file"]);
    assert_eq!(last(&judged)["unreadable"], 1);
    fs::remove_file(office.path("out/kept.trust")).unwrap();
    // Of another root it is nobody's word.
    let other = ["key", "trust-list", "--root", "thief.key", "--out", "out/thief.trust"];
    office.run(&other).expect(0);
    office.verify("1.trust").expect(0).says(&["thief.trust is left out", "not the trusted root"]);

    // The root signed two histories.
    fs::copy(office.path("1.trust"), office.path("out/kept.trust")).unwrap();
    office.list(&[], "other-1.trust");
    office.list(&["--after", "other-1.trust"], "other-2.trust");
    for list in ["other-1.trust", "other-2.trust"] {
        office.verify(list).expect(4).says(&["kept.trust", list, "contradict each other"]);
    }
    office.verify("2.trust").expect(0);
    // In a ZIP it is the same.
    fs::rename(office.path("2.trust"), office.path("out/kept.trust")).unwrap();
    let zip = "import zipfile,os\nz=zipfile.ZipFile('b.zip','w')\n\
               for f in os.listdir('out'): z.write('out/'+f)\nz.close()";
    let python = std::process::Command::new("python3")
        .args(["-c", zip])
        .current_dir(office.bench.dir.path())
        .status();
    assert!(python.unwrap().success());
    let zipped = ["verify", "b.zip", "--root", "root.pub", "--trust", "1.trust", "--json"];
    office.run(&zipped).expect(2).says(&["b.zip!out/kept.trust", "version 2"]);
}

/// A newer list may take back what an older one grants, in words that this program does not know.
#[test]
fn a_list_of_the_root_that_is_not_understood() {
    let office = Office::new();
    office.erase(&["a.img"]);
    office.list(&["--after", "1.trust"], "2.trust");
    let newer = read_json(&office.path("2.trust"));
    let key = private::load(&office.path("root.key"), || panic!("it has none")).unwrap();
    for (member, value) in [("schemaVersion", "1.1"), ("suspended", "all of them")] {
        let mut document = newer.clone();
        let at: Timestamp = document["validFrom"].as_str().unwrap().parse().unwrap();
        document.as_object_mut().unwrap().shift_remove("proof");
        document[member] = value.into();
        let signed = proof::sign(document, &key, at).unwrap();
        let upper = office.path("out/KEPT.TRUST");
        fs::write(upper, profile::pretty(&signed).unwrap()).unwrap();
        let judged = office.verify("1.trust").expect(5).says(&[
            "KEPT.TRUST",
            "does not understand",
            member,
            "newer version of this program",
        ]);
        let list = judged.json().into_iter().find(|line| line["type"] == "TrustList").unwrap();
        assert_eq!(list["verdict"], "authentic-incomplete");
        assert_eq!(last(&judged)["authenticIncomplete"], 1);
        let all =
            ["verify", "out", "--root", "root.pub", "--trust", "1.trust", "--complete", "--json"];
        assert_eq!(last(&office.run(&all))["completeness"], "incomplete");
    }
}

/// By the README's commands, with a time-stamping service made for this test.
#[test]
fn a_checkpoint_with_a_time_stamp() {
    const QUERY: &str = "openssl ts -query -data log/checkpoint -sha256 -cert -out checkpoint.tsq";
    const VERIFY: &str =
        "openssl ts -verify -data log/checkpoint -in log/checkpoint.tsr -CAfile tsa.pem";
    let readme = include_str!("../README.md");
    for line in [QUERY, VERIFY] {
        assert!(readme.lines().any(|said| said == line), "{line}");
    }
    let office = Office::new();
    let shell = |line: &str| {
        let output = std::process::Command::new("sh")
            .args(["-c", line])
            .current_dir(office.bench.dir.path())
            .output()
            .unwrap();
        output.status.success()
    };
    assert!(shell(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 30 \
         -subj /CN=Stamps -addext extendedKeyUsage=critical,timeStamping \
         -addext keyUsage=critical,digitalSignature -addext basicConstraints=critical,CA:false"
    ));
    fs::write(
        office.path("tsa.cnf"),
        "[tsa]\ndefault_tsa = own\n[own]\nserial = serial\nsigner_cert = tsa.pem\n\
         signer_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n\
         digests = sha256\ness_cert_id_alg = sha256\n",
    )
    .unwrap();
    office.erase(&["a.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    office.cosign().expect(0);
    let unstamped = last(&office.log(&["verify", "log"]).expect(0));
    assert_eq!(unstamped["timeStampNotJudged"], Value::Null);
    assert!(shell(QUERY));
    let reply =
        "openssl ts -reply -config tsa.cnf -queryfile checkpoint.tsq -out log/checkpoint.tsr";
    assert!(shell(&format!("echo 01 > serial && {reply}")));
    assert!(shell(VERIFY));
    let said = office.log(&["verify", "log"]).expect(0).says(&["checkpoint.tsr", "not judged"]);
    assert_eq!(last(&said)["timeStampNotJudged"], "log/checkpoint.tsr");
    // Another checkpoint is not what was stamped.
    office.erase(&["b.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    office.cosign().expect(0);
    assert!(!shell(VERIFY));
}

/// Go's packages for transparency logs accept our proofs, and refuse one for another document.
#[test]
fn a_proof_in_the_hands_of_go() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let office = Office::new();
    let program = office.path("proof");
    let built = Command::new("go")
        .args(["build", "-o", text(&program), "tests/strangers/proof.go"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOCACHE", office.path("go-cache"))
        .output();
    if !built.as_ref().is_ok_and(|built| built.status.success()) {
        let why =
            "Go or its golang.org/x/mod is missing: apt install golang-go golang-golang-x-mod-dev";
        common::skipped("a_proof_in_the_hands_of_go", &format!("{why} ({built:?})"));
        return;
    }
    office.erase(&["a.img", "b.img", "c.img"]);
    office.append().expect(0);
    office.sign().expect(0);
    office.cosign().expect(0);
    office.prove().expect(0);
    let list = office.list(&["--after", "1.trust"], "2.trust");
    let vkey = last(&list)["logs"][0].as_str().unwrap().to_owned();
    let check = |vkey: &str, proof: &std::path::Path, document: &std::path::Path| {
        let document = nulstil::cert::profile::parse(&fs::read(document).unwrap()).unwrap();
        let mut child = Command::new(&program)
            .args([vkey, text(proof)])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let canonical = nulstil::cert::profile::canonical(&document).unwrap();
        // A checker that refuses the key does not read on.
        let _ = child.stdin.take().unwrap().write_all(&canonical);
        let ran = child.wait_with_output().unwrap();
        (ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let documents = [office.bench.results(".cert.json"), office.bench.results(".machine.json")];
    let documents = documents.concat();
    assert_eq!(documents.len(), 6);
    for document in &documents {
        let proof = document.with_extension("tlog-proof");
        assert_eq!(check(&vkey, &proof, document), (true, String::new()));
    }
    let proof = documents[0].with_extension("tlog-proof");
    assert!(!check(&vkey, &proof, &documents[1]).0);
    let thief = ["--after", "1.trust", "--log", "thief=thief.pub"];
    let other = last(&office.list(&thief, "3.trust"))["logs"][1].as_str().unwrap().to_owned();
    assert!(!check(&other, &proof, &documents[0]).0);
}
