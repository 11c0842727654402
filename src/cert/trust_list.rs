//! `TrustList`: the root key's word on which keys no longer count, and which ones keep the office's
//! log. A new list takes the place of the one before; its version only goes up.
//!
//! Like an authorization it is read strictly: an unknown member could be a limit that must not be
//! overlooked.

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::issuer::{Head, has_nothing_else};
use super::rejection::{Rejection, Unauthorized};
use super::{did, proof};
use crate::log::{Key, Role};
use crate::model::{Timestamp, unhex};

/// The type name of the document.
pub const TYPE: &str = "TrustList";
const SCHEMA: &str = "1.0";

/// What the root says of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustList {
    /// `urn:uuid:...` of this list.
    pub id: String,
    /// The name of the root key's owner.
    pub issuer_name: String,
    /// When it was made.
    pub issued: Timestamp,
    /// From 1; each new list has the next number.
    pub version: u64,
    /// The digest of the list before, hexadecimal; none for the first.
    pub previous: Option<String>,
    /// Keys that keep the office's log.
    pub logs: Vec<Key>,
    /// Keys of those who sign its checkpoints too. None of them is a log's, or the root's: who keeps
    /// a log is no witness of it.
    pub witnesses: Vec<Key>,
    /// Keys that no longer count.
    pub revoked: Vec<Revocation>,
}

/// A key that no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Its did:key.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = super::did::PATTERN)))]
    pub key: String,
    /// From when on somebody else may have had it.
    pub since: Timestamp,
    /// Why, in a few words.
    pub reason: String,
}

impl TrustList {
    /// Signs the list with the root key.
    ///
    /// # Errors
    /// The reader would refuse it: a version or a digest of the list before that do not fit
    /// together, a key in the wrong place or twice, or a text outside of the profile.
    pub fn sign(&self, root: &SigningKey, created: Timestamp) -> Result<Value, Rejection> {
        let signed = proof::sign(self.unsigned(&root.verifying_key()), root, created)?;
        Self::verify(&signed, &root.verifying_key())?;
        Ok(signed)
    }

    /// Reads a list and checks that `root` signed it. The document must come from
    /// [`super::profile::parse`].
    ///
    /// # Errors
    /// Forged, by another root, or not to be understood.
    pub fn verify(document: &Value, root: &VerifyingKey) -> Result<Self, Rejection> {
        let head = Head::of_signed(document)?;
        if head.document_type != TYPE {
            return Err(Rejection::TypeMismatch);
        }
        if head.issuer != did::of(root) {
            return Err(Unauthorized::OtherRoot { signer: head.issuer }.into());
        }
        let wrong = |member: &str| Rejection::content(&format!("credentialSubject.{member}"));
        let member = |name: &str| document.pointer("/credentialSubject").and_then(|s| s.get(name));
        let version = member("version").and_then(Value::as_u64).filter(|version| *version > 0);
        let version = version.ok_or_else(|| wrong("version"))?;
        let previous = match member("previousDigest") {
            Some(Value::Null) => None,
            Some(Value::String(digest)) if unhex(digest).is_some_and(|bytes| bytes.len() == 32) => {
                Some(digest.clone())
            }
            _ => return Err(wrong("previousDigest")),
        };
        if previous.is_some() != (version > 1) {
            return Err(wrong("previousDigest"));
        }
        let keys = |name: &str, role| {
            let list = member(name).and_then(Value::as_array);
            let key = |text: &Value| text.as_str()?.parse().ok().filter(|k: &Key| k.role() == role);
            list.and_then(|list| list.iter().map(key).collect::<Option<Vec<_>>>())
                .filter(|list| all_differ(list.iter().map(Key::name)))
                .ok_or_else(|| wrong(name))
        };
        let revoked = member("revoked").cloned().unwrap_or_default();
        let revoked: Vec<Revocation> =
            serde_json::from_value(revoked).map_err(|_| wrong("revoked"))?;
        let known = revoked.iter().all(|one| did::key(&one.key).is_ok());
        if !known || !all_differ(revoked.iter().map(|one| one.key.as_str())) {
            return Err(wrong("revoked"));
        }
        let (logs, witnesses) = (keys("logs", Role::Log)?, keys("witnesses", Role::Witness)?);
        let kept_by = logs.iter().map(Key::key).chain([root]);
        if !all_differ(kept_by.chain(witnesses.iter().map(Key::key)).map(VerifyingKey::as_bytes)) {
            return Err(wrong("witnesses"));
        }
        let list = Self {
            id: head.id,
            issuer_name: head.issuer_name,
            issued: head.valid_from,
            version,
            previous,
            logs,
            witnesses,
            revoked,
        };
        has_nothing_else(document, &list.unsigned(root))?;
        Ok(list)
    }

    /// Whether and why a key no longer counts.
    #[must_use]
    pub fn revocation(&self, did: &str) -> Option<&Revocation> {
        self.revoked.iter().find(|revocation| revocation.key == did)
    }

