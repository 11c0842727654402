//! `certs/schema` and `certs/FORMAT.md`: that the one is what the types say, that the other says all
//! that is in the one, and that genuine documents have that form.
//!
//! `NULSTIL_WRITE_SCHEMA=1 cargo test --features schema --test schema made_again` writes the file.

#![cfg(feature = "schema")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    reason = "a test may fail, and runs the program"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use nulstil::cert::schema::{FILE, schema};
use serde_json::{Value, json};

fn certs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

#[test]
fn made_again_the_file_is_the_same() {
    let file = certs().join("schema").join(FILE);
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("NULSTIL_WRITE_SCHEMA").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "the types have changed; see the top of this file");
}

/// Every member below a node of the schema: names with dots between them, `[]` for what is in a list.
fn members(whole: &Value, node: &Value, path: &str, found: &mut BTreeSet<String>) {
    if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
        members(whole, whole.pointer(&reference[1..]).unwrap(), path, found);
    }
    for (name, node) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        members(whole, node, &path, found);
        found.insert(path);
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        for node in node.get(choice).and_then(Value::as_array).into_iter().flatten() {
            members(whole, node, path, found);
        }
    }
    if let Some(items) = node.get("items") {
        members(whole, items, &format!("{path}[]"), found);
    }
}

/// Every member of every kind of document. An authorization is the same within others.
fn all_members() -> BTreeSet<String> {
    let schema = schema();
    let mut found = BTreeSet::new();
    for case in schema["allOf"].as_array().unwrap() {
        let kind = case.pointer("/if/properties/type/prefixItems/1/const").unwrap();
        if !kind.as_str().unwrap().ends_with("Authorization") {
            members(&schema, &case["then"], "", &mut found);
        }
    }
    found
}

/// The members that `certs/FORMAT.md` has a row for, with what stands in its last cell.
fn described() -> Vec<(String, String)> {
    let text = fs::read_to_string(certs().join("FORMAT.md")).unwrap();
    let mut found = Vec::new();
    for section in text.split("\n### ").skip(1) {
        let Some((head, table)) = section.split_once("| Member | Type and unit | Meaning |") else {
            continue;
        };
        let title = head.lines().next().unwrap();
        let place = head.split("\n\nAt ").nth(1).unwrap_or_else(|| panic!("{title} is nowhere"));
        let mut places = Vec::new();
        let mut rest = place;
        while let Some((place, after)) = rest.strip_prefix('`').and_then(|r| r.split_once('`')) {
            places.push(format!("{place}."));
            rest = after.strip_prefix(',').map_or("", str::trim_start);
        }
        if place.starts_with("the top of the document") {
            places.push(String::new());
        }
        assert!(!places.is_empty(), "{title} is nowhere");
        for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [member, kind, meaning, asked] = cells[..] else { panic!("{row}") };
            assert!(!kind.is_empty() && !meaning.is_empty(), "{row}");
            let member = member.trim_matches('`');
            found.extend(places.iter().map(|at| (format!("{at}{member}"), asked.to_owned())));
        }
    }
    found
}

#[test]
fn every_member_is_described_and_nothing_else() {
    let described = described();
    let names: BTreeSet<String> = described.iter().map(|(name, _)| name.clone()).collect();
    let all = all_members();
    let missing: Vec<_> = all.difference(&names).collect();
    let invented: Vec<_> = names.difference(&all).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "missing {missing:#?}, not there {invented:#?}"
    );
    for (name, asked) in described {
        let known = ["r1 G \"", "r1 4.7", "r2 4.5", "r2 4.6", "R2v3 ", "GDPR ", "ours: "];
        assert!(known.iter().any(|source| asked.starts_with(source)), "{name}: {asked}");
    }
}

/// A genuine or forged document of the vectors, as a lenient reader sees it.
fn vector(file: &str) -> Value {
    let text = fs::read(certs().join("vectors").join(file)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn verdicts() -> Vec<Value> {
    serde_json::from_value(vector("verdicts.json")).unwrap()
}

/// Every member of a document, spelled as [`members`] spells them.
fn of_instance(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        // Its names are names of others.
        Value::Object(_) if path.ends_with(".sources") => {}
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                of_instance(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| of_instance(item, &format!("{path}[]"), found));
        }
        _ => {}
    }
}

/// Where something is missing or in another layout, the schema sees it.
const INCOMPLETE: [&str; 5] = [
    "good/missing-evidence.cert.json",
    "good/missing-member.cert.json",
    "good/newer-layout.cert.json",
    "good/newer-major-layout.cert.json",
    "good/newer-type.cert.json",
];

