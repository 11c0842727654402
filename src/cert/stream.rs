//! Whether anything is missing. Each session of the program signs a stream: a record of what it
//! begins, its results in the order in which they came, and the report on the machine as its end,
//! numbered and each with the digest of the one before. So machines that work at the same time
//! never write to one sequence, and a result that was taken away leaves a gap.
//!
//! A session that lost its power has no end. What it began it named in its first record, and that
//! must have been certified since, in whatever stream of the station; and a later session that
//! names all of the same says that it went on for it.
//!
//! Deliberately not: whole streams that were taken away. Only the office's log shows those.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::document::{MACHINE, STARTED};
use super::verify::VerifiedCertificate;
use crate::model::Timestamp;

/// A document's place in its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// UUID of the session.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = super::UUID)))]
    pub id: String,
    /// From 0, the record of what was begun.
    pub sequence: u64,
    /// SHA-256 of the signed document before in canonical form, hexadecimal; 64 zeros for the first.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::model::text::DIGEST)))]
    pub previous_digest: String,
}

/// What stands for the document before the first.
pub const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a session begins on one drive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// `urn:uuid:...` of the certificate that this is going to have.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = super::URN_UUID)))]
    pub certificate: String,
    /// The drive's model.
    pub model: Option<String>,
    /// The drive's serial number.
    pub serial_number: Option<String>,
}

/// What is looked at of a verified document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What a person calls it: its file.
    pub name: String,
    digest: String,
    id: String,
    /// The station's did:key: another station's numbers are another stream.
    issuer: String,
    issued: Timestamp,
    place: Place,
    is_start: bool,
    is_end: bool,
    begun: Vec<Begun>,
    /// The streams without an end that this one goes on for.
    continues: Vec<String>,
}

impl Entry {
    /// `None` for a document that has no place in a stream, or whose layout is not known.
    #[must_use]
    pub fn of(name: String, document: &VerifiedCertificate) -> Option<Self> {
        let subject = document.document().get("credentialSubject")?;
        let (begun, continues) = if document.kind() == STARTED {
            let list = |name: &str| subject.get(name).cloned().unwrap_or_default();
            (
                serde_json::from_value(list("drives")).ok()?,
                serde_json::from_value(list("continues")).ok()?,
            )
        } else {
            (Vec::new(), Vec::new())
        };
        Some(Self {
            name,
            digest: document.digest().to_owned(),
            id: document.document().get("id")?.as_str()?.to_owned(),
            issuer: document.issuer().to_owned(),
            issued: document.issued(),
            place: document.place()?.clone(),
            is_start: document.kind() == STARTED,
            is_end: document.kind() == MACHINE,
            begun,
            continues,
        })
    }
}

/// Something that is missing, doubled or in the wrong order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Gap {
    /// Documents between others of a stream, or before the first one that is there, are missing.
    #[serde(rename_all = "camelCase")]
    Missing {
        /// The stream.
        stream: String,
        /// The first number that is missing.
        from: u64,
        /// The last number that is missing.
        to: u64,
    },
    /// What a stream began was never certified.
    #[serde(rename_all = "camelCase")]
    NotCertified {
        /// The stream.
        stream: String,
        /// What was begun.
        begun: Begun,
    },
    /// A stream has no end, and no later one went on for it.
    NoEnd {
        /// The stream.
        stream: String,
    },
    /// Two documents bear one number.
    #[serde(rename_all = "camelCase")]
    Forked {
        /// The stream.
        stream: String,
        /// The number.
        sequence: u64,
        /// The files.
        files: Vec<String>,
    },
    /// A document does not name the one before it.
    Unchained {
        /// Its file.
        file: String,
    },
    /// One document is there more than once.
    Doubled {
        /// The files.
        files: Vec<String>,
    },
    /// There are two different certificates of one id.
    TwoOfOneId {
        /// The files.
        files: Vec<String>,
    },
    /// A document says that it is older than the one before it.
    BackDated {
        /// Its file.
        file: String,
    },
    /// A stream does not begin with the record of what it begins, or has another one later.
    Misplaced {
        /// The file.
        file: String,
    },
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { stream, from, to } if from == to => {
                write!(f, "number {from} of stream {stream} is missing")
            }
            Self::Missing { stream, from, to } => {
                write!(f, "numbers {from} to {to} of stream {stream} are missing")
            }
            Self::NotCertified { stream, begun } => {
                let unknown = || "without a name".to_owned();
                write!(
                    f,
                    "stream {stream} names the drive {}, serial {}, at its beginning, and its \
                     document {} is missing",
                    begun.model.clone().unwrap_or_else(unknown),
                    begun.serial_number.clone().unwrap_or_else(unknown),
                    begun.certificate
                )
            }
            Self::NoEnd { stream } => write!(
                f,
                "stream {stream} has no end: its last documents are missing, or it was cut off and \
                 never continued"
            ),
            Self::Forked { stream, sequence, files } => write!(
                f,
                "number {sequence} of stream {stream} is there more than once: {}",
                files.join(", ")
            ),
            Self::Unchained { file } => write!(f, "{file} does not follow the document before it"),
            Self::Misplaced { file } => write!(
                f,
                "{file} is in the wrong place of its stream, which has one record of what it begins, \
                 as its first"
            ),
            Self::Doubled { files } => write!(f, "these are one document: {}", files.join(", ")),
            Self::TwoOfOneId { files } => {
                write!(f, "these differ and bear one id: {}", files.join(", "))
            }
            Self::BackDated { file } => write!(
                f,
                "{file} says that it is older than the document before it: it was back-dated, or \
                 the clock was set back"
            ),
        }
    }
}

