//! What people do with paper: `nulstil verify --qr` judges its code, `nulstil paper` makes the page.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_types, reason = "tests make and read files, and run the program")]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Bench, NULSTIL, Ran, nulstil, read_json, text};
use nulstil::cert::{self, Trust, profile, proof};
use nulstil::clock;
use nulstil::keys::{private, public};
use nulstil::paper::code;

/// A bench with one certificate in `--out`.
fn wiped(verify: &str, exit: i32) -> (Bench, PathBuf) {
    let bench = Bench::new();
    let image = bench.image("a.img", 1 << 20);
    bench.wipe(&["--verify", verify, text(&image)]).expect(exit);
    let certificate = bench.results(".cert.json").remove(0);
    (bench, certificate)
}

/// The code that the station prints about a certificate.
fn code_of(bench: &Bench, certificate: &Path) -> String {
    let key = private::load(&bench.path("station.key"), || panic!("it has none")).unwrap();
    let root = public::load(&bench.path("root.pub")).unwrap();
    let bytes = fs::read(certificate).unwrap();
    let certificate = cert::verify(&bytes, &Trust::new(root), clock::now()).unwrap();
    code(&certificate, &root, &key).unwrap().unwrap()
}

fn verify(bench: &Bench, code: &str, more: &[&str]) -> Ran {
    let root = bench.path("root.pub");
    nulstil([&["verify", "--qr", code, "--root", text(&root)], more].concat())
}

/// The same from standard input.
fn verify_input(bench: &Bench, input: &[u8], more: &[&str]) -> Ran {
    let mut child = Command::new(NULSTIL)
        .args(["verify", "--qr", "-", "--root", text(&bench.path("root.pub"))])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever has heard enough stops listening.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// No sentence, no panic, nothing that only programmers read.
fn one_sentence(ran: &Ran) {
    let lines: Vec<_> = ran.stderr.lines().filter(|l| !l.starts_with("Trusted root key")).collect();
    assert_eq!(lines.len(), 1, "{ran:?}");
    assert!(lines[0].starts_with("nulstil: ") && lines[0].ends_with('.'), "{ran:?}");
    assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("Err("), "{ran:?}");
}

#[test]
fn a_code_is_enough_without_any_file() {
    let (bench, certificate) = wiped("full", 0);
    let code = code_of(&bench, &certificate);
    let ran = verify(&bench, &code, &[]).expect(0);
    assert!(ran.stdout.starts_with("authentic  the paper says: SANITIZED (clear)"), "{ran:?}");
    assert!(ran.stdout.contains("DISK IMAGE, not a drive"), "{ran:?}");
    assert!(ran.stdout.contains("which was not looked at"), "{ran:?}");
    let said = verify(&bench, &code, &["--json"]).expect(0).json().remove(0);
    let signed = read_json(&certificate);
    assert_eq!(said["digest"], proof::digest(&signed).unwrap());
    assert_eq!(said["certificate"], signed["id"]);
    assert_eq!(said["agreesWith"].as_array().unwrap().len(), 0);
    // As a scanner hands it over.
    for end in ["", "\n", "\r\n"] {
        verify_input(&bench, format!("{code}{end}").as_bytes(), &[]).expect(0);
    }
    // Another root: this sheet is somebody else's.
    let other = Bench::new();
    let ran = verify(&other, &code, &[]).expect(4).says(&["another root key"]);
    assert!(ran.stdout.starts_with("REJECTED"), "{ran:?}");
    one_sentence(&ran);
}

#[test]
fn paper_that_says_no_is_no() {
    let (bench, certificate) = wiped("none", 1);
    let code = code_of(&bench, &certificate);
    let ran = verify(&bench, &code, &[]).expect(1);
    assert!(ran.stdout.contains("NOT PROVEN") && !ran.stdout.contains("SANITIZED"), "{ran:?}");
    one_sentence(&ran);
    // Also beside the certificate that says the same.
    verify(&bench, &code, &[text(&certificate)]).expect(1);
}

