//! The program and the page, given the same files: the same of each, and of all together.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use ed25519_dalek::SigningKey;
use nulstil::cert::{NOTHING_BEFORE, profile, proof};
use nulstil::keys::private;
use nulstil::model::Timestamp;
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::common::pdf::{carrying, two_faced};
use crate::common::{Bench, nulstil, read_json, text};
use crate::rules::Numbers;

/// Documents of one session, signed anew from one real run.
pub struct Session {
    pub bench: Bench,
    key: SigningKey,
    pub began: Timestamp,
    start: Value,
    pub certificate: Value,
    machine: Value,
}

impl Session {
    pub fn new() -> Self {
        let bench = Bench::new();
        let image = bench.image("a.img", 1 << 20);
        bench.wipe(&[text(&image)]).expect(0);
        let only = |ending: &str| read_json(&bench.results(ending)[0]);
        let (start, certificate) = (only(".start.json"), only(".cert.json"));
        let mut machine = only(".machine.json");
        machine["credentialSubject"]["drives"] = json!([]);
        let key = private::load(&bench.path("station.key"), || panic!("it has none")).unwrap();
        let began = certificate["validFrom"].as_str().unwrap().parse().unwrap();
        bench.clear();
        Self { bench, key, began, start, certificate, machine }
    }

    pub fn sign(&self, mut document: Value, to: &Path) -> String {
        document.as_object_mut().unwrap().shift_remove("proof");
        let signed = proof::sign(document, &self.key, self.began).unwrap();
        fs::write(to, profile::pretty(&signed).unwrap()).unwrap();
        proof::digest(&signed).unwrap()
    }

    /// One session of so many drives.
    pub fn run(&self, number: usize, drives: usize) {
        let uuid =
            |kind: usize, n: usize| format!("0199b0c0-{kind:04x}-7000-8000-{number:06x}{n:06x}");
        let begun = |n: usize| {
            let certificate = format!("urn:uuid:{}", uuid(1, n));
            json!({"certificate": certificate, "model": "M", "serialNumber": format!("S{n}")})
        };
        let mut previous = NOTHING_BEFORE.to_owned();
        for sequence in 0..drives + 2 {
            let (mut document, id, name) = match sequence {
                0 => (self.start.clone(), uuid(0, 0), "0.start.json".to_owned()),
                n if n == drives + 1 => {
                    (self.machine.clone(), uuid(2, 0), "9.machine.json".to_owned())
                }
                n => (self.certificate.clone(), uuid(1, n - 1), format!("1-{n:03}.cert.json")),
            };
            if sequence == 0 {
                document["credentialSubject"]["drives"] = (0..drives).map(begun).collect();
            }
            document["id"] = format!("urn:uuid:{id}").into();
            document["stream"] =
                json!({"id": uuid(9, 0), "sequence": sequence, "previousDigest": previous});
            let to = self.bench.out().join(format!("{number:05}-{name}"));
            previous = self.sign(document, &to);
        }
    }

    /// What the program says of everything in `--out`.
    fn program(&self) -> Vec<Value> {
        let (out, root) = (self.bench.out(), self.bench.path("root.pub"));
        nulstil(["verify", "--json", "--complete", text(&out), "--root", text(&root)]).json()
    }
}

fn event<'a>(lines: &'a [Value], event: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["event"] == event)
}

