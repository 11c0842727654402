//! The page and its code: what a reader of PDFs, a scanner and the auditor make of them, and every
//! forgery of a code with its own refusal. With `NULSTIL_PAGES=DIR` the pages are kept there, for
//! somebody to look at.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    reason = "a test may fail, and runs the tools of others"
)]

mod sim_common;

use std::path::{Path, PathBuf};
use std::process::Command;

use ed25519_dalek::SigningKey;
use nulstil::cert::{Authorization, Revocation, Trust, TrustList, did, document};
use nulstil::device::Time as _;
use nulstil::model::{Identity, Language, Medium, Verdict, VerifyMode, VerifyMode::Full};
use nulstil::paper::{self, PREFIX, Page};
use nulstil::sim::Fault;
use sim_common::*;

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

/// The code and the page in a language, of the only certificate on the bench.
fn made(bench: &Bench, language: Language) -> (String, Vec<u8>) {
    let path = bench.files(".cert.json").pop().unwrap();
    let (certificate, bytes) = (bench.certificate(), std::fs::read(&path).unwrap());
    let code = paper::code(&certificate, &bench.root, &key(2)).unwrap().unwrap();
    let page = Page {
        certificate: &certificate,
        name: path.file_name().unwrap().to_str().unwrap(),
        bytes: &bytes,
        root: &bench.root,
        code: Some(&code),
        language,
    };
    let pdf = page.render().unwrap();
    assert!(pdf == page.render().unwrap(), "the same page twice");
    (code, pdf)
}

fn tool(name: &str, args: &[&str], file: &Path) -> Option<String> {
    let output = match Command::new(name).args(args).arg(file).output() {
        Ok(output) => output,
        Err(_) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "SKIPPED paper: {name} is not here");
            return None;
        }
    };
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Puts a page where the tools can read it.
fn keep(bench: &Bench, name: &str, pdf: &[u8]) -> PathBuf {
    let folder = std::env::var_os("NULSTIL_PAGES").map(PathBuf::from);
    let path = folder.unwrap_or_else(|| bench.dir.path().to_owned()).join(format!("{name}.pdf"));
    std::fs::write(&path, pdf).unwrap();
    path
}

fn wiped(drive: &Identity, faults: &[Fault], verify: VerifyMode) -> Bench {
    let bench = Bench::new();
    let sim = faults.iter().fold(bench.drive(drive), |sim, fault| sim.with(fault.clone()));
    bench.wipe(&bay([("/dev/sda", drive, &sim)]), "nist-clear", verify).unwrap();
    bench
}

fn strange() -> Identity {
    Identity {
        model: Some("W".repeat(400)),
        serial_number: Some("\u{65e5}\u{672c} (\\) <b>&amp; %%EOF ".repeat(20)),
        vendor: Some("æøå ÆØÅ".into()),
        firmware: Some("\u{1f600}".repeat(90)),
        wwn: Some("naa.5000".repeat(60)),
        ..identity("S1", MIB)
    }
}

#[test]
fn the_page_says_what_the_certificate_says() {
    let bad = [
        Fault::Unwritable(at(0, 4096)),
        Fault::Forgets(at(8192, 4096)),
        Fault::FlushFails,
        Fault::Unreadable(at(65536, 4096)),
    ];
    let ssd = Identity { medium: Medium::Ssd, ..identity("S4EVNX0R123456", 9 * MIB) };
    let cases: [(&str, Identity, &[Fault], VerifyMode, Verdict); 5] = [
        ("clear-hdd", identity("WD-WCC6Y1234567", 9 * MIB), &[], Full, Verdict::Sanitized),
        ("clear-ssd", ssd, &[], VerifyMode::Sample, Verdict::Sanitized),
        ("failed", identity("S1", 9 * MIB), &bad, Full, Verdict::NotSanitized),
        ("unverified", identity("S1", MIB), &[], VerifyMode::None, Verdict::Indeterminate),
        ("strange", strange(), &[], Full, Verdict::Sanitized),
    ];
    for (name, drive, faults, verify, verdict) in cases {
        let bench = wiped(&drive, faults, verify);
        assert_eq!(bench.certificate().conclusion().unwrap().verdict, verdict, "{name}");
        assert_eq!(bench.files(".cert.pdf").len(), 1, "wipe leaves a page");
        let certificate = std::fs::read(bench.files(".cert.json").pop().unwrap()).unwrap();
        for language in Language::ALL {
            let (code, pdf) = made(&bench, language);
            let path = keep(&bench, &format!("{name}-{}", language.tag()), &pdf);
            if language == Language::English {
                let saved = std::fs::read(bench.files(".cert.pdf").pop().unwrap()).unwrap();
                assert!(saved == pdf, "what wipe leaves can be made again");
            }
            looked_at_by_others(&path, &code, &certificate, verdict, language);
        }
    }
}