#[test]
fn beside_the_certificate_that_it_is_about_and_beside_others() {
    let (bench, certificate) = wiped("full", 0);
    let code = code_of(&bench, &certificate);
    let (out, one) = (bench.out(), certificate.clone());
    for place in [&out, &one] {
        let ran = verify(&bench, &code, &[text(place)]).expect(0);
        assert!(ran.stdout.contains("agrees with") && ran.stdout.contains(text(&one)), "{ran:?}");
    }
    let second = bench.image("b.img", 1 << 20);
    bench.wipe(&[text(&second)]).expect(0);
    let others: Vec<_> = bench.results(".cert.json").into_iter().filter(|f| *f != one).collect();
    let ran = verify(&bench, &code, &[text(&others[0])]).expect(4);
    one_sentence(&ran.says(&["No certificate that was named", "look for the file"]));
    // One that is not authentic does not agree, whatever its digest.
    let bent = bench.path("bent.cert.json");
    fs::write(&bent, fs::read_to_string(&one).unwrap().replacen("nist-clear", "nist-cleaR", 1))
        .unwrap();
    let ran =
        verify(&bench, &code, &[text(&bent)]).expect(4).says(&["bent.cert.json", "do not accept"]);
    assert!(!ran.stdout.contains("agrees with"), "{ran:?}");
    verify(&bench, &code, &[text(&bench.path("nowhere.cert.json"))])
        .expect(4)
        .says(&["no such file"]);
    let both = [text(&one), text(&bent)];
    verify(&bench, &code, &both).expect(4).says(&["bent.cert.json"]);
}

/// What `verify` says of files it says of them beside a code too, and ends as badly.
#[test]
fn beside_a_code_files_are_judged_as_ever() {
    let (bench, certificate) = wiped("full", 0);
    let code = code_of(&bench, &certificate);
    let at = |name: &str| text(&bench.path(name)).to_owned();
    let (out, trusted) = (bench.out(), at("root.pub"));
    let both = |code_more: &[&str], exit: i32| {
        let alone =
            nulstil([&["verify", text(&out), "--root", &trusted, "--json"], code_more].concat());
        let beside =
            verify(&bench, &code, &[&[text(&out), "--json"], code_more].concat()).expect(exit);
        assert_eq!(alone.code, exit, "{alone:?}");
        let mut lines = beside.json();
        if exit != 2 {
            let is_code = |line: &serde_json::Value| line["event"] == "code";
            let told = lines.iter().position(is_code).unwrap();
            assert_eq!(lines.remove(told)["agreesWith"][0], text(&certificate));
        }
        assert_eq!(lines, alone.json());
    };
    both(&[], 0);
    // A page that holds another certificate.
    let page = bench.results(".cert.pdf").remove(0);
    let kept = fs::read(&page).unwrap();
    let second = bench.image("b.img", 1 << 20);
    bench.wipe(&[text(&second)]).expect(0);
    let other = bench.results(".cert.pdf").into_iter().find(|one| *one != page).unwrap();
    fs::copy(&other, &page).unwrap();
    both(&[], 4);
    fs::write(&page, kept).unwrap();
    // Another kind's name.
    let machine = out.join("x.cert.json");
    fs::copy(&bench.results(".machine.json")[0], &machine).unwrap();
    both(&[], 4);
    fs::remove_file(&machine).unwrap();
    // A trust list that is newer than the one that is named.
    let list = ["key", "trust-list", "--root", &at("root.key"), "--out"];
    nulstil([&list[..], &[&at("1.trust")]].concat()).expect(0);
    let next = ["--after", &at("1.trust")];
    let newer = out.join("2.trust");
    nulstil([&list[..], &[text(&newer)], &next].concat()).expect(0);
    both(&["--trust", &at("1.trust")], 2);
    fs::remove_file(&newer).unwrap();
    // What a person decided.
    let dir = text(bench.dir.path()).to_owned();
    nulstil(["key", "new", "head", "--no-passphrase", "--dir", &dir]).expect(0);
    let authorize = ["key", "authorize", "--root", &at("root.key"), "--out", &at("head.auth")];
    nulstil([&authorize[..], &["--validator", &at("head.pub")]].concat()).expect(0);
    let decide = ["validate", text(&certificate), "--decision", "rejected", "--by", "Head of IT"];
    let signer = ["--key", &at("head.key"), "--authorization", &at("head.auth")];
    nulstil([&decide[..], &signer, &["--out", text(&out)]].concat()).expect(0);
    both(&[], 1);
}

