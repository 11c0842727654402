//! Properties of the JSON profile and of the signature, over random documents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use ed25519_dalek::SigningKey;
use nulstil::cert::{profile, proof};
use nulstil::model::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names that tempt a sorter: prefixes of each other, digits, both cases, `@`. No two differ only
/// in case.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["@?[a-z0-9]{1,3}", Just("Z".to_owned()), Just("10".to_owned()), "[A-Y][0-9]"]
}

/// Text in the profile: what `model::clean` would let through, from all planes.
fn text() -> impl Strategy<Value = String> {
    "[a-z\"\\\\/<> ~æøå–€\u{1d11e}\u{1f600}\u{3042}\u{e000}]{0,12}"
}

fn document() -> impl Strategy<Value = Value> {
    const MAX: i64 = profile::MAX_INTEGER as i64;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![-MAX..=MAX, -9..=9_i64, Just(MAX), Just(-MAX)].prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name(), inside), 0..6).prop_map(|members| {
                let mut seen = std::collections::HashSet::new();
                let unique = |(name, _): &(String, Value)| seen.insert(name.to_lowercase());
                Value::Object(members.into_iter().filter(unique).collect())
            }),
        ]
    })
}

/// A second implementation of RFC 8785 for this profile, where it is simple: sort by bytes.
fn sorted(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_bytes());
            let members =
                members.iter().map(|(name, value)| format!("\"{name}\":{}", sorted(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::String(text) => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        other => other.to_string(),
    }
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(members) => {
            let members = members.iter().rev().map(|(name, value)| (name.clone(), reversed(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn signed(content: &Value) -> Value {
    let document = json!({"@context": proof::CONTEXT, "content": content});
    proof::sign(document, &key(), Timestamp::from_unix(0)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn reading_undoes_writing(document in document()) {
        let canonical = profile::canonical(&document).unwrap();
        prop_assert_eq!(profile::parse(&canonical).unwrap(), document.clone());
        prop_assert_eq!(profile::parse(&profile::pretty(&document).unwrap()).unwrap(), document);
    }

    #[test]
    fn the_canonical_form_is_sorted_and_one(document in document()) {
        let canonical = profile::canonical(&document).unwrap();
        prop_assert_eq!(&canonical, &profile::canonical(&reversed(&document)).unwrap());
        prop_assert_eq!(String::from_utf8(canonical).unwrap(), sorted(&document));
    }

    #[test]
    fn order_and_indentation_do_not_change_the_signature(content in document()) {
        let document = signed(&content);
        let other = profile::parse(&serde_json::to_vec(&reversed(&document)).unwrap());
        prop_assert!(proof::verify(&other.unwrap()).is_ok());
    }

    #[test]
    fn anything_read_is_in_the_profile(text in r#"[\[{"]["a{}\[\]:,\\u0-9.eE-]{0,12}[\]}"]"#) {
        if let Ok(value) = profile::parse(text.as_bytes()) {
            prop_assert!(profile::check(&value).is_ok());
        }
    }

    #[test]
    fn a_signed_document_with_another_byte_never_verifies(
        content in document(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let document = signed(&content);
        let mut bytes = profile::pretty(&document).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = profile::parse(&bytes) {
            // White space may change; what is said may not.
            prop_assert_eq!(proof::verify(&read).is_ok(), read == document);
        }
    }
}

/// Every bit of one document, not a sample.
#[test]
fn no_flipped_bit_verifies() {
    let original = signed(&json!({"result": "pass", "bytes": 512, "by": "Å–1"}));
    let text = profile::pretty(&original).unwrap();
    let mut read = 0;
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone();
            bytes[at] ^= 1 << bit;
            let Ok(document) = profile::parse(&bytes) else { continue };
            read += 1;
            assert_eq!(proof::verify(&document).is_ok(), document == original, "{at} {bit}");
        }
    }
    assert!(read > 1000, "most flipped bits leave a readable document: {read}");
}

/// RFC 8785 section 3.2.3, within the profile.
#[test]
fn sorting() {
    let canonical = |text: &str| {
        String::from_utf8(profile::canonical(&profile::parse(text.as_bytes()).unwrap()).unwrap())
            .unwrap()
    };
    assert_eq!(
        canonical(r#"{"b":1,"aa":2,"a":3,"Z":4,"@context":5,"9":6,"10":7,"1":8}"#),
        r#"{"1":8,"10":7,"9":6,"@context":5,"Z":4,"a":3,"aa":2,"b":1}"#
    );
    assert_eq!(canonical(r#"[{"b":[],"a":{}},3,1,2]"#), r#"[{"a":{},"b":[]},3,1,2]"#);
    assert_eq!(canonical(r#" [ true , null ,"\u00e6\/\u20ac\"\\" ] "#), r#"[true,null,"æ/€\"\\"]"#);
}