/// Everything that is missing, doubled or in the wrong order among these documents.
#[must_use]
pub fn gaps(entries: &[Entry]) -> Vec<Gap> {
    let mut copies: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        copies.entry(&entry.digest).or_default().push(entry);
    }
    let names = |same: &[&Entry]| same.iter().map(|entry| entry.name.clone()).collect();
    let mut found: Vec<Gap> = (copies.values())
        .filter(|same| same.len() > 1)
        .map(|same| Gap::Doubled { files: names(same) })
        .collect();
    // Copies of one document are one.
    let entries: Vec<&Entry> = copies.values().filter_map(|same| same.first().copied()).collect();
    let mut by_id: HashMap<&str, Vec<&Entry>> = HashMap::new();
    let mut certified: HashSet<(&str, &str)> = HashSet::new();
    let mut streams: BTreeMap<(&str, &str), Vec<&Entry>> = BTreeMap::new();
    for entry in &entries {
        by_id.entry(&entry.id).or_default().push(entry);
        if !entry.is_start && !entry.is_end {
            certified.insert((&entry.issuer, &entry.id));
        }
        streams.entry((&entry.issuer, &entry.place.id)).or_default().push(entry);
    }
    // What a session goes on with, by the streams for which it says that it goes on.
    let going_on: Vec<(&Entry, HashSet<&str>)> = (entries.iter())
        .filter(|entry| !entry.continues.is_empty())
        .map(|entry| (*entry, entry.begun.iter().map(|b| b.certificate.as_str()).collect()))
        .collect();
    let mut continued: HashMap<(&str, &str), Vec<&HashSet<&str>>> = HashMap::new();
    for (entry, begun) in &going_on {
        for id in &entry.continues {
            continued.entry((&entry.issuer, id)).or_default().push(begun);
        }
    }
    found.extend(streams.into_iter().flat_map(|(name, mut stream)| {
        stream.sort_by(|a, b| (a.place.sequence, &a.name).cmp(&(b.place.sequence, &b.name)));
        of_stream(&stream, &certified, continued.get(&name).map_or(&[], Vec::as_slice))
    }));
    let mut twins: Vec<Vec<String>> =
        by_id.into_values().filter(|same| same.len() > 1).map(|same| names(&same)).collect();
    twins.sort();
    found.extend(twins.into_iter().map(|files| Gap::TwoOfOneId { files }));
    found
}

