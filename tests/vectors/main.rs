//! `certs/vectors`: documents good and hostile, with the verdict that every verifier must come to.
//! Made here, the same bytes each time: `NULSTIL_WRITE_VECTORS=1 cargo test --test vectors` writes
//! them. The verdicts are written by hand, not computed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
#![allow(unreachable_pub, reason = "a test file is a crate of its own")]

mod codes;
mod drives;
mod entitled;
mod good;
mod inspections;
#[cfg(feature = "verify-cli")]
mod judged_codes;
mod lies;
mod list;
mod paper;
mod proofs;
mod spelling;
mod station;
mod trust_lists;
mod validations;
mod witnesses;

use std::collections::BTreeSet;
use std::fs;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::VerifyingKey;
use list::{Vectors, Verdict, documents, folder, found, verdicts};
use nulstil::cert::{
    Rejection, Trust, TrustList, VerifiedCertificate, ending, profile, verify, verify_logged,
};
use nulstil::log::Inclusion;

/// Every file of the folder that is made here.
fn made() -> Vec<(String, Vec<u8>)> {
    let mut list = Vectors::default();
    good::all(&mut list);
    spelling::all(&mut list);
    proofs::all(&mut list);
    entitled::all(&mut list);
    lies::all(&mut list);
    validations::all(&mut list);
    codes::all(&mut list);
    inspections::all(&mut list);
    trust_lists::all(&mut list);
    witnesses::all(&mut list);
    let mut files = list.files();
    for (name, revoked) in [("2.trust", false), ("2-revoked.trust", true)] {
        let document = station::trust_list(revoked);
        files.push((name.to_owned(), profile::pretty(&document).unwrap()));
    }
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4) is these bytes and the key.
    let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let key = [&prefix[..], station::key("root").verifying_key().as_bytes()].concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        Base64::encode_string(&key)
    );
    files.push(("root.pub".to_owned(), pem.into_bytes()));
    files
}

#[test]
fn made_again_they_are_the_same() {
    let write = std::env::var_os("NULSTIL_WRITE_VECTORS").is_some();
    if write {
        for kind in ["good", "hostile"] {
            let _ = fs::remove_dir_all(folder().join(kind));
            fs::create_dir(folder().join(kind)).unwrap();
        }
    }
    for (name, bytes) in made() {
        let path = folder().join(&name);
        if write {
            fs::write(&path, &bytes).unwrap();
        }
        let there = fs::read(&path).unwrap_or_default();
        assert!(
            there == bytes,
            "{name} is not as it is made; see the top of tests/vectors/main.rs"
        );
    }
}

#[test]
fn the_list_is_closed() {
    let listed: Vec<Verdict> = verdicts();
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for verdict in &listed {
        assert!(expected.insert(verdict.file.clone()), "{} is listed twice", verdict.file);
        if verdict.proof().exists() {
            assert!(verdict.trust_list.is_some(), "{}: a proof needs a trust list", verdict.file);
            expected.insert(verdict.file.replace(".json", ".tlog-proof"));
        }
        let words = verdict.why.split_whitespace().count();
        assert!(words > 1 && verdict.why.ends_with('.'), "{}: no sentence", verdict.file);
        assert_eq!(verdict.code.is_some(), verdict.verdict == "rejected", "{}", verdict.file);
        assert_eq!(
            verdict.method.is_some(),
            verdict.conclusion.as_deref() == Some("sanitized"),
            "{}",
            verdict.file
        );
    }
    assert_eq!(found(), expected);
}

/// Every code of [`Rejection::code`], from where it is defined: a new one needs a vector.
#[test]
fn every_rejection_has_a_vector() {
    let source = include_str!("../../src/cert/rejection.rs");
    let body = source.split("pub fn code(&self)").nth(1).unwrap();
    let body = body.split("pub(crate) fn content").next().unwrap();
    let mut codes: BTreeSet<&str> = body.split('"').skip(1).step_by(2).collect();
    assert!(codes.len() > 20, "{codes:?}");
    // Only a program that has a proof and no trust list meets the first; there is a test below. The
    // others are about a person's decision beside what it decides on, and a verdict is on one file.
    for two in ["no-trust-list", "validation-mismatch", "validated-by-issuer", "accepted-unproven"]
    {
        assert!(codes.remove(two), "{two}");
    }
    let listed = documents();
    let met: BTreeSet<&str> = listed.iter().filter_map(|verdict| verdict.code.as_deref()).collect();
    assert_eq!(met, codes);
}

