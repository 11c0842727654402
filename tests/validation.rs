//! What people decide on certificates: `nulstil validate`, and how `verify` tells it.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_types, clippy::print_stderr, clippy::print_stdout, reason = "tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Bench, Ran, nulstil, plain_words, read_json, text};
use nulstil::cert::{profile, proof};
use nulstil::keys::private;
use nulstil::model::Timestamp;
use serde_json::{Value, json};

/// A bench with a validator and one certificate.
struct Office(Bench);

impl Office {
    /// The drive is sanitized, unless nothing is read back.
    fn new(options: &[&str], code: i32) -> Self {
        let bench = Bench::new();
        let image = bench.image("a.img", 1 << 20);
        bench.wipe(&[&[text(&image)], options].concat()).expect(code);
        let path = |name: &str| text(&bench.path(name)).to_owned();
        nulstil(["key", "new", "head", "--no-passphrase", "--dir", text(bench.dir.path())])
            .expect(0);
        let authorize = ["key", "authorize", "--root", &path("root.key"), "--out"];
        let head = [&path("head.auth")[..], "--validator", &path("head.pub")];
        let ran = nulstil([&authorize[..], &head].concat()).expect(0);
        assert!(ran.stdout.contains("validator"), "{}", ran.stdout);
        Self(bench)
    }

    fn certificate(&self) -> PathBuf {
        self.0.results(".cert.json").remove(0)
    }

    fn page(&self) -> PathBuf {
        self.0.results(".cert.pdf").remove(0)
    }

    fn decide(&self, file: &Path, decision: &str, who: &str, more: &[&str]) -> Ran {
        let (key, auth) = (self.0.path(&format!("{who}.key")), self.0.path(&format!("{who}.auth")));
        let out = self.0.out();
        let args = ["validate", text(file), "--decision", decision, "--by", "Head of IT"];
        let signer = ["--key", text(&key), "--authorization", text(&auth), "--out", text(&out)];
        nulstil([&args[..], &signer, more].concat())
    }

    /// What `verify` says of the certificate and of each validation, and how it ends.
    fn verify(&self, code: i32) -> (Value, Vec<Value>, Value) {
        let mut lines = self.0.verify().expect(code).json();
        let summary = lines.pop().unwrap();
        let is = |line: &Value| line["path"].as_str().unwrap().ends_with(".validation.json");
        let (validations, certificates): (Vec<_>, Vec<_>) = lines.into_iter().partition(is);
        (certificates[0].clone(), validations, summary)
    }

    fn plain(&self, code: i32) -> String {
        let (out, root) = (self.0.out(), self.0.path("root.pub"));
        nulstil(["verify", text(&out), "--root", text(&root)]).expect(code).stdout
    }

    /// The first validation with a change, signed again.
    fn resigned(&self, who: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
        let path = self.0.results(".validation.json").remove(0);
        self.resign(&path, who, change);
        path
    }

    fn resign(&self, path: &Path, who: &str, change: impl FnOnce(&mut Value)) {
        let mut document = read_json(path);
        document.as_object_mut().unwrap().shift_remove("proof");
        change(&mut document);
        let key = self.0.path(&format!("{who}.key"));
        let key = private::load(&key, || panic!("it has none")).unwrap();
        let at: Timestamp = document["validFrom"].as_str().unwrap().parse().unwrap();
        let signed = proof::sign(document, &key, at).unwrap();
        fs::write(path, profile::pretty(&signed).unwrap()).unwrap();
    }

    /// The first report on a machine, changed to be of one that has only the drive that was asked
    /// for, and hides nothing.
    fn machine_of_one(&self) -> PathBuf {
        let report = self.0.results(".machine.json").remove(0);
        self.resign(&report, "station", |it| {
            let subject = &mut it["credentialSubject"];
            subject["hiddenDrivesPossible"] = false.into();
            subject["hiddenDrivesReasons"] = json!([]);
            let drives = subject["drives"].as_array_mut().unwrap();
            drives.retain(|line| line["certificateDigest"].is_string());
            assert_eq!(drives.len(), 1);
        });
        report
    }

    /// What is said of the report on a machine beside these files, and of all of them.
    fn machine(&self, files: &[&Path], code: i32) -> (Value, Value) {
        let root = self.0.path("root.pub");
        let files: Vec<&str> = files.iter().map(|file| text(file)).collect();
        let args = ["verify", "--json", "--root", text(&root)];
        let mut lines = nulstil([&args[..], &files].concat()).expect(code).json();
        let summary = lines.pop().unwrap();
        let is = |line: &Value| line["path"].as_str().unwrap().ends_with(".machine.json");
        (lines.into_iter().find(is).unwrap(), summary)
    }
}