#[test]
fn a_folder_of_many_with_one_of_everything_wrong() {
    let Some(mut page) = Chromium::open("agreement", "en") else { return };
    let session = Session::new();
    (0..40).for_each(|n| session.run(n, 5));
    let out = |name: &str| session.bench.out().join(name);
    fs::remove_file(out("00010-1-003.cert.json")).unwrap();
    fs::copy(out("00020-1-004.cert.json"), out("copy.cert.json")).unwrap();
    let altered = fs::read_to_string(out("00030-1-005.cert.json")).unwrap();
    fs::write(
        out("00030-1-005.cert.json"),
        altered.replacen("\"nist-clear\"", "\"nist-cleaR\"", 1),
    )
    .unwrap();
    let mut earlier = read_json(&out("00035-1-002.cert.json"));
    earlier["validFrom"] = session.began.plus(-60).to_string().into();
    session.sign(earlier, &out("00035-1-002.cert.json"));
    fs::remove_file(out("00036-9.machine.json")).unwrap();
    fs::remove_file(out("00037-0.start.json")).unwrap();
    fs::rename(out("00038-9.machine.json"), out("00038-9.cert.json")).unwrap();
    fs::write(out("empty.cert.json"), "").unwrap();
    fs::write(out("notes.txt"), "not looked at").unwrap();

    let program = session.program();
    page.trust(&session.bench.path("root.pub"), None);
    let found = page.judge("folder", &[session.bench.out()]);
    let ours: Vec<&Value> = event(&program, "certificate").collect();
    assert_eq!(found["judged"].as_array().unwrap().len(), ours.len());
    let named =
        |path: &Value| path.as_str().map(|path| path.rsplit('/').next().unwrap().to_owned());
    for one in ours {
        let mut theirs = found["judged"].as_array().unwrap().iter();
        let theirs = theirs.find(|theirs| named(&theirs["path"]) == named(&one["path"])).unwrap();
        for name in [
            "verdict",
            "code",
            "conclusion",
            "method",
            "machineComplete",
            "digest",
            "type",
            "serial",
        ] {
            assert_eq!(theirs[name], one[name], "{name} of {}", one["path"]);
        }
        assert_eq!(named(&theirs["copyOf"]), named(&one["copyOf"]), "{}", one["path"]);
    }
    // The gaps are the same, but for the folder in the names of files.
    let plain =
        |gap: &Value| gap.to_string().replace(&format!("{}/", text(&session.bench.out())), "out/");
    let mut ours: Vec<String> = event(&program, "gap").map(|line| plain(&line["gap"])).collect();
    let mut theirs: Vec<Value> = found["gaps"].as_array().unwrap().clone();
    let sorted = |gap: &str| {
        String::from_utf8(profile::canonical(&serde_json::from_str(gap).unwrap()).unwrap()).unwrap()
    };
    let mut theirs: Vec<String> = theirs.drain(..).map(|gap| sorted(&plain(&gap))).collect();
    ours = ours.iter().map(|gap| sorted(gap)).collect();
    ours.sort();
    theirs.sort();
    assert_eq!(theirs, ours);
    assert!(ours.len() > 9, "{ours:#?}");
    let summary = event(&program, "summary").next().unwrap();
    for (name, count) in found["summary"].as_object().unwrap() {
        assert_eq!(*count, summary[name], "{name}");
    }
    assert_eq!(found["others"], 1);
}

/// A ZIP of stored entries, as `zip -0` makes it.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut body, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| {
                if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 }
            })
        }) ^ u32::MAX;
        let at = u32::try_from(body.len()).unwrap();
        let size = u32::try_from(bytes.len()).unwrap();
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        [crc, size, size].iter().for_each(|n| common.extend(n.to_le_bytes()));
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        body.extend(b"PK\x03\x04");
        body.extend(&common);
        body.extend(name.as_bytes());
        body.extend(*bytes);
        list.extend(b"PK\x01\x02\x14\x00");
        list.extend(&common);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
    end.extend(count);
    end.extend(count);
    end.extend(u32::try_from(list.len()).unwrap().to_le_bytes());
    end.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    end.extend([0, 0]);
    [body, list, end].concat()
}

#[test]
fn what_travels_in_a_zip_or_a_pdf_is_the_same() {
    let Some(mut page) = Chromium::open("bundles", "en") else { return };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/vectors");
    page.run("now = () => Date.parse('2026-12-01T12:00:00Z') / 1000");
    page.trust(&vectors.join("root.pub"), None);
    let list = read_json(&vectors.join("verdicts.json"));
    let plain = |vector: &&Value| {
        vector["kind"].is_null()
            && vector["trustList"].is_null()
            && vector["root"] == "root.pub"
            && vector["now"] == "2026-12-01T12:00:00Z"
    };
    let chosen: Vec<&Value> = list.as_array().unwrap().iter().filter(plain).collect();
    assert!(chosen.len() > 100);
    let dir = tempfile::tempdir().unwrap();
    let mut entries = Vec::new();
    for vector in &chosen {
        let name = vector["file"].as_str().unwrap();
        entries.push((name, fs::read(vectors.join(name)).unwrap()));
    }
    let entries: Vec<(&str, &[u8])> =
        entries.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    let archive = dir.path().join("all.zip");
    // Larger ones than a certificate can be are refused by the archive, before anything is read.
    let fit: Vec<_> = entries.iter().filter(|(_, bytes)| bytes.len() <= 1 << 20).copied().collect();
    fs::write(&archive, zip(&fit)).unwrap();
    let found = page.judge("files", &[&archive]);
    let judged = found["judged"].as_array().unwrap();
    assert_eq!(judged.len(), fit.len());
    for vector in &chosen {
        let path = format!("all.zip/{}", vector["file"].as_str().unwrap());
        let Some(one) = judged.iter().find(|one| one["path"] == path) else { continue };
        for name in ["verdict", "code", "conclusion", "method"] {
            assert_eq!(one[name], vector[name], "{path}");
        }
    }
    for (name, bytes) in fit.iter().filter(|(name, _)| name.ends_with(".cert.json")).step_by(7) {
        let file = dir.path().join("one.cert.pdf");
        fs::write(&file, carrying(&[("one.cert.json", bytes)])).unwrap();
        let one = &page.judge("files", &[&file])["judged"][0];
        let vector = chosen.iter().find(|vector| vector["file"] == *name).unwrap();
        assert_eq!(
            (&one["verdict"], &one["code"]),
            (&vector["verdict"], &vector["code"]),
            "{name}"
        );
    }
}