    fn unsigned(&self, root: &VerifyingKey) -> Value {
        let keys = |list: &[Key]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        json!({
            "@context": proof::CONTEXT,
            "id": self.id,
            "type": ["VerifiableCredential", TYPE],
            "schemaVersion": SCHEMA,
            "issuer": { "id": did::of(root), "name": self.issuer_name },
            "validFrom": self.issued,
            "credentialSubject": {
                "type": "Keys",
                "version": self.version,
                "previousDigest": self.previous,
                "logs": keys(&self.logs),
                "witnesses": keys(&self.witnesses),
                "revoked": self.revoked,
            },
        })
    }
}

fn all_differ<T: Eq + std::hash::Hash>(mut all: impl Iterator<Item = T>) -> bool {
    let mut seen = std::collections::HashSet::new();
    all.all(|one| seen.insert(one))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::cert) fn key(n: u8) -> SigningKey {
        SigningKey::from_bytes(&[n; 32])
    }

    const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);

    pub(in crate::cert) fn list() -> TrustList {
        TrustList {
            id: "urn:uuid:0199b0c0-0000-7000-8000-000000000007".into(),
            issuer_name: "Recycler".into(),
            issued: NOW,
            version: 2,
            previous: Some("ab".repeat(32)),
            logs: vec![Key::new("office", Role::Log, key(3).verifying_key()).unwrap()],
            witnesses: vec![Key::new("odense", Role::Witness, key(4).verifying_key()).unwrap()],
            revoked: vec![Revocation {
                key: did::of(&key(2).verifying_key()),
                since: NOW.plus(-3600),
                reason: "stick lost".into(),
            }],
        }
    }

    #[test]
    fn reads_what_it_signs() {
        let signed = list().sign(&key(1), NOW).unwrap();
        assert_eq!(TrustList::verify(&signed, &key(1).verifying_key()), Ok(list()));
        assert_eq!(
            TrustList::verify(&signed, &key(9).verifying_key()),
            Err(Unauthorized::OtherRoot { signer: did::of(&key(1).verifying_key()) }.into())
        );
        let revoked = did::of(&key(2).verifying_key());
        assert_eq!(list().revocation(&revoked).unwrap().reason, "stick lost");
        assert_eq!(list().revocation(&did::of(&key(5).verifying_key())), None);
        let first = TrustList { version: 1, previous: None, ..list() };
        assert!(first.sign(&key(1), NOW).is_ok());
    }

    #[test]
    fn what_the_reader_refuses_is_not_signed() {
        let no = |list: TrustList| assert!(list.sign(&key(1), NOW).is_err(), "{list:?}");
        no(TrustList { version: 0, previous: None, ..list() });
        no(TrustList { version: 1, ..list() });
        no(TrustList { previous: None, ..list() });
        no(TrustList { previous: Some("AB".repeat(32)), ..list() });
        no(TrustList { logs: list().witnesses, ..list() });
        no(TrustList { witnesses: list().logs, ..list() });
        no(TrustList { logs: [list().logs, list().logs].concat(), ..list() });
        no(TrustList { revoked: [list().revoked, list().revoked].concat(), ..list() });
        let nobody = Revocation { key: "did:key:z1".into(), ..list().revoked[0].clone() };
        no(TrustList { revoked: vec![nobody], ..list() });
        no(TrustList { id: "7".into(), ..list() });
        // Who keeps a log is no witness of it, under whatever name; nor is one witness two.
        let witness =
            |n| Key::new(&format!("w{n}"), Role::Witness, key(n).verifying_key()).unwrap();
        for n in [3, 1, 4] {
            no(TrustList { witnesses: [list().witnesses, vec![witness(n)]].concat(), ..list() });
        }
        let more = TrustList { witnesses: [list().witnesses, vec![witness(5)]].concat(), ..list() };
        assert!(more.sign(&key(1), NOW).is_ok());
    }

    #[test]
    fn nothing_may_be_overlooked() {
        let refused = |change: fn(&mut Value)| {
            let mut document = list().unsigned(&key(1).verifying_key());
            change(&mut document);
            let signed = proof::sign(document, &key(1), NOW).unwrap();
            TrustList::verify(&signed, &key(1).verifying_key()).unwrap_err()
        };
        let content = |member: &str| Rejection::content(member);
        assert_eq!(refused(|d| d["only"] = json!("Odense")), content("only"));
        assert_eq!(
            refused(|d| d["credentialSubject"]["roots"] = json!([])),
            content("credentialSubject")
        );
        assert_eq!(
            refused(|d| d["credentialSubject"]["revoked"][0]["until"] = json!("x")),
            content("credentialSubject.revoked")
        );
        assert_eq!(
            refused(|d| d["credentialSubject"]["revoked"] = Value::Null),
            content("credentialSubject.revoked")
        );
        assert_eq!(refused(|d| d["schemaVersion"] = json!("2.0")), content("schemaVersion"));
        assert_eq!(refused(|d| d["type"][1] = json!("X")), Rejection::TypeMismatch);
        let mut forged = list().sign(&key(1), NOW).unwrap();
        forged["credentialSubject"]["revoked"] = json!([]);
        assert_eq!(
            TrustList::verify(&forged, &key(1).verifying_key()),
            Err(Rejection::BadSignature)
        );
    }
}