#[test]
fn a_decision_stands_at_the_certificate_it_is_on() {
    let office = Office::new(&[], 0);
    let certificate = office.certificate();
    let before = fs::read(&certificate).unwrap();
    office.decide(&certificate, "accepted", "head", &["--remark", "spot check done"]).expect(0);
    assert_eq!(fs::read(&certificate).unwrap(), before);
    let (judged, validations, summary) = office.verify(0);
    let told = &judged["validations"][0];
    assert_eq!(told["decision"], "accepted");
    assert_eq!(told["decidedBy"], "Head of IT");
    assert_eq!(told["validator"], "head");
    assert_eq!(told["remark"], "spot check done");
    assert_eq!(validations[0]["verdict"], "authentic");
    assert_eq!(validations[0]["decidesOn"], json!([text(&certificate)]));
    assert_eq!(summary["validations"], json!({"accepted": 1, "escalated": 0, "rejected": 0}));
    assert_eq!(summary["sanitized"], 1);
    let plain = office.plain(0);
    let line = plain.lines().next().unwrap();
    assert!(
        line.contains("SANITIZED (clear)") && line.contains("ACCEPTED by Head of IT"),
        "{line}"
    );
    assert!(plain.contains("1 accepted, 0 escalated, 0 rejected"), "{plain}");

    // It says of itself what it is.
    let document = read_json(&office.0.results(".validation.json")[0]);
    assert_eq!(document["type"][1], "DataErasureValidation");
    let statement = document["credentialSubject"]["statements"][0].as_str().unwrap();
    assert!(statement.contains("decision of a person"), "{statement}");
    let serial = &read_json(&certificate)["credentialSubject"]["evidence"]["drive"]["serialNumber"];
    assert_eq!(&document["credentialSubject"]["serialNumber"], serial);
    // It takes no number in the station's stream.
    assert!(document.get("stream").is_none());
    let root = office.0.path("root.pub");
    let all = nulstil(["verify", text(&office.0.out()), "--complete", "--root", text(&root)]);
    assert!(all.stdout.contains("completeness: complete"), "{}", all.stdout);
}

#[test]
fn the_newest_decision_counts_and_the_earlier_ones_are_told() {
    let office = Office::new(&[], 0);
    let certificate = office.certificate();
    office.decide(&certificate, "accepted", "head", &[]).expect(0);
    // An hour ago, as far as this document says.
    let hour_ago = |document: &mut Value| {
        let at: Timestamp = document["validFrom"].as_str().unwrap().parse().unwrap();
        document["validFrom"] = at.plus(-3600).to_string().into();
    };
    office.resigned("head", hour_ago);
    office.decide(&certificate, "rejected", "head", &["--remark", "wrong room"]).expect(0);
    assert_eq!(office.0.results(".validation.json").len(), 2);
    let (judged, validations, summary) = office.verify(1);
    assert_eq!(judged["verdict"], "authentic");
    assert_eq!(judged["conclusion"], "sanitized", "what was found out stays what it is");
    let decisions: Vec<_> =
        judged["validations"].as_array().unwrap().iter().map(|it| &it["decision"]).collect();
    assert_eq!(decisions, ["rejected", "accepted"]);
    assert!(judged["reason"].as_str().unwrap().contains("rejected by Head of IT (wrong room)"));
    assert_eq!(summary["validations"]["rejected"], 1);
    assert_eq!(summary["validations"]["accepted"], 0);
    assert!(validations.iter().all(|line| line["verdict"] == "authentic"));
    let plain = office.plain(1);
    assert!(plain.contains("REJECTED by Head of IT on"), "{plain}");
    assert!(plain.contains("earlier ACCEPTED by Head of IT on"), "{plain}");
    // The other way round the drive counts again.
    for old in office.0.results(".validation.json") {
        fs::remove_file(old).unwrap();
    }
    office.decide(&certificate, "escalated", "head", &[]).expect(0);
    office.verify(1);
    office.resigned("head", hour_ago);
    office.decide(&certificate, "accepted", "head", &[]).expect(0);
    office.verify(0);
}

