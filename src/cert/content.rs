//! What a document says, once it is known that it is genuine: read into types, concluded again, and
//! compared with itself. Whatever is not found in it is missing; whatever is in it besides is
//! unknown. Both are told and never dropped.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::conclude::{RULES, conclude};
use super::condemned;
use super::document::{
    self, BLANK, DESTRUCTION, INSPECTION, MACHINE, SCHEMA_VERSION, STARTED, TYPES, VALIDATION,
};
use super::inspected::{self, inspected};
use super::machine::{MachineDrive, lacks};
use super::members;
use super::rejection::Rejection;
use super::stream::{Begun, Place};
use super::validation::Validation;
use crate::model::{
    Conclusion, Condemnation, Evidence, HiddenDrives, Inspected, Inspection, unhex,
};

/// What a document says.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Something is missing in it, or its layout is not known.
    NotUnderstood,
    /// What happened to a drive, and what follows from it.
    Erasure(Box<(Evidence, Conclusion)>),
    /// What was read on a drive, and what follows from it.
    Inspection(Box<(Inspection, Inspected)>),
    /// That a drive has to be destroyed.
    Condemnation(Box<Condemnation>),
    /// The drives of a machine, and why it is not complete.
    Machine(Vec<MachineDrive>, Vec<String>),
    /// What a session begins.
    Start,
    /// What a person decided.
    Validation(Validation),
}

/// A document that was read.
#[derive(Debug, Clone)]
pub(super) struct Understood {
    pub(super) content: Content,
    pub(super) place: Option<Place>,
    /// What this program does not know or find in it, one phrase each.
    pub(super) missing: Vec<String>,
    /// The dotted paths of members that this program does not know.
    pub(super) unknown: Vec<String>,
}

/// Reads what a document of this kind says.
///
/// # Errors
/// It says something that it could not if it were true.
pub(super) fn understand(kind: &str, document: &Value) -> Result<Understood, Rejection> {
    let mut reader = Reader { document, known: Value::Null, missing: Vec::new() };
    let nothing = |missing| Understood {
        content: Content::NotUnderstood,
        place: None,
        missing,
        unknown: Vec::new(),
    };
    if !reader.schema_is_known()? {
        return Ok(nothing(reader.missing));
    }
    if !TYPES.contains(&kind) && kind != VALIDATION {
        reader.missing.push(format!("the record type {kind} is not known"));
        return Ok(nothing(reader.missing));
    }
    reader.look_for(kind);
    if !reader.missing.is_empty() {
        return Ok(nothing(reader.missing));
    }
    // A person's decision is no part of a session.
    let place = document.get("stream").filter(|_| kind != VALIDATION).cloned();
    let place = place.map(serde_json::from_value).transpose();
    let place = place.map_err(|_| Rejection::content("stream"))?;
    let content = match kind {
        MACHINE => reader.machine()?,
        STARTED => reader.start()?,
        VALIDATION => Some(Content::Validation(Validation::read(document)?)),
        BLANK | INSPECTION => reader.inspection(kind)?,
        DESTRUCTION => reader.condemnation()?,
        _ => reader.erasure(kind)?,
    };
    let unknown = members_beyond(document, &reader.known, "");
    Ok(Understood {
        content: content.unwrap_or(Content::NotUnderstood),
        place,
        missing: reader.missing,
        unknown: unknown.into_iter().collect(),
    })
}

struct Reader<'a> {
    document: &'a Value,
    /// A document with every member that is known, and no other.
    known: Value,
    missing: Vec<String>,
}

