//! Texts that two JSON parsers may read differently, or that show one thing and say another.
//! Wherever it can be, the signature is good for a program that obeys RFC 8785 and reads the text
//! as a lenient parser does: then only the rules of the profile stand in the way.

use nulstil::cert::profile;
use serde_json::{Value, json};

use crate::drives;
use crate::list::{Vector, Vectors};
use crate::station::{Papers, signed, signed_anyway};

pub fn all(list: &mut Vectors) {
    let good = signed(Papers::new(100).erasure("/dev/sda", &drives::hdd()));
    let text = String::from_utf8(profile::pretty(&good).unwrap()).unwrap();
    let mut add = |file: &str, bytes: Vec<u8>, why: &str| {
        list.add(
            Vector::new(&format!("hostile/{file}.cert.json"), bytes, why).rejected("malformed"),
        );
    };
    for (file, from, to, why) in REPLACED {
        assert_eq!(text.matches(from).count(), 1, "{file}: {from}");
        add(file, text.replace(from, to).into_bytes(), why);
    }
    let bom = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
    add("byte-order-mark", bom, "A byte order mark before a good document.");
    add("trailing-data", format!("{text}{{}}").into_bytes(), "Something follows a good document.");
    add("cut-off", text.as_bytes()[..text.len() / 2].to_vec(), "The second half is missing.");
    add("empty", Vec::new(), "There is nothing in the file.");
    let latin1 = text.chars().map(|c| u8::try_from(c).unwrap_or(b'-')).collect();
    add("latin-1", latin1, "The Danish letters are in Latin-1 and not in UTF-8.");
    let utf16 = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    let utf16 = utf16.flat_map(u16::to_le_bytes).collect();
    add("utf-16", utf16, "A good document, saved by an editor as UTF-16.");
    for (file, member, value, why) in signed_so() {
        let mut document = Papers::new(101).erasure("/dev/sda", &drives::hdd());
        document["credentialSubject"]["paperwork"][member] = value;
        let document = signed_anyway(document, "station", |_| ());
        add(file, serde_json::to_vec_pretty(&document).unwrap(), why);
    }
}

/// What is in the good document once, and what is there instead.
const REPLACED: &[(&str, &str, &str, &str)] = &[
    (
        "duplicate-member",
        "\"verdict\": \"sanitized\"",
        "\"verdict\": \"not-sanitized\", \"verdict\": \"sanitized\"",
        "A member is there twice; some programs see the first, some the last.",
    ),
    (
        "duplicate-member-escaped",
        "\"verdict\": \"sanitized\"",
        "\"v\\u0065rdict\": \"not-sanitized\", \"verdict\": \"sanitized\"",
        "A member is there twice, once with an escaped letter.",
    ),
    (
        "duplicate-member-in-proof",
        "\"cryptosuite\": \"eddsa-jcs-2022\",\n    \"created\"",
        "\"cryptosuite\": \"none\", \"cryptosuite\": \"eddsa-jcs-2022\",\n    \"created\"",
        "A member of the proof is there twice.",
    ),
    (
        "float",
        "\"writtenBytes\": 500107862016",
        "\"writtenBytes\": 500107862016.0",
        "A number with a fraction, which some programs take for the whole number that was signed.",
    ),
    (
        "exponent",
        "\"writtenBytes\": 500107862016",
        "\"writtenBytes\": 500107862016e0",
        "A number with an exponent, which some programs take for the number that was signed.",
    ),
    ("minus-zero", "\"retries\": 0", "\"retries\": -0", "-0, which is signed as 0."),
    (
        "leading-zero",
        "\"writtenBytes\": 500107862016",
        "\"writtenBytes\": 0500107862016",
        "No JSON: a number with a leading zero.",
    ),
    (
        "comment",
        "\"schemaVersion\": \"1.0\",\n  \"name\"",
        "\"schemaVersion\": \"1.0\", /* good */\n  \"name\"",
        "No JSON: a comment.",
    ),
    (
        "trailing-comma",
        "\"confirmed\": false",
        "\"confirmed\": false,",
        "No JSON: a comma before the end of an object.",
    ),
    (
        "single-quotes",
        "\"schemaVersion\": \"1.0\",\n  \"name\"",
        "'schemaVersion': '1.0',\n  \"name\"",
        "No JSON: single quotes.",
    ),
    ("not-a-number", "\"retries\": 0", "\"retries\": NaN", "No JSON: NaN."),
    (
        "lone-surrogate",
        "\"location\": \"R",
        "\"location\": \"\\ud800R",
        "Half of a pair of surrogates, which is no character.",
    ),
    (
        "line-end-in-text",
        "\"location\": \"R",
        "\"location\": \"\nR",
        "No JSON: a text with a line end in it.",
    ),
];

/// Members of the paperwork that are signed as they stand.
fn signed_so() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let deep = (0..40).fold(json!(1), |inside, _| json!([inside]));
    vec![
        (
            "big-integer",
            "inventoryNumber",
            json!(9_007_199_254_740_992_u64),
            "A number beyond 2^53 - 1: the next one reads the same in many programs.",
        ),
        (
            "big-negative-integer",
            "inventoryNumber",
            json!(-9_007_199_254_740_992_i64),
            "A number below -(2^53 - 1).",
        ),
        (
            "bidi",
            "location",
            json!("\u{202e}ybdøR"),
            "A character that turns the direction of reading.",
        ),
        (
            "bidi-isolate",
            "location",
            json!("Rødby \u{2066}2\u{2069}"),
            "A character that isolates a direction of reading.",
        ),
        ("zero-width", "assetTag", json!("ODK-\u{200b}00101"), "A character that nobody sees."),
        ("control-character", "assetTag", json!("ODK\u{8}-00101"), "A backspace in a text."),
        ("nul", "assetTag", json!("ODK-00101\u{0}"), "A NUL in a text."),
        ("noncharacter", "assetTag", json!("ODK-\u{fffe}"), "A code that is no character."),
        (
            "not-nfc",
            "operator",
            json!("Sø\u{72}en A\u{30a}kjær"),
            "A letter that is composed of two: it looks like another text that it is not.",
        ),
        ("deep-nesting", "history", deep, "Arrays within arrays, more than 24 deep."),
        (
            "case-only-duplicate",
            "AssetTag",
            json!("ODK-99999"),
            "Two members differ only in case; some programs take them for one.",
        ),
        ("name-not-ascii", "lagerplads\u{e5}", json!(1), "A name with a letter beyond ASCII."),
        (
            "name-with-underscore",
            "asset_tag",
            json!("x"),
            "A name with more than letters and digits.",
        ),
        ("name-empty", "", json!("x"), "A member without a name."),
        (
            "name-proto",
            "__proto__",
            json!({ "verdict": "sanitized" }),
            "A name that means something to JavaScript.",
        ),
        ("fraction-signed", "weight", json!(1.5), "A number with a fraction, signed as it stands."),
    ]
}