#[test]
fn genuine_documents_have_this_form() {
    let validator = validator();
    let all = all_members();
    let mut seen = BTreeSet::new();
    for entry in verdicts() {
        let verdict = entry["verdict"].as_str().unwrap();
        let file = entry["file"].as_str().unwrap();
        let is_incomplete = INCOMPLETE.contains(&file);
        if !file.ends_with(".json") || verdict != "authentic" && !is_incomplete {
            continue;
        }
        let document = vector(file);
        let kind = document["type"][1].as_str().unwrap().to_owned();
        let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(errors.is_empty(), !is_incomplete, "{file}: {errors:#?}");
        if errors.is_empty() && !file.contains("unknown-members") {
            let mut there = BTreeSet::new();
            of_instance(&document, "", &mut there);
            let unknown: Vec<_> = there.difference(&all).collect();
            assert!(unknown.is_empty(), "{file}: {unknown:?}");
        }
        let authorization = &document["issuer"]["authorization"];
        assert!(validator.is_valid(authorization), "{file}");
        seen.insert(kind);
        seen.insert(authorization["type"][1].as_str().unwrap().to_owned());
    }
    // Those of the root are files of their own, too.
    for entry in fs::read_dir(certs().join("vectors")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".trust") || name.ends_with(".auth") {
            let document = vector(&name);
            assert!(validator.is_valid(&document), "{name}");
            seen.insert(document["type"][1].as_str().unwrap().to_owned());
        }
    }
    // Every kind that the schema names was there.
    let schema = schema();
    let kinds = schema.pointer("/properties/type/prefixItems/1/enum").unwrap();
    for kind in kinds.as_array().unwrap() {
        assert!(seen.contains(kind.as_str().unwrap()), "{kind} is in no vector");
    }
}

/// What is forbidden where a verifier refuses it.
#[test]
fn forged_forms_are_not_of_this_form() {
    let validator = validator();
    for file in [
        "authorization-missing.cert.json",
        "authorization-null.cert.json",
        "authorization-with-a-limit.cert.json",
        "authorization-of-newer-layout.cert.json",
        "content-evidence-number-as-text.cert.json",
        "content-evidence-text.cert.json",
        "content-evidence-unknown-technique.cert.json",
        "content-id.cert.json",
        "content-layout-number.cert.json",
        "content-layout.cert.json",
        "content-rules.cert.json",
        "content-stream.cert.json",
        "content-time.cert.json",
        "conclusion-verdict-unknown.cert.json",
        "context-appended-and-signed.cert.json",
        "context-one.cert.json",
        "context-swapped.cert.json",
        "key-on-the-web.cert.json",
        "proof-array.cert.json",
        "proof-extra-member.cert.json",
        "proof-missing.cert.json",
        "proof-no-time.cert.json",
        "proof-other-cryptosuite.cert.json",
        "proof-other-purpose.cert.json",
        "signature-in-base64.cert.json",
        "type-alone.cert.json",
        "type-third.cert.json",
        "validation-no-digest.validation.json",
        "validation-unknown-decision.validation.json",
    ] {
        assert!(!validator.is_valid(&vector(&format!("hostile/{file}"))), "{file}");
    }
}

#[test]
fn one_wrong_member_is_enough() {
    let validator = validator();
    let good = vector("good/purge-nvme-overwritten.cert.json");
    assert!(validator.is_valid(&good));
    let drive = "/credentialSubject/evidence/drive";
    let cases = [
        (format!("{drive}/capacityBytes"), json!(1.5)),
        (format!("{drive}/capacityBytes"), json!(-1)),
        (format!("{drive}/capacityBytes"), json!(9_007_199_254_740_992_u64)),
        (format!("{drive}/logicalBlockBytes"), json!(4_294_967_296_u64)),
        (format!("{drive}/bus"), json!("SATA")),
        (format!("{drive}/serialNumber"), json!(7)),
        (format!("{drive}/sources"), json!({"model": null})),
        ("/credentialSubject/type".to_owned(), json!("Computer")),
        ("/credentialSubject/conclusion/verdict".to_owned(), json!("erased")),
        ("/credentialSubject/conclusion/method".to_owned(), json!("wipe")),
        ("/credentialSubject/evidence/planned/scheme".to_owned(), json!("byte=AB")),
        ("/credentialSubject/evidence/planned/planDigest".to_owned(), json!("ab")),
        ("/credentialSubject/evidence/ending".to_owned(), json!({"kind": "failed"})),
        ("/stream/previousDigest".to_owned(), json!("AB".repeat(32))),
        ("/run/id".to_owned(), json!("urn:uuid:0199b0c0-0000-7000-8000-0123456789ab")),
        ("/validFrom".to_owned(), json!("2026-11-22T20:15:33+01:00")),
        ("/clock/confirmed".to_owned(), json!("yes")),
        ("/issuer/id".to_owned(), json!("did:web:example.org")),
        ("/issuer/authorization/credentialSubject/mayIssue".to_owned(), json!([])),
        ("/type/1".to_owned(), json!("StationAuthorization")),
    ];
    for (pointer, value) in cases {
        let mut changed = good.clone();
        *changed.pointer_mut(&pointer).unwrap() = value.clone();
        assert!(!validator.is_valid(&changed), "{pointer} {value}");
    }
    // A member that may be null has to be there all the same.
    let mut shorter = good.clone();
    let evidence = shorter.pointer_mut("/credentialSubject/evidence").unwrap();
    evidence.as_object_mut().unwrap().remove("aftermath").unwrap();
    assert!(!validator.is_valid(&shorter));
    // What nobody knows is shown, and not refused.
    let mut longer = good;
    longer["credentialSubject"]["evidence"]["drive"]["colour"] = json!("grey");
    assert!(validator.is_valid(&longer));
}