impl Reader<'_> {
    /// Whether the layout is one we know; notes it if it is newer.
    fn schema_is_known(&mut self) -> Result<bool, Rejection> {
        let wrong = || Rejection::content("schemaVersion");
        let Some(version) = self.document.get("schemaVersion") else {
            self.missing.push("the member schemaVersion is missing".to_owned());
            return Ok(false);
        };
        let parse = |text: &str| -> Option<(u32, u32)> {
            let number = |text: &str| -> Option<u32> {
                let number: u32 = text.parse().ok()?;
                (number.to_string() == text).then_some(number)
            };
            let (major, minor) = text.split_once('.')?;
            Some((number(major)?, number(minor)?)).filter(|(major, _)| *major >= 1)
        };
        let theirs = version.as_str().and_then(parse).ok_or_else(wrong)?;
        let ours = parse(SCHEMA_VERSION).ok_or_else(wrong)?;
        if theirs > ours {
            self.missing.push(format!(
                "its layout {}.{} is newer than {SCHEMA_VERSION}, the newest this program knows",
                theirs.0, theirs.1
            ));
        }
        Ok(theirs <= ours)
    }

    /// Notes every member that a document of this kind has and this one has not.
    fn look_for(&mut self, kind: &str) {
        for member in members::of(kind) {
            if self.document.pointer(member).is_none() {
                let name = member.trim_start_matches('/').replace('/', ".");
                self.missing.push(format!("the member {name} is missing"));
            }
            self.know(member, Value::Null);
        }
        for member in ["/issuer/id", "/issuer/name"] {
            self.know(member, Value::Null);
        }
        // These were read strictly before: nothing unknown is in them.
        for member in ["/@context", "/type", "/schemaVersion", "/issuer/authorization", "/proof"] {
            let stored = self.document.pointer(member).cloned();
            self.know(member, stored.unwrap_or_default());
        }
    }

    /// Notes that a member is known, with all that `value` has in it.
    fn know(&mut self, pointer: &str, value: Value) {
        let mut place = &mut self.known;
        for name in pointer.split('/').skip(1) {
            if !place.is_object() {
                *place = json!({});
            }
            let Some(members) = place.as_object_mut() else { return };
            place = members.entry(name).or_insert(Value::Null);
        }
        *place = value;
    }

    /// A member of the subject; null if it is not there.
    fn member(&self, name: &str) -> Value {
        let subject = self.document.get("credentialSubject");
        subject.and_then(|subject| subject.get(name)).cloned().unwrap_or_default()
    }

    /// A member of the subject, read as what it is. None if something is missing in it, which is
    /// noted.
    fn part<T: DeserializeOwned + Serialize>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, Rejection> {
        let path = format!("credentialSubject.{name}");
        let (pointer, stored) = (format!("/credentialSubject/{name}"), self.member(name));
        let part: T = match serde_json::from_value(stored.clone()) {
            Ok(part) => part,
            Err(error) if error.to_string().starts_with("missing field") => {
                self.missing.push(format!("in the {name}, {error}"));
                self.know(&pointer, stored);
                return Ok(None);
            }
            Err(_) => return Err(Rejection::content(&path)),
        };
        // A member that may be null is not missed by the reader, but it is missing all the same.
        let ours = serde_json::to_value(&part).map_err(|_| Rejection::content(&path))?;
        let absent = members_beyond(&ours, &stored, &path);
        self.know(&pointer, ours);
        let whole = absent.is_empty();
        self.missing.extend(absent.into_iter().map(|path| format!("the member {path} is missing")));
        Ok(whole.then_some(part))
    }

    /// What the document says that follows; none if it was concluded by newer rules, which is noted.
    fn stated(&mut self) -> Result<Option<Value>, Rejection> {
        let stated = self.member("conclusion");
        let rules = stated.get("rules").and_then(Value::as_u64).filter(|rules| *rules >= 1);
        let rules = rules.ok_or_else(|| Rejection::content("rules"))?;
        if rules > u64::from(RULES) {
            let newer = format!("it was concluded by newer rules ({rules}) than {RULES}");
            self.missing.push(newer);
            self.know("/credentialSubject/conclusion", stated);
            let evidence = self.member("evidence");
            self.know("/credentialSubject/evidence", evidence);
            return Ok(None);
        }
        Ok(Some(stated))
    }

    /// Concludes again from the evidence in the document, and compares.
    fn erasure(&mut self, kind: &str) -> Result<Option<Content>, Rejection> {
        let Some(stated) = self.stated()? else { return Ok(None) };
        let Some(evidence) = self.part::<Evidence>("evidence")? else { return Ok(None) };
        let conclusion = conclude(&evidence);
        let found = document::conclusion_value(&conclusion);
        if !same_conclusion(&stated, &found) {
            return Err(Rejection::ConclusionMismatch);
        }
        self.know("/credentialSubject/conclusion", found);
        self.is_about(document::subject_type(&evidence.drive))?;
        if kind != document::document_type(&evidence, &conclusion) {
            return Err(Rejection::TypeMismatch);
        }
        Ok(Some(Content::Erasure(Box::new((evidence, conclusion)))))
    }

    /// The same for a drive that was only read.
    fn inspection(&mut self, kind: &str) -> Result<Option<Content>, Rejection> {
        let Some(stated) = self.stated()? else { return Ok(None) };
        let Some(inspection) = self.part::<Inspection>("evidence")? else { return Ok(None) };
        let conclusion = inspected(&inspection);
        let found = inspected::conclusion_value(&conclusion);
        if !same_conclusion(&stated, &found) {
            return Err(Rejection::ConclusionMismatch);
        }
        self.know("/credentialSubject/conclusion", found);
        self.is_about(document::subject_type(&inspection.drive))?;
        if kind != inspected::type_of(&conclusion) {
            return Err(Rejection::TypeMismatch);
        }
        Ok(Some(Content::Inspection(Box::new((inspection, conclusion)))))
    }

    /// Reads which drive has to be destroyed, and why.
    fn condemnation(&mut self) -> Result<Option<Content>, Rejection> {
        let Some(condemnation) = self.part::<Condemnation>("evidence")? else { return Ok(None) };
        condemned::check(&condemnation)?;
        self.is_about(condemned::SUBJECT)?;
        Ok(Some(Content::Condemnation(Box::new(condemnation))))
    }

    /// Whether the subject is called what it is.
    fn is_about(&self, subject: &str) -> Result<(), Rejection> {
        match self.member("type").as_str() {
            Some(stated) if stated == subject => Ok(()),
            _ => Err(Rejection::content("credentialSubject.type")),
        }
    }

    /// Judges again from the drives in the report whether the machine is complete.
    fn machine(&mut self) -> Result<Option<Content>, Rejection> {
        let wrong = |name: &str| Rejection::content(&format!("credentialSubject.{name}"));
        let (possible, reasons) = ("hiddenDrivesPossible", "hiddenDrivesReasons");
        let hidden = HiddenDrives {
            possible: self.member(possible).as_bool().ok_or_else(|| wrong(possible))?,
            reasons: serde_json::from_value(self.member(reasons)).map_err(|_| wrong(reasons))?,
        };
        let drives = self.part::<Vec<MachineDrive>>("drives")?;
        let is_digest = |text: &String| unhex(text).is_some_and(|bytes| bytes.len() == 32);
        let mut named =
            drives.iter().flatten().filter_map(|drive| drive.certificate_digest.as_ref());
        if !named.all(is_digest) {
            return Err(wrong("drives"));
        }
        Ok(drives.map(|drives| {
            let lacks = lacks(&hidden, &drives);
            Content::Machine(drives, lacks)
        }))
    }

    /// Reads what a session says that it begins and goes on for.
    fn start(&mut self) -> Result<Option<Content>, Rejection> {
        let begun = self.part::<Vec<Begun>>("drives")?;
        let _: Vec<String> = serde_json::from_value(self.member("continues"))
            .map_err(|_| Rejection::content("credentialSubject.continues"))?;
        Ok(begun.map(|_| Content::Start))
    }
}

/// The dotted paths of all members that `this` has and `other` has not, below `path`. The items of
/// a list bear its own path: what is in each of a thousand is said once.
fn members_beyond(this: &Value, other: &Value, path: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match this {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match other.get(name) {
                    Some(other) => found.append(&mut members_beyond(value, other, &path)),
                    None => drop(found.insert(path)),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let other = other.get(index).unwrap_or(&Value::Null);
                found.append(&mut members_beyond(item, other, path));
            }
        }
        _ => {}
    }
    found
}

/// Whether two conclusions say the same. The sentences are left out: a later version may find
/// better words for the same code.
fn same_conclusion(stated: &Value, found: &Value) -> bool {
    let codes = |conclusion: &Value| -> Option<Vec<String>> {
        let list = conclusion.get("shortfalls")?.as_array()?;
        let code = |shortfall: &Value| Some(shortfall.get("code")?.as_str()?.to_owned());
        let mut codes = list.iter().map(code).collect::<Option<Vec<_>>>()?;
        codes.sort();
        Some(codes)
    };
    stated.get("verdict") == found.get("verdict")
        && stated.get("method") == found.get("method")
        && codes(stated).is_some()
        && codes(stated) == codes(found)
}
