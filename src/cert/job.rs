//! `ErasureJob`: the root key's word that drives may be erased with nobody asked: how, which, how
//! many on one computer, and until when. Like an authorization it is a W3C Verifiable Credential in
//! the profile of the documents, in which unknown members are refused: one of them could be a limit.
//!
//! It is no certificate and says nothing about a drive; [`super::verify`] does not accept it.

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

use super::issuer::{Head, has_nothing_else, time};
use super::rejection::{Rejection, Unauthorized};
use super::{did, proof};
use crate::model::{Bus, Timestamp};

/// The type name.
pub const TYPE: &str = "ErasureJob";
const SCHEMA: &str = "1.0";

/// The most drives of one computer.
pub const MOST_DRIVES: u64 = 256;

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// `urn:uuid:...` of this job.
    pub id: String,
    /// The name of the root key's owner.
    pub issuer_name: String,
    /// From when on it counts.
    pub valid_from: Timestamp,
    /// The first second at which it no longer does.
    pub valid_until: Timestamp,
    /// The rules by which drives are erased: a policy, as the tool that erases writes it.
    pub policy: Value,
    /// How many drives one computer must have that it is about; neither more nor less.
    pub count: u64,
    /// How these are attached; if it is empty, in any way but USB, by which anybody's drive may be
    /// plugged in.
    pub buses: Vec<Bus>,
    /// Their serial numbers; any if it is empty. A drive that is named here may be attached by USB.
    pub serial_numbers: Vec<String>,
}

impl Job {
    /// Signs it with the root key.
    ///
    /// # Errors
    /// It would never count, or a text is outside of the profile.
    pub fn sign(&self, root: &SigningKey, created: Timestamp) -> Result<Value, Rejection> {
        let signed = proof::sign(self.unsigned(&root.verifying_key()), root, created)?;
        // What the reader would refuse, the root does not sign.
        Self::verify(&signed, &root.verifying_key(), self.valid_from)?;
        Ok(signed)
    }

    /// Reads a job and checks that `root` signed it and that it counts at this time. The document
    /// must come from [`super::profile::parse`].
    ///
    /// # Errors
    /// Forged, by another root, not to be understood, not yet valid, or expired.
    pub fn verify(
        document: &Value,
        root: &VerifyingKey,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let head = Head::of_signed(document)?;
        if head.document_type != TYPE {
            return Err(Rejection::TypeMismatch);
        }
        if head.issuer != did::of(root) {
            return Err(Unauthorized::OtherRoot { signer: head.issuer }.into());
        }
        let wrong = |member: &str| Rejection::content(&format!("credentialSubject.{member}"));
        let member = |name: &str| document.pointer("/credentialSubject").and_then(|s| s.get(name));
        let list = |name: &str| member(name).cloned().ok_or_else(|| wrong(name));
        let count = member("count").and_then(Value::as_u64);
        let job = Self {
            id: head.id,
            issuer_name: head.issuer_name,
            valid_from: head.valid_from,
            valid_until: time(document, "validUntil")?,
            policy: list("policy")?,
            count: count
                .filter(|count| (1..=MOST_DRIVES).contains(count))
                .ok_or_else(|| wrong("count"))?,
            buses: serde_json::from_value(list("buses")?).map_err(|_| wrong("buses"))?,
            serial_numbers: serde_json::from_value(list("serialNumbers")?)
                .map_err(|_| wrong("serialNumbers"))?,
        };
        if !job.policy.is_object() {
            return Err(wrong("policy"));
        }
        if job.valid_until <= job.valid_from {
            return Err(Rejection::content("validUntil"));
        }
        has_nothing_else(document, &job.unsigned(root))?;
        if now < job.valid_from {
            return Err(Unauthorized::NotYetValid.into());
        }
        if now >= job.valid_until {
            return Err(Unauthorized::Expired.into());
        }
        Ok(job)
    }

    fn unsigned(&self, root: &VerifyingKey) -> Value {
        json!({
            "@context": proof::CONTEXT,
            "id": self.id,
            "type": ["VerifiableCredential", TYPE],
            "schemaVersion": SCHEMA,
            "issuer": { "id": did::of(root), "name": self.issuer_name },
            "validFrom": self.valid_from,
            "validUntil": self.valid_until,
            "credentialSubject": {
                "type": "Job",
                "policy": self.policy,
                "count": self.count,
                "buses": self.buses,
                "serialNumbers": self.serial_numbers,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> SigningKey {
        SigningKey::from_bytes(&[n; 32])
    }

    const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);

    fn job() -> Job {
        Job {
            id: "urn:uuid:0199b0c0-0000-7000-8000-000000000009".into(),
            issuer_name: "Recycler".into(),
            valid_from: NOW,
            valid_until: NOW.plus(86_400),
            policy: json!({ "method": "clear", "verify": null }),
            count: 2,
            buses: vec![Bus::Nvme, Bus::Sata],
            serial_numbers: vec!["S1".into()],
        }
    }

    fn read(document: &Value, now: Timestamp) -> Result<Job, Rejection> {
        Job::verify(document, &key(1).verifying_key(), now)
    }

    #[test]
    fn it_reads_what_it_signs_as_long_as_it_counts() {
        let signed = job().sign(&key(1), NOW).unwrap();
        assert_eq!(read(&signed, NOW), Ok(job()));
        assert_eq!(read(&signed, NOW.plus(86_399)), Ok(job()));
        assert_eq!(read(&signed, NOW.plus(86_400)), Err(Unauthorized::Expired.into()));
        assert_eq!(read(&signed, NOW.plus(-1)), Err(Unauthorized::NotYetValid.into()));
        let other = Job::verify(&signed, &key(2).verifying_key(), NOW);
        let signer = did::of(&key(1).verifying_key());
        assert_eq!(other, Err(Unauthorized::OtherRoot { signer }.into()));
    }

    #[test]
    fn nothing_in_it_can_be_changed_or_added() {
        let changes: [fn(&mut Value); 5] = [
            |d| d["credentialSubject"]["count"] = json!(3),
            |d| d["credentialSubject"]["policy"]["method"] = json!("purge"),
            |d| d["credentialSubject"]["buses"] = json!([]),
            |d| d["validUntil"] = json!("2099-01-01T00:00:00Z"),
            |d| d["credentialSubject"]["only"] = json!("Odense"),
        ];
        for change in changes {
            let mut forged = job().sign(&key(1), NOW).unwrap();
            change(&mut forged);
            assert_eq!(read(&forged, NOW), Err(Rejection::BadSignature));
        }
        // What the root signed and this version does not know is no job, and neither is another
        // document of the root's.
        let mut more = job().unsigned(&key(1).verifying_key());
        more["credentialSubject"]["only"] = json!("Odense");
        let signed = proof::sign(more, &key(1), NOW).unwrap();
        assert_eq!(read(&signed, NOW), Err(Rejection::content("credentialSubject")));
        let mut other = job().unsigned(&key(1).verifying_key());
        other["type"][1] = json!("StationAuthorization");
        let signed = proof::sign(other, &key(1), NOW).unwrap();
        assert_eq!(read(&signed, NOW), Err(Rejection::TypeMismatch));
    }

    #[test]
    fn what_would_never_count_is_not_signed() {
        let no = |job: Job| assert!(job.sign(&key(1), NOW).is_err(), "{job:?}");
        no(Job { count: 0, ..job() });
        no(Job { count: MOST_DRIVES + 1, ..job() });
        no(Job { valid_until: NOW, ..job() });
        no(Job { policy: json!("clear"), ..job() });
        no(Job { id: "7".into(), ..job() });
    }
}
