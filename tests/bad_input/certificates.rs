//! Files that the auditor is given and that are no proof.

use std::fs::{self, File};
use std::path::Path;

use crate::common::{Bench, Ran, command, nulstil, plain_words, text};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/vectors/golden/signed.json");

fn verify(bench: &Bench, path: &Path) -> Ran {
    let root = bench.path("root.pub");
    let args = ["verify", text(path), "--root", text(&root)];
    let human = nulstil(args);
    let machine = nulstil(args.into_iter().chain(["--json"]));
    assert_eq!(human.code, machine.code, "{human:?} {machine:?}");
    assert_eq!(machine.summary()["completeness"], "not checked");
    machine
}

/// Rejected with 4; nothing is concluded.
#[track_caller]
fn rejects(bench: &Bench, path: &Path, verdict: &str, words: &[&str]) -> Ran {
    let ran = verify(bench, path).expect(4);
    let judged = &ran.json()[0];
    assert_eq!(judged["verdict"], verdict, "{judged}");
    assert_eq!(judged["path"], text(path));
    assert!(judged["conclusion"].is_null());
    plain_words(&ran, words);
    ran
}

fn bench_with_certificate() -> (Bench, String) {
    let bench = Bench::new();
    let image = bench.image("image.img", 1 << 20);
    bench.wipe(&[text(&image)]).expect(0);
    let good = fs::read_to_string(&bench.results(".cert.json")[0]).unwrap();
    (bench, good)
}

#[test]
fn files_that_are_no_certificates() {
    let (bench, good) = bench_with_certificate();
    let path = bench.path("x.cert.json");
    let doubled = good.replacen('{', "{\"name\": \"Erasure\", ", 1);
    let escaped = good.replacen("\"validFrom\"", "\"valid\\u0046rom\": 1, \"validFrom\"", 1);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "it is empty"),
        (b" \n".to_vec(), "it is empty"),
        (b"ERASED, trust me".to_vec(), "not JSON"),
        (b"null".to_vec(), "not"),
        (b"[]".to_vec(), "not"),
        (b"{}".to_vec(), "not"),
        (vec![0; 4096], "not JSON"),
        (vec![0xff; 4096], "not"),
        (vec![b' '; (1 << 20) + 1], "large"),
        (vec![b'['; 1 << 20], "not a well-formed"),
        ("{\"a\":".repeat(100_000).into_bytes(), "not a well-formed"),
        (good.as_bytes()[..good.len() / 2].to_vec(), "not JSON"),
        (good.as_bytes()[..good.len() - 3].to_vec(), "not JSON"),
        ([good.as_bytes(), good.as_bytes()].concat(), "follows after the end"),
        (doubled.into_bytes(), "twice"),
        (escaped.into_bytes(), "twice"),
        (format!("\u{feff}{good}").into_bytes(), "not a well-formed"),
    ];
    for (content, words) in cases {
        fs::write(&path, &content).unwrap();
        rejects(&bench, &path, "rejected", &[words, "do not accept"]);
    }
}

#[test]
fn files_that_cannot_be_read_as_certificates() {
    let (bench, _) = bench_with_certificate();
    let fifo = bench.path("fifo.cert.json");
    assert!(command("mkfifo", &[text(&fifo)]));
    let looped = bench.path("loop.cert.json");
    std::os::unix::fs::symlink(&looped, &looped).unwrap();
    for (path, words) in [
        (bench.path("nowhere.cert.json"), "no such file"),
        (bench.path("station.key/x"), "cannot be read"),
        (fifo.clone(), "not a file"),
        (looped, "cannot be read"),
        ("/dev/zero".into(), "not a file"),
        ("/dev/null".into(), "not a file"),
    ] {
        rejects(&bench, &path, "unreadable", &[words]);
    }
    // In a folder it is no better, and the others in it are still judged.
    let folder = bench.path("folder");
    fs::create_dir(&folder).unwrap();
    fs::rename(&fifo, folder.join("fifo.cert.json")).unwrap();
    fs::copy(&bench.results(".cert.json")[0], folder.join("good.cert.json")).unwrap();
    let judged = verify(&bench, &folder).expect(4).json();
    assert_eq!(judged.len(), 3);
    assert_eq!(judged[1]["verdict"], "authentic");
}