/// Every part is read into its type and written again without a loss, so what the schema says of
/// the types holds for the documents.
#[test]
fn parts_come_back_as_they_were() {
    use nulstil::cert::{Begun, Decision, MachineDrive, Place, Revocation};
    use nulstil::model::{
        Clock, Computer, Condemnation, Evidence, Inspection, Paperwork, Shortfall, Tool,
    };
    type Again = fn(Value) -> Value;
    fn again<T: serde::de::DeserializeOwned + serde::Serialize>(part: Value) -> Value {
        serde_json::to_value(serde_json::from_value::<T>(part).unwrap()).unwrap()
    }
    fn evidence(part: Value) -> Value {
        match () {
            () if part.get("label").is_some() => again::<Condemnation>(part),
            () if part.get("filling").is_some() => again::<Inspection>(part),
            () => again::<Evidence>(part),
        }
    }
    fn drives(part: Value) -> Value {
        match part.pointer("/0/certificate") {
            Some(_) => again::<Vec<Begun>>(part),
            None => again::<Vec<MachineDrive>>(part),
        }
    }
    fn codes(part: Value) -> Value {
        let code = |one: &Value| again::<Shortfall>(one["code"].clone());
        let mut part = part;
        for one in part.as_array_mut().unwrap() {
            one["code"] = code(one);
        }
        part
    }
    let parts: [(&str, Again); 10] = [
        ("/stream", again::<Place>),
        ("/clock", again::<Clock>),
        ("/tool", again::<Tool>),
        ("/credentialSubject/computer", again::<Computer>),
        ("/credentialSubject/paperwork", again::<Paperwork>),
        ("/credentialSubject/evidence", evidence),
        ("/credentialSubject/drives", drives),
        ("/credentialSubject/conclusion/shortfalls", codes),
        ("/credentialSubject/decision", again::<Decision>),
        ("/credentialSubject/revoked", again::<Vec<Revocation>>),
    ];
    let files = verdicts().into_iter().filter(|entry| entry["verdict"] == "authentic");
    let mut files: Vec<String> =
        files.map(|entry| entry["file"].as_str().unwrap().to_owned()).collect();
    files.retain(|file| file.ends_with(".json") && !file.contains("unknown-members"));
    files.push("2.trust".to_owned());
    let mut seen = BTreeSet::new();
    for file in files {
        let document = vector(&file);
        let inspected = document["type"][1].as_str().unwrap().contains("Drive");
        for (pointer, again) in parts {
            let is_other = inspected && pointer.ends_with("shortfalls");
            if let Some(part) = document.pointer(pointer).filter(|_| !is_other) {
                assert_eq!(&again(part.clone()), part, "{file} {pointer}");
                seen.insert(pointer);
            }
        }
    }
    assert_eq!(seen.len(), parts.len(), "some part is in no vector: {seen:?}");
}

/// What the program issues today, and not only what is in the vectors.
#[cfg(feature = "tool")]
#[test]
fn fresh_documents_have_this_form() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_nulstil"))
        .args(["demo", "--dir"])
        .arg(&demo)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let validator = validator();
    let mut kinds = BTreeSet::new();
    for entry in fs::read_dir(&demo).unwrap() {
        let path = entry.unwrap().path();
        let Ok(document) = serde_json::from_slice::<Value>(&fs::read(&path).unwrap()) else {
            continue;
        };
        let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        kinds.insert(document["type"][1].as_str().unwrap().to_owned());
    }
    let expected = ["DataErasureCertificate", "ErasureStartRecord", "MachineErasureReport"];
    assert!(expected.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}
