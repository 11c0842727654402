//! Codes on paper that the station signed and that nobody has thought of: the same of the program
//! and of the page.

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::{Signer as _, SigningKey};
use nulstil::cert::Trust;
use nulstil::paper::{self, PREFIX};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::chromium::Chromium;
use crate::rules::Numbers;

fn station() -> SigningKey {
    let text = b"nulstil test vector, not a secret: station";
    SigningKey::from_bytes(&Sha256::digest(text).into())
}

/// A byte string of CBOR.
fn spelled(part: &[u8]) -> Vec<u8> {
    let [.., high, low] = part.len().to_be_bytes();
    let head = match part.len() {
        0..24 => vec![0x40 | low],
        24..256 => vec![0x58, low],
        _ => vec![0x59, high, low],
    };
    [head, part.to_vec()].concat()
}

/// A code of these two parts with a good signature.
fn signed(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let [header, payload] = [header, payload].map(spelled);
    let message = [b"\x84\x6aSignature1", &header[..], b"\x40", &payload].concat();
    let signature = spelled(&station().sign(&message).to_bytes());
    [b"\xd2\x84", &header[..], b"\xa0", &payload, &signature].concat()
}

fn bend(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let other = [0, 1, 0x17, 0x18, 0x40, 0x60, 0x7f, 0x80, 0xa0, 0xf6, 0xff, numbers.below(256)];
    let other = u8::try_from(numbers.of(&other)).unwrap();
    match numbers.below(6) {
        0 => drop(bytes.remove(at)),
        1 => bytes.insert(at, other),
        2 => bytes[at] = bytes[at].wrapping_add(1),
        3 => bytes[at] ^= 1 << numbers.below(8),
        4 => bytes[at] = other,
        // Two numbers of fields exchanged, or a field there twice.
        _ => {
            let to = numbers.below(bytes.len());
            bytes.swap(at, to);
        }
    }
}

#[test]
fn the_same_codes_are_accepted() {
    let Some(mut page) = Chromium::open("bent codes", "en") else { return };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/vectors");
    let root = nulstil::keys::public::load(&vectors.join("root.pub")).unwrap();
    let (trust, now) = (Trust::new(root), "2026-12-01T12:00:00Z");
    page.trust(&vectors.join("root.pub"), None);
    let text = std::fs::read_to_string(vectors.join("good/cut.code.txt")).unwrap();
    let message = base45::decode(text.trim_end().strip_prefix(PREFIX).unwrap()).unwrap();
    // Tag and array are two bytes, then the header of 13 and an empty map.
    let (header, payload) = (&message[3..16], &message[20..message.len() - 66]);
    assert_eq!(signed(header, payload), message, "put together as it was");
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let mut cases = vec![text.trim_end().to_owned()];
    while cases.len() < 4000 {
        let [mut h, mut p] = [header, payload].map(<[u8]>::to_vec);
        match numbers.below(8) {
            0 => bend(&mut h, &mut numbers),
            1..6 => bend(&mut p, &mut numbers),
            // The fields, which lie before the root's word.
            _ => p[numbers.below(130)] = u8::try_from(numbers.below(256)).unwrap(),
        }
        let mut message = signed(&h, &p);
        if numbers.below(8) == 0 {
            bend(&mut message, &mut numbers);
        }
        let mut text = format!("{PREFIX}{}", base45::encode(&message)).into_bytes();
        if numbers.below(16) == 0 {
            bend(&mut text, &mut numbers);
        }
        cases.extend(String::from_utf8(text));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for batch in cases.chunks(500) {
        let time = format!("Date.parse('{now}') / 1000");
        let found = page.run(&format!(
            "Promise.all({}.map((text) => verifyCode(text, null, state, {time}).then((found) => \
             [found.statement.kind, found.statement.serial, found.statement.model, \
             found.statement.assetTag, String(found.statement.capacity), String(found.statement.issued)], \
             (error) => {{ if (!error.code) throw error; return error.code; }})))",
            json!(batch)
        ));
        for (text, theirs) in batch.iter().zip(found.as_array().unwrap()) {
            let ours = match paper::verify(text, None, &trust, now.parse().unwrap()) {
                Err(refused) => json!(refused.code()),
                Ok(code) => {
                    let says = code.statement();
                    let (size, issued) = (says.capacity_bytes.to_string(), says.issued.unix());
                    let issued = issued.to_string();
                    json!([says.kind, says.serial, says.model, says.asset_tag, size, issued])
                }
            };
            assert_eq!(ours, *theirs, "{text}");
            *seen.entry(ours.as_str().unwrap_or("accepted").to_owned()).or_default() += 1;
        }
    }
    // The cases mean something.
    for name in ["accepted", "code-form", "code-damaged", "bad-signature", "authorization-broken"] {
        assert!(seen.get(name).is_some_and(|count| *count > 20), "{name}: {seen:?}");
    }
    assert!(seen["accepted"] > 500 && seen["code-form"] > 500, "{seen:?}");
}