fn looked_at_by_others(
    path: &Path,
    code: &str,
    certificate: &[u8],
    verdict: Verdict,
    language: Language,
) {
    tool("qpdf", &["--check"], path);
    if let Some(fonts) = tool("pdffonts", &[], path) {
        let rows: Vec<&str> = fonts.lines().skip(2).collect();
        assert_eq!(rows.len(), 2, "{fonts}");
        // Embedded, a subset, and with a map to Unicode.
        assert!(rows.iter().all(|row| row.contains("yes yes yes")), "{fonts}");
    }
    let attached = path.with_extension("attached");
    if tool("pdfdetach", &["-save", "1", "-o", attached.to_str().unwrap()], path).is_some() {
        assert!(std::fs::read(&attached).unwrap() == certificate, "the attachment differs");
        std::fs::remove_file(&attached).unwrap();
    }
    let text = path.with_extension("txt");
    if let Some(info) = tool("pdfinfo", &[], path) {
        assert!(info.contains("Pages:           1") && info.contains("A4"), "{info}");
    }
    // pdftotext takes the file before the place for the text.
    let output = Command::new("pdftotext").arg("-layout").arg(path).arg(&text).output();
    if output.is_ok() {
        let said = std::fs::read_to_string(&text).unwrap();
        std::fs::remove_file(&text).unwrap();
        assert!(said.contains(&verdict.words(language).to_uppercase()), "{said}");
        if language == Language::Danish {
            assert!(
                said.contains("Sådan kontrolleres")
                    && said.contains("blev læst tilbage")
                    && said.contains("Rodnøgle"),
                "{said}"
            );
        }
    }
    let picture = path.with_extension("");
    let drawn = Command::new("pdftoppm")
        .args(["-r", "200", "-png", "-singlefile"])
        .args([path, &picture])
        .output();
    let png = path.with_extension("png");
    if drawn.is_ok()
        && let Some(scanned) = tool("zbarimg", &["--raw", "-q"], &png)
    {
        assert_eq!(scanned.trim_end_matches('\n'), code);
    }
    let _ = std::fs::remove_file(&png);
}

/// A bench whose station has the root's word for codes.
fn delegated() -> (Bench, Trust) {
    let mut bench = Bench::new();
    let now = bench.clock.now();
    let mut authorization = Authorization {
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
        issuer_name: "Root".into(),
        station: did::of(&key(2).verifying_key()),
        station_name: "Station".into(),
        valid_from: now.plus(-86_400),
        valid_until: now.plus(86_400),
        may_issue: document::TYPES.map(str::to_owned).to_vec(),
        trust_list_version: 0,
        paper: None,
    };
    paper::delegate(&mut authorization, &key(1)).unwrap();
    let signed = authorization.sign(&key(1), now).unwrap();
    bench.station = nulstil::run::Station::new(key(2), signed, now).unwrap();
    let trust = bench.trust();
    let drive = identity("S1", MIB);
    let sim = bench.drive(&drive);
    bench.wipe(&bay([("/dev/sda", &drive, &sim)]), "nist-clear", Full).unwrap();
    (bench, trust)
}