/// A gibibyte costs no more than a mebibyte: the reading stops where no certificate can go on.
#[test]
fn a_file_that_is_far_too_large() {
    let (bench, good) = bench_with_certificate();
    let path = bench.path("huge.cert.json");
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    rejects(&bench, &path, "rejected", &["large"]);
    // A good certificate with a tail is none.
    fs::write(&path, good).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    // No more memory than the program takes anyway.
    let root = bench.path("root.pub");
    let program = crate::common::NULSTIL;
    let line =
        format!("ulimit -v 400000 && exec {program} verify {} --root {}", text(&path), text(&root));
    let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn signed_by_a_stranger() {
    let (bench, _) = bench_with_certificate();
    let stranger = Bench::new();
    let path = &bench.results(".cert.json")[0];
    let ran = verify(&stranger, path).expect(4);
    assert_eq!(ran.json()[0]["code"], "authorization-other-root");
    plain_words(&ran, &["not the trusted root key", "do not accept"]);
    // The golden vector's signature is good, and nobody authorised its maker.
    rejects(&bench, Path::new(GOLDEN), "rejected", &["authorization"]);
}

/// One byte anywhere: in the words, the numbers, the key, the signature, the space between.
#[test]
fn a_later_change_of_one_byte() {
    let (bench, good) = bench_with_certificate();
    let path = bench.path("changed.cert.json");
    let number = |name: &str| {
        good.find(name).unwrap()
            + good[good.find(name).unwrap()..].find(|c: char| c.is_ascii_digit()).unwrap()
    };
    let word = |name: &str| good.find(name).unwrap_or_else(|| panic!("no {name}"));
    for (place, byte) in [
        (number("\"capacityBytes\""), b'9'),
        (number("\"writtenBytes\""), b'9'),
        (word("\"serialNumber\": null") + 16, b'1'),
        (word("sanitized"), b'S'),
        (word("clear"), b'C'),
        (word("validFrom\": \"2") + 14, b'9'),
        (word("proofValue\": \"z") + 20, b'1'),
        (word("did:key:z6Mk") + 20, b'1'),
        (word("\"station\"") + 1, b'S'),
        (word("DataErasureCertificate"), b'd'),
        (good.len() / 3, 0),
        (good.len() / 2, 0x80),
        (0, b'['),
        (good.trim_end().len() - 1, b']'),
    ] {
        let mut bytes = good.clone().into_bytes();
        // A key or a signature may have this very byte there.
        bytes[place] = if bytes[place] == byte { byte + 1 } else { byte };
        fs::write(&path, &bytes).unwrap();
        rejects(&bench, &path, "rejected", &["do not accept"]);
    }
    // Space between members is no content.
    fs::write(&path, good.replacen('{', "{ ", 1)).unwrap();
    verify(&bench, &path).expect(0);
}

#[test]
fn folders() {
    let (bench, good) = bench_with_certificate();
    let folder = bench.path("folder");
    fs::create_dir(&folder).unwrap();
    let none = |bench: &Bench, folder: &Path| {
        let ran = verify(bench, folder).expect(4);
        plain_words(&ran, &["No certificate was found"]);
        assert_eq!(ran.json().len(), 1, "only a summary");
    };
    none(&bench, &folder);
    // A folder called like a certificate is a folder; other files are none of ours.
    fs::create_dir(folder.join("x.cert.json")).unwrap();
    fs::write(folder.join("notes.txt"), "nothing").unwrap();
    fs::write(folder.join("x.forged.json"), &good).unwrap();
    fs::write(folder.join("x.json"), &good).unwrap();
    fs::copy(bench.path("station.key"), folder.join("station.key")).unwrap();
    fs::write(folder.join("x.journal"), "").unwrap();
    none(&bench, &folder);
    none(&bench, &folder.join("x.cert.json"));
    // A machine report alone proves nothing of any drive.
    let machine = &bench.results(".machine.json")[0];
    let ran = verify(&bench, machine).expect(4);
    assert_eq!(ran.json()[0]["verdict"], "authentic");
    plain_words(&ran, &["No certificate was found"]);
    fs::copy(machine, folder.join("x.machine.json")).unwrap();
    none(&bench, &folder);
    // With one, all is well again.
    fs::write(folder.join("x.cert.json").join("deep.cert.json"), &good).unwrap();
    let ran = verify(&bench, &folder).expect(0);
    assert_eq!(ran.summary()["sanitized"], 1);
}

#[test]
fn the_gravest_finding_decides() {
    let bench = Bench::new();
    for (name, options, code) in
        [("good", &[][..], 0), ("unverified", &["--verify", "none"][..], 1)]
    {
        let image = bench.image(name, 1 << 20);
        bench.wipe(&[&[text(&image)], options].concat()).expect(code);
    }
    // One failed and one good.
    let ran = verify(&bench, &bench.out()).expect(1);
    let summary = ran.summary();
    assert_eq!((&summary["authentic"], &summary["sanitized"]), (&2.into(), &1.into()));
    plain_words(&ran, &["not proven to be erased"]);
    // And one that is rejected.
    fs::write(bench.out().join("a.cert.json"), "{}").unwrap();
    let summary = verify(&bench, &bench.out()).expect(4).summary();
    assert_eq!((&summary["judged"], &summary["rejected"]), (&3.into(), &1.into()));
    // Named one by one it is the same, in any order.
    let (root, mut paths) = (bench.path("root.pub"), bench.results(".cert.json"));
    for _ in 0..3 {
        paths.rotate_left(1);
        let paths = paths.iter().map(|path| text(path));
        nulstil(["verify", "--root", text(&root)].into_iter().chain(paths)).expect(4);
    }
}

#[test]
fn root_keys_that_are_none() {
    let (bench, _) = bench_with_certificate();
    let fifo = bench.path("fifo");
    assert!(command("mkfifo", &[text(&fifo)]));
    let out = bench.out();
    for (root, words) in [
        (bench.path("nowhere.pub"), "no such file"),
        (bench.path("root.key"), "private key"),
        (bench.path("station.auth"), "not an Ed25519 public key"),
        (bench.results(".cert.json")[0].clone(), "not an Ed25519 public key"),
        (bench.out(), "not a file"),
        (fifo, "not a file"),
    ] {
        for json in [None, Some("--json")] {
            let args = ["verify", text(&out), "--root", text(&root)];
            let ran = nulstil(args.into_iter().chain(json)).expect(2);
            plain_words(&ran, &["--root", words]);
            assert!(ran.stdout.is_empty());
        }
    }
    // The station's own key is a key, but not the root.
    let station = bench.path("station.pub");
    nulstil(["verify", text(&out), "--root", text(&station)]).expect(4);
}