/// The file that the program and the page take out of a PDF, or that they take none: of sound ones,
/// of those that were made to show two, and of all of them with a byte changed.
#[test]
fn pdfs_are_read_alike() {
    use nulstil::bundle::pdf::attached;

    let Some(mut page) = Chromium::open("PDFs", "en") else { return };
    let (one, other) = ("{\"a\":1}", "{\"a\":2}");
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/pdf");
    let mut pdfs = vec![carrying(&[("x.json", one.as_bytes())]), carrying(&[])];
    let mut seeds: Vec<_> = fs::read_dir(seeds).unwrap().map(|seed| seed.unwrap().path()).collect();
    seeds.sort();
    pdfs.extend(seeds.iter().map(|seed| fs::read(seed).unwrap()));
    pdfs.extend(two_faced(one, other).into_iter().map(|(_, pdf)| pdf));
    let mut numbers = Numbers(0x5eed);
    for number in 0..1500 {
        let mut pdf = pdfs[number % 8 % pdfs.len()].clone();
        for _ in 0..=numbers.below(2) {
            let (at, with) = (numbers.below(pdf.len()), numbers.below(256));
            let bytes = [b"\0\n\r %()<>[]/#0R"[with % 15], u8::try_from(with).unwrap()];
            match with % 3 {
                0 => pdf[at] = bytes[0],
                1 => pdf.insert(at, bytes[1]),
                _ => {
                    pdf.remove(at);
                }
            }
        }
        pdfs.push(pdf);
    }
    let ours: Vec<Value> =
        pdfs.iter().map(|pdf| json!(attached(pdf, 1 << 20).ok().map(hex))).collect();
    assert!(ours.iter().filter(|found| found.is_string()).count() > 20);
    let given: Vec<String> = pdfs.iter().map(|pdf| hex(pdf.clone())).collect();
    let theirs = page.run(&format!(
        "(async (all) => {{ const found = []; for (const one of all) found.push(await attached(new \
         Blob([Uint8Array.from(one.match(/../g), (pair) => parseInt(pair, 16))])).then(hex, (error) \
         => {{ if (error instanceof Unreadable) return null; throw error; }})); return found; \
         }})({})",
        json!(given)
    ));
    for (at, ours) in ours.iter().enumerate() {
        let pdf = String::from_utf8_lossy(&pdfs[at]).into_owned();
        assert_eq!(theirs[at], *ours, "{at}: {pdf}");
    }
}

fn hex(bytes: Vec<u8>) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A page for people beside its certificate is no second document, unless it holds another.
#[test]
fn a_pdf_beside_its_certificate() {
    let Some(mut page) = Chromium::open("views", "en") else { return };
    let session = Session::new();
    session.run(0, 2);
    page.trust(&session.bench.path("root.pub"), None);
    let out = |name: &str| session.bench.out().join(name);
    let [first, second] =
        ["00000-1-001.cert.json", "00000-1-002.cert.json"].map(|name| fs::read(out(name)).unwrap());
    fs::write(out("00000-1-001.cert.pdf"), carrying(&[("00000-1-001.cert.json", &first)])).unwrap();
    let found = page.judge("folder", &[session.bench.out()]);
    assert_eq!((&found["summary"]["judged"], &found["gaps"]), (&json!(4), &json!([])));
    assert_eq!(found["summary"]["completeness"], "complete");
    fs::write(out("00000-1-001.cert.pdf"), carrying(&[("00000-1-001.cert.json", &second)]))
        .unwrap();
    let found = page.judge("folder", &[session.bench.out()]);
    assert_eq!((&found["summary"]["judged"], &found["summary"]["copies"]), (&json!(5), &json!(1)));
    assert_eq!(found["summary"]["completeness"], "incomplete");
}

/// How long 10,000 certificates take: `cargo test --test page ten_thousand -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement of some minutes"]
fn ten_thousand() {
    let Some(mut page) = Chromium::open("ten thousand", "en") else { return };
    let session = Session::new();
    (0..1250).for_each(|n| session.run(n, 8));
    page.trust(&session.bench.path("root.pub"), None);
    // The longest time in which the page did not answer a timer.
    page.run(
        "globalThis.worst = 0; globalThis.last = performance.now(); setInterval(() => { \
         worst = Math.max(worst, performance.now() - last); last = performance.now(); }, 20); 0",
    );
    page.run("globalThis.began = performance.now()");
    let found = page.judge("folder", &[session.bench.out()]);
    let took = page.run("Math.round((performance.now() - began) / 100) / 10");
    assert_eq!(found["summary"]["sanitized"], 10_000);
    assert_eq!(found["summary"]["completeness"], "complete");
    let worst = page.run("Math.round(worst)");
    let memory = page.run("Math.round(performance.memory.usedJSHeapSize / 1e6)");
    let say = format!("12,500 documents in {took} s; longest pause {worst} ms; heap {memory} MB\n");
    std::io::stderr().write_all(say.as_bytes()).unwrap();
}
