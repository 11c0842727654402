//! `StationAuthorization`: the root key's word that a station's key may issue certain documents
//! for a certain time; and `ValidatorAuthorization`: the same for the key of somebody who decides on
//! them. No authorization is both, so that nobody's key judges what it signed itself.
//!
//! A W3C Verifiable Credential (Data Model 2.0) in the same profile and with the same
//! cryptosuite as the documents it permits. It is the one document in which unknown members are
//! refused: one of them could be a limit ("only in Odense") that must not be overlooked.
//!
//! Deliberately not: chains (an authorization permits nobody to authorize), revocation (see
//! [`super::trust_list`]), and
//! making ids or reading clocks, which are the caller's.

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

use super::document::VALIDATION;
use super::issuer::{Head, has_nothing_else, text, time};
use super::rejection::{Rejection, Unauthorized};
use super::{did, proof};
use crate::model::Timestamp;

/// The type name of the document for a station.
pub const TYPE: &str = "StationAuthorization";
/// The type name of the document for a validator.
pub const VALIDATOR_TYPE: &str = "ValidatorAuthorization";
const SCHEMA: &str = "1.0";

/// What a station or a validator may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// `urn:uuid:...` of this authorization.
    pub id: String,
    /// The name of the root key's owner.
    pub issuer_name: String,
    /// The station's did:key.
    pub station: String,
    /// The station's name, under which it issues.
    pub station_name: String,
    /// From when on it may issue.
    pub valid_from: Timestamp,
    /// The first second at which it no longer may.
    pub valid_until: Timestamp,
    /// The types of documents that it may issue.
    pub may_issue: Vec<String>,
    /// The version of the newest trust list when this was signed; 0 if there was none. Whoever
    /// shows an older list hides a revocation.
    pub trust_list_version: u64,
    /// The same again, short and signed for codes on paper, in base64url. Whoever reads such a
    /// code checks it; here it is a text that the root has signed.
    pub paper: Option<String>,
}

/// The longest [`Authorization::paper`] in characters.
const LONGEST_PAPER: usize = 1024;

impl Authorization {
    /// Signs the authorization with the root key.
    ///
    /// # Errors
    /// It would never permit anything (empty time or list, no usable station key, id not a
    /// `urn:uuid`), or a text is outside of the profile.
    pub fn sign(&self, root: &SigningKey, created: Timestamp) -> Result<Value, Rejection> {
        let signed = proof::sign(self.unsigned(&root.verifying_key()), root, created)?;
        // What the reader would refuse, the root does not sign.
        Self::read(&signed)?;
        Ok(signed)
    }

    /// Reads an authorization and checks that `root` signed it.
    ///
    /// # Errors
    /// [`Rejection::NotAuthorized`]: forged, by another root, or not to be understood.
    pub fn verify(document: &Value, root: &VerifyingKey) -> Result<Self, Rejection> {
        let (signer, authorization) =
            Self::read(document).map_err(|why| Unauthorized::Broken(Box::new(why)))?;
        if signer != did::of(root) {
            return Err(Unauthorized::OtherRoot { signer }.into());
        }
        Ok(authorization)
    }

    /// Whether it lets `station`, under the name `station_name`, issue a document of this type
    /// at this time.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn permits(
        &self,
        station: &str,
        station_name: &str,
        document_type: &str,
        issued: Timestamp,
    ) -> Result<(), Unauthorized> {
        if station != self.station {
            return Err(Unauthorized::OtherKey);
        }
        if station_name != self.station_name {
            return Err(Unauthorized::OtherName);
        }
        if issued < self.valid_from {
            return Err(Unauthorized::NotYetValid);
        }
        if issued >= self.valid_until {
            return Err(Unauthorized::Expired);
        }
        match (self.is_validator(), document_type == VALIDATION) {
            (true, false) => Err(Unauthorized::NotAStation),
            (false, true) => Err(Unauthorized::NotAValidator),
            _ if !self.may_issue.iter().any(|name| name == document_type) => {
                Err(Unauthorized::NotForType)
            }
            _ => Ok(()),
        }
    }

    /// Whether it is for somebody who decides on documents and issues none of a station's.
    #[must_use]
    pub fn is_validator(&self) -> bool {
        self.may_issue == [VALIDATION]
    }

    fn unsigned(&self, root: &VerifyingKey) -> Value {
        let (kind, subject) = match self.is_validator() {
            true => (VALIDATOR_TYPE, "Validator"),
            false => (TYPE, "Station"),
        };
        let mut document = json!({
            "@context": proof::CONTEXT,
            "id": self.id,
            "type": ["VerifiableCredential", kind],
            "schemaVersion": SCHEMA,
            "issuer": { "id": did::of(root), "name": self.issuer_name },
            "validFrom": self.valid_from,
            "validUntil": self.valid_until,
            "credentialSubject": {
                "type": subject,
                "id": self.station,
                "name": self.station_name,
                "mayIssue": self.may_issue,
                "trustListVersion": self.trust_list_version,
            },
        });
        if let (Some(paper), Some(subject)) =
            (&self.paper, document.get_mut("credentialSubject").and_then(Value::as_object_mut))
        {
            subject.insert("paper".to_owned(), json!(paper));
        }
        document
    }

    /// Reads an authorization with a good signature; gives the did:key of whoever signed it, too.
    fn read(document: &Value) -> Result<(String, Self), Rejection> {
        let head = Head::of_signed(document)?;
        if ![TYPE, VALIDATOR_TYPE].contains(&head.document_type.as_str()) {
            return Err(Rejection::TypeMismatch);
        }
        let may_issue = document
            .pointer("/credentialSubject/mayIssue")
            .and_then(Value::as_array)
            .and_then(|names| names.iter().map(|name| Some(name.as_str()?.to_owned())).collect())
            .ok_or_else(|| Rejection::content("credentialSubject.mayIssue"))?;
        let trust_list_version = document
            .pointer("/credentialSubject/trustListVersion")
            .and_then(Value::as_u64)
            .ok_or_else(|| Rejection::content("credentialSubject.trustListVersion"))?;
        let paper = match document.pointer("/credentialSubject/paper") {
            None => None,
            Some(Value::String(text)) if text.len() <= LONGEST_PAPER => Some(text.clone()),
            Some(_) => return Err(Rejection::content("credentialSubject.paper")),
        };
        let authorization = Self {
            id: head.id,
            issuer_name: head.issuer_name,
            station: text(document, "credentialSubject.id")?,
            station_name: text(document, "credentialSubject.name")?,
            valid_from: head.valid_from,
            valid_until: time(document, "validUntil")?,
            may_issue,
            trust_list_version,
            paper,
        };
        let validates = authorization.may_issue.iter().any(|kind| kind == VALIDATION);
        let mixed = validates && !authorization.is_validator();
        if authorization.may_issue.is_empty() || mixed {
            return Err(Rejection::content("credentialSubject.mayIssue"));
        }
        if authorization.valid_until <= authorization.valid_from {
            return Err(Rejection::content("validUntil"));
        }
        if did::key(&authorization.station).is_err() {
            return Err(Rejection::content("credentialSubject.id"));
        }
        let root = did::key(&head.issuer).map_err(|_| Rejection::content("issuer.id"))?;
        has_nothing_else(document, &authorization.unsigned(&root))?;
        Ok((head.issuer, authorization))
    }
}