#[test]
fn what_proves_nothing_can_be_rejected_and_not_accepted() {
    let office = Office::new(&["--verify", "none"], 1);
    let certificate = office.certificate();
    let ran = office.decide(&certificate, "accepted", "head", &[]).expect(3);
    plain_words(&ran, &["DataErasureUnverifiedReport", "does not prove", "escalated"]);
    assert!(office.0.results(".validation.json").is_empty());
    office.decide(&certificate, "escalated", "head", &[]).expect(0);
    let (judged, ..) = office.verify(1);
    assert_eq!(judged["validations"][0]["decision"], "escalated");
    // Another program may have signed it all the same.
    let path =
        office.resigned("head", |it| it["credentialSubject"]["decision"] = "accepted".into());
    let (judged, validations, _) = office.verify(4);
    assert_eq!(judged["validations"], json!([]));
    assert_eq!(validations[0]["path"], text(&path));
    assert_eq!(validations[0]["code"], "accepted-unproven");
    // What is not about a drive is not decided on.
    let machine = office.0.results(".machine.json").remove(0);
    let ran = office.decide(&machine, "rejected", "head", &[]).expect(3);
    plain_words(&ran, &["not about one drive"]);
}

#[test]
fn nothing_is_decided_on_what_is_not_genuine() {
    let office = Office::new(&[], 0);
    let good = office.certificate();
    let forged = office.0.path("forged.cert.json");
    let text_of = fs::read_to_string(&good).unwrap();
    fs::write(&forged, text_of.replace("nist-clear", "nist-cleaR")).unwrap();
    // One that is not genuine stops them all.
    let ran = office.decide(&good, "accepted", "head", &[text(&forged)]).expect(4);
    plain_words(&ran, &["forged.cert.json", "changed after it was signed"]);
    let ran = office.decide(&office.0.path("none"), "accepted", "head", &[]).expect(4);
    plain_words(&ran, &["no such file"]);
    assert!(office.0.results(".validation.json").is_empty());
}

#[test]
fn a_station_does_not_decide_and_a_validator_does_not_certify() {
    let office = Office::new(&[], 0);
    let certificate = office.certificate();
    let ran = office.decide(&certificate, "accepted", "station", &[]).expect(3);
    plain_words(&ran, &["station's key does not decide"]);
    let image = office.0.image("b.img", 1 << 20);
    let mut args = office.0.wipe_args(&[text(&image)]);
    for arg in &mut args {
        *arg = arg.replace("station.", "head.");
    }
    let ran = nulstil(args).expect(3);
    plain_words(&ran, &["validator's key decides on documents and issues no others"]);

    // Nor with another program, in which nobody asks.
    office.decide(&certificate, "accepted", "head", &[]).expect(0);
    let station = read_json(&certificate)["issuer"].clone();
    office.resigned("station", |document| document["issuer"] = station);
    let (judged, validations, _) = office.verify(4);
    assert_eq!(judged["validations"], json!([]));
    assert_eq!(validations[0]["code"], "not-a-validator");
}

/// The same person with two authorizations for one key is still the same person.
#[test]
fn nobody_decides_on_what_their_own_key_signed() {
    let office = Office::new(&[], 0);
    let path = |name: &str| text(&office.0.path(name)).to_owned();
    let (root, own, auth) = (path("root.key"), path("station.pub"), path("both.auth"));
    nulstil(["key", "authorize", "--root", &root, "--validator", &own, "--out", &auth]).expect(0);
    fs::copy(office.0.path("station.key"), office.0.path("both.key")).unwrap();
    let ran = office.decide(&office.certificate(), "accepted", "both", &[]).expect(3);
    plain_words(&ran, &["was signed with this key", "somebody else"]);
}

#[test]
fn a_decision_that_is_pointed_at_something_else_is_rejected() {
    let office = Office::new(&[], 0);
    office.decide(&office.certificate(), "accepted", "head", &[]).expect(0);
    let image = office.0.image("b.img", 1 << 20);
    office.0.wipe(&[text(&image)]).expect(0);
    let other = office.0.results(".cert.json").remove(1);
    let digest = proof::digest(&read_json(&other)).unwrap();

    let good = office.0.results(".validation.json").remove(0);
    let content = fs::read_to_string(&good).unwrap();
    let own = read_json(&good)["credentialSubject"]["certificateDigest"].clone();
    fs::write(&good, content.replace(own.as_str().unwrap(), &digest)).unwrap();
    assert_eq!(office.verify(4).1[0]["code"], "bad-signature");
    fs::write(&good, &content).unwrap();

    office.resigned("head", |it| it["credentialSubject"]["certificateDigest"] = digest.into());
    let (_, validations, summary) = office.verify(4);
    assert_eq!(validations[0]["code"], "validation-mismatch", "{validations:?}");
    assert_eq!(summary["validations"]["accepted"], 0);
}