/// The gaps of one stream, whose documents are in the order of their numbers.
fn of_stream(
    stream: &[&Entry],
    certified: &HashSet<(&str, &str)>,
    continued: &[&HashSet<&str>],
) -> Vec<Gap> {
    let Some((first, last)) = stream.first().zip(stream.last()) else { return Vec::new() };
    let id = || first.place.id.clone();
    let mut found = Vec::new();
    if let Some(to) = first.place.sequence.checked_sub(1) {
        found.push(Gap::Missing { stream: id(), from: 0, to });
    }
    for (before, after) in stream.iter().zip(stream.iter().skip(1)) {
        let (a, b) = (before.place.sequence, after.place.sequence);
        match b - a {
            0 => found.push(Gap::Forked {
                stream: id(),
                sequence: a,
                files: vec![before.name.clone(), after.name.clone()],
            }),
            1 if after.place.previous_digest != before.digest => {
                found.push(Gap::Unchained { file: after.name.clone() });
            }
            1 => {}
            _ => found.push(Gap::Missing { stream: id(), from: a + 1, to: b - 1 }),
        }
        if after.issued < before.issued {
            found.push(Gap::BackDated { file: after.name.clone() });
        }
        if before.is_end {
            // Nothing comes after the end.
            found.push(Gap::Unchained { file: after.name.clone() });
        }
    }
    if first.place.sequence == 0 && first.place.previous_digest != NOTHING_BEFORE {
        found.push(Gap::Unchained { file: first.name.clone() });
    }
    let begun = || stream.iter().flat_map(|entry| &entry.begun);
    let lost = |begun: &&Begun| !certified.contains(&(&first.issuer, &begun.certificate));
    found.extend(
        begun().filter(lost).map(|begun| Gap::NotCertified { stream: id(), begun: begun.clone() }),
    );
    let misplaced = stream.iter().filter(|entry| entry.is_start != (entry.place.sequence == 0));
    found.extend(misplaced.map(|entry| Gap::Misplaced { file: entry.name.clone() }));
    // A session that was cut off left all its journals open, so the next one has all of them. One
    // that goes on for this stream with less saw it when only its end was not there.
    let all = |later: &&HashSet<&str>| begun().all(|b| later.contains(b.certificate.as_str()));
    if !last.is_end && !continued.iter().any(all) {
        found.push(Gap::NoEnd { stream: id() });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    /// A session that erased three drives: its start, three certificates, its end.
    fn session(id: &str) -> Vec<Entry> {
        let begun = |n: u64| Begun {
            certificate: format!("urn:{id}-{n}"),
            model: Some("M".into()),
            serial_number: Some(format!("S{n}")),
        };
        (0..5_u64)
            .map(|n| Entry {
                name: format!("{id}/{n}"),
                digest: format!("{id}-digest-{n}"),
                id: format!("urn:{id}-{n}"),
                issuer: "did:key:z1".into(),
                issued: Timestamp::from_unix(NOW + n.cast_signed()),
                place: Place {
                    id: id.into(),
                    sequence: n,
                    previous_digest: match n.checked_sub(1) {
                        None => NOTHING_BEFORE.into(),
                        Some(before) => format!("{id}-digest-{before}"),
                    },
                },
                is_start: n == 0,
                is_end: n == 4,
                begun: if n == 0 { (1..4).map(begun).collect() } else { Vec::new() },
                continues: Vec::new(),
            })
            .collect()
    }

    fn begun(entries: &[Entry], n: usize) -> Begun {
        entries[0].begun[n].clone()
    }

    #[test]
    fn nothing_is_missing_in_any_order() {
        let mut both = [session("a"), session("b")].concat();
        both.reverse();
        assert_eq!(gaps(&both), []);
        both.push(Entry { name: "copy".into(), ..both[3].clone() });
        let files = vec!["b/1".into(), "copy".into()];
        assert_eq!(gaps(&both), [Gap::Doubled { files }], "a copy is the same document");
        assert_eq!(gaps(&[]), []);
    }

    #[test]
    fn each_thing_taken_away_leaves_its_gap() {
        let whole = session("a");
        let without = |n: usize| {
            let mut rest = whole.clone();
            rest.remove(n);
            gaps(&rest)
        };
        let missing = |from, to| Gap::Missing { stream: "a".into(), from, to };
        let lost = |n| Gap::NotCertified { stream: "a".into(), begun: begun(&whole, n) };
        assert_eq!(without(0), [missing(0, 0)]);
        for n in 1..4 {
            assert_eq!(without(n), [missing(n as u64, n as u64), lost(n - 1)]);
        }
        let no_end = Gap::NoEnd { stream: "a".into() };
        assert_eq!(without(4), std::slice::from_ref(&no_end));
        assert_eq!(gaps(&whole[..2]), [lost(1), lost(2), no_end.clone()]);
        assert_eq!(gaps(&whole[2..]), [missing(0, 1)]);
        assert_eq!(gaps(&whole[2..4]), [missing(0, 1), no_end]);
        let ends = [whole[0].clone(), whole[4].clone()];
        assert_eq!(gaps(&ends), [missing(1, 3), lost(0), lost(1), lost(2)]);
    }

    #[test]
    fn what_was_cut_off_may_be_certified_in_another_stream() {
        let cut = session("a")[..2].to_vec();
        let mut later = session("b");
        later[1].id = begun(&cut, 1).certificate;
        later[2].id = begun(&cut, 2).certificate;
        let own = Begun { certificate: later[3].id.clone(), ..begun(&later, 2) };
        later[0].begun = [cut[0].begun.clone(), vec![own]].concat();
        let both = |later: &[Entry]| gaps(&[&cut[..], later].concat());
        assert_eq!(both(&later), [Gap::NoEnd { stream: "a".into() }]);
        later[0].continues.push("a".into());
        assert_eq!(both(&later), []);
        let others: Vec<Entry> = (later.iter())
            .map(|entry| Entry { issuer: "did:key:z2".into(), ..entry.clone() })
            .collect();
        let lost = |n| Gap::NotCertified { stream: "a".into(), begun: begun(&cut, n) };
        let no_end = Gap::NoEnd { stream: "a".into() };
        let found = both(&others);
        assert_eq!(found[..3], [lost(1), lost(2), no_end], "another station's word");
        assert_eq!(found.len(), 4, "nor is ours theirs: {found:?}");
        // Only a certificate is what was announced.
        let mut reports = later.clone();
        reports[1].is_end = true;
        assert!(both(&reports).contains(&lost(1)));
    }

    #[test]
    fn a_stream_that_ended_is_not_gone_on_for() {
        // Its end was taken away before a later session looked for streams without one. That
        // session had nothing of it to go on with: its journals were closed.
        let whole = session("a");
        let mut later = session("b");
        later[0].continues.push("a".into());
        let found = gaps(&[&whole[..4], &later].concat());
        assert_eq!(found, [Gap::NoEnd { stream: "a".into() }]);
    }

    #[test]
    fn a_stream_begins_with_the_record_of_it_and_has_no_other() {
        let mut none = session("a");
        none[0].is_start = false;
        assert_eq!(gaps(&none), [Gap::Misplaced { file: "a/0".into() }]);
        let mut second = session("a");
        second[2].is_start = true;
        let begun = begun(&second, 1);
        assert_eq!(
            gaps(&second),
            [
                Gap::NotCertified { stream: "a".into(), begun },
                Gap::Misplaced { file: "a/2".into() }
            ]
        );
    }

    #[test]
    fn what_was_exchanged_does_not_fit() {
        let fork = |n: u64| Gap::Forked {
            stream: "a".into(),
            sequence: n,
            files: vec![format!("a/{n}"), "other".into()],
        };
        let mut two = session("a");
        let mut other = two[2].clone();
        (other.name, other.digest) = ("other".into(), "another".into());
        two.push(other.clone());
        let found = gaps(&two);
        assert!(found.contains(&fork(2)), "{found:?}");
        assert!(
            found.contains(&Gap::TwoOfOneId { files: vec!["a/2".into(), "other".into()] }),
            "{found:?}"
        );
        let mut exchanged = session("a");
        exchanged[2] = other;
        assert_eq!(gaps(&exchanged), [Gap::Unchained { file: "a/3".into() }]);
        let mut first = session("a");
        first[0].place.previous_digest = "aa".repeat(32);
        assert_eq!(gaps(&first), [Gap::Unchained { file: "a/0".into() }]);
        let mut after = session("a");
        after[3].is_end = true;
        after[0].begun.truncate(2);
        assert_eq!(gaps(&after), [Gap::Unchained { file: "a/4".into() }]);
        let mut early = session("a");
        early[2].issued = Timestamp::from_unix(NOW);
        assert_eq!(gaps(&early), [Gap::BackDated { file: "a/2".into() }]);
        // Another station that uses the same number for its stream is another stream.
        let mut foreign = session("a");
        for entry in &mut foreign {
            entry.issuer = "did:key:z2".into();
            entry.digest += "-2";
            entry.id += "-2";
            entry.begun.clear();
        }
        for n in 1..5 {
            foreign[n].place.previous_digest = foreign[n - 1].digest.clone();
        }
        assert_eq!(gaps(&[session("a"), foreign].concat()), []);
    }

    #[test]
    fn numbers_from_a_stranger_end_nothing() {
        let mut huge = session("a");
        huge[4].place.sequence = u64::MAX;
        assert!(gaps(&huge).contains(&Gap::Missing {
            stream: "a".into(),
            from: 4,
            to: u64::MAX - 1
        }));
    }
}
