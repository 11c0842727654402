//! The JSON Schema (draft 2020-12) of all signed documents, generated from the types that make and
//! read them. What it cannot say is said in `certs/FORMAT.md`.
//!
//! It describes what the tool writes, so a member that may be null is there all the same. It
//! describes the form and never the truth: a document of this form can be forged. Members that it
//! does not name are allowed where a verifier shows them, and forbidden where a verifier refuses
//! them: in a proof, an authorization and a trust list.
//!
//! Deliberately not: the spelling (RFC 8259 as [`super::profile`] narrows it). Whoever has parsed a
//! document can no longer see a doubled member or `1.0`.

mod documents;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

use super::authorization::{TYPE as STATION, VALIDATOR_TYPE as VALIDATOR};
use super::document::{MACHINE, STARTED, TYPES, VALIDATION};
use super::trust_list::TYPE as LIST;
use documents::{
    Authorization, DecisionSubject, Document, DriveSubject, InSession, MachineSubject, StartSubject,
    TrustList,
};

/// The name of the file in `certs/schema`.
pub const FILE: &str = "nulstil-1.0.schema.json";

/// The largest integer that every reader of JSON holds exactly (RFC 8259, section 6).
const SAFE: i64 = (1 << 53) - 1;

/// The schema.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator = settings.into_generator();
    let station = generator.subschema_for::<Authorization>();
    let mut kinds = vec![
        (VALIDATION, generator.subschema_for::<Document<DecisionSubject>>()),
        (STATION, station.clone()),
        (VALIDATOR, station),
        (LIST, generator.subschema_for::<TrustList>()),
    ];
    for kind in TYPES {
        let document = match kind {
            MACHINE => generator.subschema_for::<InSession<MachineSubject>>(),
            STARTED => generator.subschema_for::<InSession<StartSubject>>(),
            _ => generator.subschema_for::<InSession<DriveSubject>>(),
        };
        kinds.push((kind, document));
    }
    let names: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
    let cases: Vec<Value> = kinds
        .iter()
        .map(|(kind, document)| {
            let it_is = json!({"prefixItems": [true, {"const": kind}]});
            json!({"if": {"properties": {"type": it_is}}, "then": document})
        })
        .collect();
    let mut schema = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": FILE,
        "title": "nulstil: signed documents, layout 1.0",
        "description": "Says which form a document has, and nothing of whether it is genuine or \
             true. certs/FORMAT.md describes every member for people.",
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {
                "description": "The kind of document, which says what else is in it.",
                "type": "array",
                "prefixItems": [{"const": "VerifiableCredential"}, {"enum": names}],
                "minItems": 2,
                "maxItems": 2,
            },
        },
        "allOf": cases,
        "$defs": generator.take_definitions(false),
    });
    let mut tidy = RecursiveTransform(tidy);
    schemars::transform::Transform::transform(&mut tidy, &mut schema);
    schema.to_value()
}

/// The kinds of documents on one drive.
fn on_a_drive() -> Vec<&'static str> {
    TYPES.into_iter().filter(|kind| ![MACHINE, STARTED].contains(kind)).collect()
}

/// Gives integers their ranges in words that every validator knows, and descriptions without what
/// only rustdoc understands.
fn tidy(schema: &mut Schema) {
    let format = schema.get("format").and_then(Value::as_str).map(str::to_owned);
    let range = match format.as_deref() {
        Some("uint8") => Some((0, i64::from(u8::MAX))),
        Some("uint32") => Some((0, i64::from(u32::MAX))),
        Some("uint64") => Some((0, SAFE)),
        Some("int64") => Some((-SAFE, SAFE)),
        _ => None,
    };
    if let Some((least, most)) = range {
        schema.remove("format");
        schema.insert("minimum".to_owned(), least.into());
        schema.insert("maximum".to_owned(), most.into());
    }
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        let text = plain(text);
        schema.insert("description".to_owned(), text.into());
    }
}

/// A description on one line, with the names of links and without their targets.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for (at, part) in text.replace('\n', " ").replace("[`", "`").split("`]").enumerate() {
        let rest = part.strip_prefix('(').and_then(|part| part.split_once(')'));
        let part = rest.filter(|_| at > 0).map_or(part, |(_, rest)| rest);
        if at > 0 {
            plain.push('`');
        }
        plain.push_str(part);
    }
    plain
}

