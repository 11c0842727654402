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
use super::document::{BLANK, DESTRUCTION, INSPECTION, MACHINE, STARTED, TYPES, VALIDATION};
use super::trust_list::TYPE as LIST;
use documents::{
    Authorization, CondemnationSubject, DecisionSubject, Document, ErasureSubject, InSession,
    InspectionSubject, MachineSubject, StartSubject, TrustList,
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
            BLANK | INSPECTION => generator.subschema_for::<InSession<InspectionSubject>>(),
            DESTRUCTION => generator.subschema_for::<InSession<CondemnationSubject>>(),
            _ => generator.subschema_for::<InSession<ErasureSubject>>(),
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
        // A type may ask for more than its integers do.
        let asked = schema.get("minimum").and_then(Value::as_i64).unwrap_or(least);
        schema.insert("minimum".to_owned(), asked.max(least).into());
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cert::members;

    /// What is read strictly before a document's members are looked for.
    const READ_BEFORE: [&str; 6] =
        ["/@context", "/type", "/schemaVersion", "/issuer/id", "/issuer/name", "/proof"];

    /// Follows a reference to where it leads.
    fn resolved<'a>(whole: &'a Value, node: &'a Value) -> &'a Value {
        match node.get("$ref").and_then(Value::as_str) {
            Some(reference) => resolved(whole, whole.pointer(&reference[1..]).unwrap()),
            None => node,
        }
    }

    /// Notes every member that has to be there, as deep as the list of members goes.
    fn required(
        whole: &Value,
        node: &Value,
        path: &str,
        list: &BTreeSet<&str>,
        found: &mut BTreeSet<String>,
    ) {
        if list.contains(path) {
            found.insert(path.to_owned());
            return;
        }
        let node = resolved(whole, node);
        let properties = node["properties"].as_object().unwrap_or_else(|| panic!("{path}"));
        let names: BTreeSet<_> = properties.keys().map(String::as_str).collect();
        let has_to: BTreeSet<_> =
            node["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(names, has_to, "the tool writes every member, {path}");
        for (name, node) in properties {
            required(whole, node, &format!("{path}/{name}"), list, found);
        }
    }

    #[test]
    fn what_the_schema_requires_is_what_a_reader_looks_for() {
        let schema = schema();
        for kind in TYPES.into_iter().chain([VALIDATION]) {
            let mut list: BTreeSet<&str> = members::of(kind).collect();
            list.extend(READ_BEFORE);
            list.insert("/issuer/authorization");
            let case = schema["allOf"].as_array().unwrap().iter().find(|case| {
                case.pointer("/if/properties/type/prefixItems/1/const") == Some(&json!(kind))
            });
            let mut found = BTreeSet::new();
            required(&schema, &case.unwrap()["then"], "", &list, &mut found);
            assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), list, "{kind}");
        }
    }

    #[test]
    fn no_address_is_needed_and_none_is_missing() {
        let text = schema().to_string();
        let addresses = ["https://json-schema.org/draft/2020-12/schema"]
            .into_iter()
            .chain(crate::cert::proof::CONTEXT);
        let rest = addresses.fold(text, |text, address| text.replace(address, ""));
        assert!(!rest.contains("http"), "{rest}");
    }

    #[test]
    fn descriptions_are_for_everybody() {
        assert_eq!(plain("See [`A::B`].\nAnd [`C`](super::C) (x)."), "See `A::B`. And `C` (x).");
        assert_eq!(plain("`a` and [`b`]"), "`a` and `b`");
        let text = schema().to_string();
        assert!(!text.contains("[`") && !text.contains("](") && !text.contains("format\":\"uint"));
    }
}