/// A clock may be wrong by a day, and a rejection does not wait for that.
#[test]
fn an_acceptance_from_the_future_outranks_no_refusal() {
    let office = Office::new(&[], 0);
    let certificate = office.certificate();
    office.decide(&certificate, "accepted", "head", &[]).expect(0);
    office.resigned("head", |it| {
        let at: Timestamp = it["validFrom"].as_str().unwrap().parse().unwrap();
        it["validFrom"] = at.plus(20 * 3600).to_string().into();
    });
    office.verify(0);
    for decision in ["escalated", "rejected"] {
        office.decide(&certificate, decision, "head", &[]).expect(0);
        let (judged, ..) = office.verify(1);
        assert_eq!(judged["validations"][0]["decision"], decision);
        let last = judged["validations"].as_array().unwrap().last().unwrap();
        assert_eq!(last["decision"], "accepted");
    }
}

/// A machine leaves by its report, so the report does not outlive a person's word on a drive of it.
#[test]
fn a_machine_with_a_refused_drive_is_not_complete() {
    let office = Office::new(&[], 0);
    let (certificate, report) = (office.certificate(), office.machine_of_one());
    let (judged, summary) = office.machine(&[&report, &certificate], 0);
    assert_eq!((&judged["machineComplete"], &summary["sanitized"]), (&true.into(), &1.into()));
    for (decision, accepted) in [("accepted", true), ("escalated", false), ("rejected", false)] {
        office.decide(&certificate, decision, "head", &[]).expect(0);
        let decided = office.0.results(".validation.json").remove(0);
        let files = [&report, &certificate, &decided].map(PathBuf::as_path);
        let (judged, summary) = office.machine(&files, if accepted { 0 } else { 1 });
        assert_eq!(judged["verdict"], "authentic");
        assert_eq!(judged["machineComplete"], accepted, "{decision}");
        let word = format!("was {decision} by Head of IT");
        assert_eq!(judged["reason"].as_str().is_some_and(|why| why.contains(&word)), !accepted);
        assert_eq!(summary["sanitized"], i32::from(accepted), "{decision}");
        fs::remove_file(decided).unwrap();
    }
}

#[test]
fn a_machine_that_its_certificates_contradict_is_rejected() {
    let office = Office::new(&[], 0);
    let (certificate, report) = (office.certificate(), office.machine_of_one());
    let refused = |certificate: &Path, words: &str| {
        let (judged, _) = office.machine(&[&report, certificate], 4);
        assert_eq!(judged["code"], "machine-mismatch");
        assert!(judged["reason"].as_str().unwrap().contains(words), "{judged}");
    };
    let good = fs::read(&report).unwrap();
    // One certificate for two drives.
    office.resign(&report, "station", |it| {
        let drives = it["credentialSubject"]["drives"].as_array_mut().unwrap();
        let mut other = drives[0].clone();
        other["drive"]["serialNumber"] = "S2".into();
        drives.push(other);
    });
    refused(&certificate, "same certificate as another");
    fs::write(&report, &good).unwrap();
    // Another drive's, which is authentic and sanitized.
    let image = office.0.image("b.img", 1 << 20);
    office.0.wipe(&[text(&image)]).expect(0);
    let other = office.0.results(".cert.json").into_iter().find(|it| *it != certificate).unwrap();
    let digest_of = |file: &Path| proof::digest(&read_json(file)).unwrap();
    office.resign(&report, "station", |it| {
        it["credentialSubject"]["drives"][0]["certificateDigest"] = digest_of(&other).into();
    });
    refused(&other, "not the drive that its certificate is about");
    // Without it nothing contradicts, and what is not there is told by --complete.
    office.machine(&[&report, &certificate], 0);

    // A certificate of this drive that does not say so.
    let office = Office::new(&["--verify", "none"], 1);
    let (certificate, report) = (office.certificate(), office.machine_of_one());
    assert_eq!(office.machine(&[&report, &certificate], 1).0["machineComplete"], false);
    office.resign(&report, "station", |it| {
        it["credentialSubject"]["drives"][0]["outcome"] = "sanitized".into();
    });
    let (judged, _) = office.machine(&[&report, &certificate], 4);
    assert_eq!(judged["code"], "machine-mismatch");
    assert!(judged["reason"].as_str().unwrap().contains("not what its certificate says"));
}