#[test]
fn nonsense_has_one_sentence() {
    let (bench, certificate) = wiped("full", 0);
    let code = code_of(&bench, &certificate);
    let cases: [(&[u8], &str); 7] = [
        (b"", "not the text of a code"),
        (b"hello", "not the text of a code"),
        (&code.as_bytes()[..9 + 3 * 64], "not of the only accepted form"),
        (b"NULSTIL1:\xc3\xa6\xc3\xb8\xc3\xa5", "damaged or cut off"),
        (&b"0".repeat(1 << 20), "not the text of a code"),
        (&[&b"NULSTIL1:"[..], &b"0".repeat(1 << 20)].concat(), "damaged or cut off"),
        (&[code.as_bytes(), b"\n", code.as_bytes()].concat(), "damaged or cut off"),
    ];
    for (input, words) in cases {
        let ran = verify_input(&bench, input, &[]).expect(4).says(&[words, "do not accept"]);
        assert!(ran.stdout.starts_with("REJECTED") && ran.stdout.lines().count() == 1, "{ran:?}");
        one_sentence(&ran);
    }
    let said = verify_input(&bench, b"hello", &["--json"]).expect(4).json().remove(0);
    assert_eq!((&said["verdict"], &said["code"]), (&"rejected".into(), &"not-a-code".into()));
    one_sentence(&verify_input(&bench, b"NULSTIL1:\xff", &[]).expect(2).says(&["not a text"]));
    // With many files nothing else is asked for.
    nulstil(["verify", "--qr", &code, "--complete", "--root", "root.pub"]).expect(2);
    nulstil(["verify", "--authorization", "x", "a.cert.json", "--root", "root.pub"]).expect(2);
}

/// A page has no place to say that nobody looked whether the key was revoked.
#[test]
fn there_is_no_page_of_what_was_not_checked_in_full() {
    let bench = Bench::new();
    let list = bench.path("1.trust");
    let root_key = bench.path("root.key");
    nulstil(["key", "trust-list", "--root", text(&root_key), "--out", text(&list)]).expect(0);
    let (station, auth) = (bench.path("station.pub"), bench.path("station.auth"));
    fs::remove_file(&auth).unwrap();
    let authorize = ["key", "authorize", "--root", text(&root_key), "--station", text(&station)];
    nulstil([&authorize[..], &["--out", text(&auth), "--trust", text(&list)]].concat()).expect(0);
    let image = bench.image("a.img", 1 << 20);
    bench.wipe(&[text(&image)]).expect(0);
    let certificate = bench.results(".cert.json").remove(0);
    let (root, page) = (bench.path("root.pub"), certificate.with_extension("pdf"));
    let left = fs::read(&page).unwrap();
    fs::remove_file(&page).unwrap();
    let make = |more: &[&str]| {
        let key = bench.path("station.key");
        let paper = ["paper", text(&certificate), "--root", text(&root), "--key", text(&key)];
        nulstil([&paper[..], more].concat())
    };
    for more in [&[][..], &["--json"]] {
        let ran = make(more).expect(5).says(&["trust list", "--trust", "no page was made"]);
        one_sentence(&ran);
        assert!(ran.stdout.is_empty() && !page.exists(), "{ran:?}");
    }
    make(&["--trust", text(&list)]).expect(0);
    assert!(fs::read(&page).unwrap() == left, "not the page that wipe left");
}

/// A station whose authorization was made without the word for paper, as other tools make them.
#[test]
fn a_code_without_the_roots_word_is_never_authentic_alone() {
    let bench = Bench::new();
    let root = private::load(&bench.path("root.key"), || panic!("it has none")).unwrap();
    let auth = bench.path("station.auth");
    let mut wordless =
        cert::Authorization::verify(&read_json(&auth), &root.verifying_key()).unwrap();
    assert!(wordless.paper.is_some(), "key authorize adds the word");
    wordless.paper = None;
    let signed = wordless.sign(&root, wordless.valid_from).unwrap();
    fs::write(&auth, profile::pretty(&signed).unwrap()).unwrap();
    let image = bench.image("a.img", 1 << 20);
    bench.wipe(&[text(&image)]).expect(0);
    let certificate = bench.results(".cert.json").remove(0);
    let code = code_of(&bench, &certificate);

    let ran = verify(&bench, &code, &[]).expect(4).says(&["who vouches", "--authorization"]);
    one_sentence(&ran);
    // Not even beside the certificate, which carries the authorization.
    verify(&bench, &code, &[text(&certificate)]).expect(4).says(&["who vouches"]);
    verify(&bench, &code, &["--authorization", text(&auth)]).expect(0);
    verify(&bench, &code, &["--authorization", text(&auth), text(&bench.out())]).expect(0);

    // Another station's, another root's, and what is none.
    nulstil(["key", "new", "two", "--no-passphrase", "--dir", text(bench.dir.path())]).expect(0);
    bench.authorize("root.key", "two.pub", "two.auth");
    let with = |file: &Path| verify(&bench, &code, &["--authorization", text(file)]);
    with(&bench.path("two.auth")).expect(4).says(&["another key"]);
    let other = Bench::new();
    one_sentence(&with(&other.path("station.auth")).expect(2).says(&["this root key"]));
    one_sentence(&with(&certificate).expect(2).says(&["--authorization"]));
    one_sentence(&with(&bench.path("nothing.auth")).expect(2).says(&["no such file"]));
    one_sentence(&with(&bench.hole("zeros.auth", 1 << 30)).expect(2).says(&["too large"]));
}