fn root(verdict: &Verdict) -> VerifyingKey {
    let pem = fs::read_to_string(folder().join(&verdict.root)).unwrap();
    let der = Base64::decode_vec(pem.lines().nth(1).unwrap()).unwrap();
    VerifyingKey::from_bytes(der[12..].try_into().unwrap()).unwrap()
}

fn trust(verdict: &Verdict) -> Trust {
    let root = root(verdict);
    let list = verdict.trust_list.as_ref().map(|file| {
        let document = profile::parse(&fs::read(folder().join(file)).unwrap()).unwrap();
        TrustList::verify(&document, &root).unwrap()
    });
    Trust { root, list }
}

/// As the library judges it. What a file is called is not the library's matter.
fn judged(verdict: &Verdict) -> Result<VerifiedCertificate, Rejection> {
    let (bytes, trust) = (fs::read(verdict.path()).unwrap(), trust(verdict));
    let now = verdict.now.parse().unwrap();
    match fs::read(verdict.proof()) {
        Ok(proof) => verify_logged(&bytes, &Inclusion::parse(&proof)?, &trust, now),
        Err(_) => verify(&bytes, &trust, now),
    }
}

#[test]
fn the_library_agrees() {
    let mut differ = Vec::new();
    for verdict in documents() {
        let found = judged(&verdict);
        let (word, code, content) = match &found {
            Err(rejection) => ("rejected", Some(rejection.code()), None),
            Ok(found) if !ending::fits(found.kind(), &verdict.file) => {
                ("rejected", Some("type-mismatch"), None)
            }
            Ok(document) if document.missing().is_empty() => {
                ("authentic", None, document.conclusion())
            }
            Ok(document) => ("authentic-incomplete", None, document.conclusion()),
        };
        let method = content.and_then(|content| content.method);
        let judged = Verdict {
            verdict: word.to_owned(),
            code: code.map(str::to_owned),
            conclusion: content.map(|content| content.verdict.to_string()),
            method: method.map(|method| method.to_string()),
            ..verdict.clone()
        };
        if judged != verdict {
            let why = found.map(|document| document.missing().to_vec());
            differ.push(format!("{verdict:?}: {why:?}"));
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn a_proof_without_a_trust_list_is_refused_by_the_library() {
    let listed = documents();
    let logged = listed.iter().find(|verdict| verdict.file == "good/logged.cert.json").unwrap();
    let alone = Verdict { trust_list: None, ..logged.clone() };
    assert_eq!(judged(&alone).unwrap_err(), Rejection::NoTrustList);
}

/// As an auditor judges it, by the clock of this machine: all but one of the documents are older.
#[cfg(feature = "verify-cli")]
#[test]
#[allow(clippy::disallowed_types, reason = "tests run the program as people do")]
fn the_program_agrees() {
    use std::collections::BTreeMap;
    use std::process::{Command, Stdio};

    let mut together: BTreeMap<(String, Option<String>), Vec<Verdict>> = BTreeMap::new();
    for verdict in documents() {
        let trust = (verdict.root.clone(), verdict.trust_list.clone());
        together.entry(trust).or_default().push(verdict);
    }
    assert_eq!(together.len(), 3);
    for ((root, list), verdicts) in together {
        let mut program = Command::new(env!("CARGO_BIN_EXE_nulstil"));
        program.current_dir(folder()).stdin(Stdio::null()).args(["verify", "--json"]);
        program.args(["--root", &root]).args(verdicts.iter().map(|verdict| &verdict.file));
        if let Some(list) = &list {
            program.args(["--trust", list]);
        }
        let output = program.output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), verdicts.len() + 1, "one line each, and the summary");
        // Decisions come after what they are about.
        let of = |path: &str| lines.iter().find(|line| line["path"] == path);
        for verdict in &verdicts {
            let line = of(&verdict.file).unwrap_or_else(|| panic!("{}: no line", verdict.file));
            let text = |member: &str| line[member].as_str().map(str::to_owned);
            assert_eq!(text("verdict").as_ref(), Some(&verdict.verdict), "{line}");
            assert_eq!(text("code"), verdict.code, "{line}");
            assert_eq!(text("conclusion"), verdict.conclusion, "{line}");
            assert_eq!(text("method"), verdict.method, "{line}");
        }
    }
}