#[test]
fn a_decision_on_something_that_is_not_there_is_told_as_that() {
    let office = Office::new(&[], 0);
    office.decide(&office.certificate(), "rejected", "head", &[]).expect(0);
    // The page alone carries the certificate as well.
    fs::remove_file(office.certificate()).unwrap();
    let (page, validations, _) = office.verify(1);
    assert!(page["path"].as_str().unwrap().ends_with(".cert.pdf"), "{page}");
    assert_eq!(page["validations"][0]["decision"], "rejected");
    assert_eq!(validations[0]["decidesOn"], json!([page["path"]]));
    fs::remove_file(office.page()).unwrap();
    let image = office.0.image("b.img", 1 << 20);
    office.0.wipe(&[text(&image)]).expect(0);
    let (judged, validations, _) = office.verify(0);
    assert_eq!(judged["validations"], json!([]));
    assert_eq!(validations[0]["verdict"], "authentic");
    assert_eq!(validations[0]["decidesOn"], json!([]));
    assert!(office.plain(0).contains("what it decides on is not among these files"));
    // Under another name it would be overlooked.
    let validation = office.0.results(".validation.json").remove(0);
    let hidden = office.0.out().join("hidden.cert.json");
    fs::rename(validation, hidden).unwrap();
    let lines = office.0.verify().expect(4).json();
    assert!(lines.iter().any(|line| line["code"] == "type-mismatch"), "{lines:?}");
}

/// A folder often lies beside a ZIP of itself.
#[test]
fn a_decision_that_lies_there_twice_is_one_decision() {
    let office = Office::new(&[], 0);
    office.decide(&office.certificate(), "accepted", "head", &[]).expect(0);
    let first = office.0.results(".validation.json").remove(0);
    let copy = office.0.out().join("zz.validation.json");
    fs::copy(first, &copy).unwrap();
    let (judged, validations, summary) = office.verify(0);
    for told in &validations {
        assert_eq!(told["decidesOn"], json!([judged["path"]]), "{told}");
    }
    assert_eq!((validations.len(), &summary["copies"]), (2, &1.into()));
    assert_eq!(summary["validations"]["accepted"], 1);
    assert!(!office.plain(0).contains("not among these files"));
    // Nor is one of two that does not hold any better.
    let image = office.0.image("b.img", 1 << 20);
    office.0.wipe(&[text(&image)]).expect(0);
    let digest = proof::digest(&read_json(&office.0.results(".cert.json")[1])).unwrap();
    let path = office.resigned("head", |it| {
        it["credentialSubject"]["certificateDigest"] = digest.into();
    });
    fs::copy(path, copy).unwrap();
    let (_, validations, _) = office.verify(4);
    assert_eq!(validations.len(), 2);
    for told in &validations {
        assert_eq!(told["code"], "validation-mismatch", "{told}");
    }
}

#[test]
fn members_that_are_not_known_are_shown_and_change_nothing() {
    let office = Office::new(&[], 0);
    let path = office.certificate();
    let mut document = read_json(&path);
    document.as_object_mut().unwrap().shift_remove("proof");
    document["grade"] = "A".into();
    document["credentialSubject"]["evidence"]["passes"][0]["temperature"] = 41.into();
    for n in 0..40 {
        document["credentialSubject"]["computer"][format!("x{n:02}")] = json!({});
    }
    let key = private::load(&office.0.path("station.key"), || panic!("it has none")).unwrap();
    let at: Timestamp = document["validFrom"].as_str().unwrap().parse().unwrap();
    let signed = proof::sign(document, &key, at).unwrap();
    fs::write(&path, profile::pretty(&signed).unwrap()).unwrap();
    fs::remove_file(office.page()).unwrap();
    let (judged, ..) = office.verify(0);
    assert_eq!(judged["verdict"], "authentic");
    assert_eq!(judged["conclusion"], "sanitized");
    assert_eq!(judged["otherSignedFieldsCount"], 42);
    assert_eq!(judged["otherSignedFields"].as_array().unwrap().len(), 16);
    let plain = office.plain(0);
    let line = plain.lines().next().unwrap();
    assert!(line.contains("other signed fields: credentialSubject.computer.x00, "), "{line}");
    assert!(line.contains(" and 26 more"), "{line}");
}