#[test]
fn the_page_is_made_again_the_same_and_of_nothing_changed() {
    let (bench, certificate) = wiped("full", 0);
    let (root, key) = (bench.path("root.pub"), bench.path("station.key"));
    let page = certificate.with_extension("pdf");
    let printed = fs::read(&page).unwrap();
    fs::remove_file(&page).unwrap();
    let make = |file: &Path, more: &[&str]| {
        nulstil([&["paper", text(file), "--root", text(&root)], more].concat())
    };
    let ran = make(&certificate, &["--key", text(&key)]).expect(0);
    assert_eq!(ran.stdout.trim_end(), format!("page  {}", page.display()));
    let again = fs::read(&page).unwrap();
    assert!(again == printed, "not the page that wipe left");
    let with_key = ["--key", text(&key), "--language", "en"];
    // Never over one that is there.
    let ran = make(&certificate, &with_key).expect(3).says(&["cannot be made", "no page was made"]);
    assert!(fs::read(&page).unwrap() == again, "{ran:?}");
    let pages = [&["--language", "da"][..], &["--language", "en"], &with_key].map(|more| {
        fs::remove_file(&page).unwrap();
        make(&certificate, more).expect(0);
        fs::read(&page).unwrap()
    });
    assert!(pages[0] != pages[1], "Danish and English");
    assert!(pages[1] != pages[2], "without a code and with one");
    fs::remove_file(&page).unwrap();

    // The same certificate in other words is another file, and so is its page.
    let minified = bench.path("small.cert.json");
    let document = read_json(&certificate);
    fs::write(&minified, document.to_string()).unwrap();
    make(&minified, &with_key).expect(0);
    assert!(fs::read(minified.with_extension("pdf")).unwrap() != pages[2]);

    // What does not verify has no page.
    let bent = bench.path("bent.cert.json");
    let mut changed = document;
    changed["credentialSubject"]["evidence"]["drive"]["model"] = "Other".into();
    fs::write(&bent, profile::pretty(&changed).unwrap()).unwrap();
    let ran =
        make(&bent, &with_key).expect(4).says(&["signature does not fit", "no page was made"]);
    one_sentence(&ran);
    assert!(!bent.with_extension("pdf").exists());
    make(&bench.path("none.cert.json"), &with_key).expect(4).says(&["no such file"]);
    // A document on no drive has none either; nor has one that another station signed.
    let machine = bench.results(".machine.json").remove(0);
    make(&machine, &with_key).expect(3).says(&["there is no page for such a document"]);
    nulstil(["key", "new", "two", "--no-passphrase", "--dir", text(bench.dir.path())]).expect(0);
    let ran = make(&certificate, &["--key", text(&bench.path("two.key"))]).expect(3);
    one_sentence(&ran.says(&["another key", "no page was made"]));
    make(&certificate, &["--key", text(&bench.path("nokey"))]).expect(3).says(&["--key"]);
    make(&certificate, &["--language", "fr"]).expect(2);
    assert!(!page.exists());

    // One that cannot be made does not keep the others from theirs, and is told.
    let both = ["paper", text(&bent), text(&certificate), "--root", text(&root), "--json"];
    let lines = nulstil(both).expect(4).json();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["pdf"], text(&page));
    assert!(page.exists());
}