#[test]
fn a_code_stands_for_itself() {
    let (bench, trust) = delegated();
    let now = bench.clock.now();
    let (code, _) = made(&bench, Language::English);
    assert!(code.len() < 600, "{} characters", code.len());
    let good = paper::verify(&code, None, &trust, now).unwrap();
    let certificate = bench.certificate();
    assert_eq!(good.statement().verdict(), Verdict::Sanitized);
    assert_eq!(good.statement().serial.as_deref(), Some("S1"));
    assert_eq!((good.missing(), good.is_about(&certificate)), (None, Ok(true)));

    let refused =
        |code: &str, trust: &Trust, at| paper::verify(code, None, trust, at).unwrap_err().code();
    assert_eq!(refused(&code[1..], &trust, now), "not-a-code");
    assert_eq!(refused(&code.to_lowercase(), &trust, now), "not-a-code");
    assert_eq!(refused(&format!("{code}!"), &trust, now), "code-damaged");
    assert_eq!(refused(&format!("{PREFIX}{}", "A".repeat(5000)), &trust, now), "code-damaged");
    assert_eq!(refused(&format!("{PREFIX}GGW"), &trust, now), "code-damaged");
    assert_eq!(refused(PREFIX, &trust, now), "code-form");
    assert_eq!(
        refused(&code, &Trust::new(key(9).verifying_key()), now),
        "authorization-other-root"
    );
    assert_eq!(refused(&code, &trust, now.plus(-3 * 86_400)), "from-the-future");
    let list = TrustList {
        revoked: vec![Revocation {
            key: did::of(&key(2).verifying_key()),
            since: now,
            reason: "stick lost".into(),
        }],
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000007".into(),
        issuer_name: "Root".into(),
        issued: now,
        version: 1,
        previous: None,
        logs: Vec::new(),
        witnesses: Vec::new(),
    };
    assert_eq!(refused(&code, &Trust { root: trust.root, list: Some(list) }, now), "revoked");

    // Whatever byte is changed, and wherever it is cut: refused, and never with a panic.
    let message = base45::decode(&code[PREFIX.len()..]).unwrap();
    let encoded = |bytes: &[u8]| format!("{PREFIX}{}", base45::encode(bytes));
    let mut reasons = std::collections::BTreeSet::new();
    for at in 0..message.len() {
        for flip in [1, 0x80] {
            let mut forged = message.clone();
            forged[at] ^= flip;
            reasons.insert(refused(&encoded(&forged), &trust, now));
        }
        reasons.insert(refused(&encoded(&message[..at]), &trust, now));
    }
    for reason in ["bad-signature", "code-form", "authorization-broken", "authorization-other-key"]
    {
        assert!(reasons.contains(reason), "{reasons:?}");
    }
    assert_eq!(refused(&encoded(&[&message[..], &[0]].concat()), &trust, now), "code-form");
}

#[test]
fn a_code_without_the_roots_word_needs_the_authorization() {
    let drive = identity("S1", MIB);
    let bench = wiped(&drive, &[Fault::FlushFails], Full);
    let (code, _) = made(&bench, Language::English);
    let (trust, now) = (bench.trust(), bench.clock.now());
    let alone = paper::verify(&code, None, &trust, now).unwrap_err();
    assert_eq!(alone.code(), "authorization-missing");
    let document = bench.certificate().document()["issuer"]["authorization"].clone();
    let authorization = Authorization::verify(&document, &bench.root).unwrap();
    let good = paper::verify(&code, Some(&authorization), &trust, now).unwrap();
    assert_eq!(good.statement().verdict(), Verdict::NotSanitized, "a failure is as checkable");
    assert_eq!(good.is_about(&delegated().0.certificate()), Ok(false));
    let other = Authorization { station: did::of(&key(7).verifying_key()), ..authorization };
    let refused = paper::verify(&code, Some(&other), &trust, now).unwrap_err();
    assert_eq!(refused.code(), "authorization-other-key");
    // Only the station that signed the certificate signs its code.
    let refused = paper::code(&bench.certificate(), &bench.root, &key(7)).unwrap_err();
    assert_eq!(refused.code(), "key-mismatch");
}
