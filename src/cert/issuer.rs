//! Who issued a document, and whether they were entitled to: form, signature and trust.
//!
//! The trust rule is this project's own, in the vocabulary of the W3C Verifiable Credentials Data
//! Model 2.0: the document carries its authorization at `issuer.authorization`, signed by the
//! root key, so one file and the root's public key are enough, offline and for ever.
//!
//! Deliberately not here: revocation (a matter of the trust list), the clock of the verifier, and
//! what the document claims beyond its head.

use ed25519_dalek::VerifyingKey;
use serde_json::Value;

use super::authorization::Authorization;
use super::rejection::{Rejection, Unauthorized};
use super::{did, proof};
use crate::model::Timestamp;

/// The issuer of a document whose form, signature and authorization were found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The did:key that signed.
    pub did: String,
    /// Its name, as the root vouches for it.
    pub name: String,
    /// The id of the document.
    pub id: String,
    /// The type of the document, which the authorization allows.
    pub document_type: String,
    /// When it was issued, by the issuer's clock; within the authorization's time.
    pub issued: Timestamp,
    /// The authorization.
    pub authorization: Authorization,
}

/// Checks form, signature and trust of `document`, which must come from
/// [`super::profile::parse`]: a [`Value`] from elsewhere can already have lost a duplicate member.
///
/// # Errors
/// The first thing that is wrong, in the order profile, proof, signature, head, authorization.
pub fn verify_issuer(document: &Value, root: &VerifyingKey) -> Result<Issuer, Rejection> {
    verify_issuer_by(document, |authorization| Authorization::verify(authorization, root))
}

/// The same with another way to what [`Authorization::verify`] says of an authorization.
pub(super) fn verify_issuer_by(
    document: &Value,
    verify: impl FnOnce(&Value) -> Result<Authorization, Rejection>,
) -> Result<Issuer, Rejection> {
    let head = Head::of_signed(document)?;
    let authorization = document
        .pointer("/issuer/authorization")
        .ok_or(Rejection::NotAuthorized(Unauthorized::Missing))?;
    let authorization = verify(authorization)?;
    authorization.permits(&head.issuer, &head.issuer_name, &head.document_type, head.valid_from)?;
    Ok(Issuer {
        did: head.issuer,
        name: head.issuer_name,
        id: head.id,
        document_type: head.document_type,
        issued: head.valid_from,
        authorization,
    })
}

/// What every signed document has at its top.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: String,
    /// The second of the two types; the first is `VerifiableCredential`.
    pub(super) document_type: String,
    /// The issuer's did:key, which is the key that signed.
    pub(super) issuer: String,
    pub(super) issuer_name: String,
    pub(super) valid_from: Timestamp,
}

impl Head {
    /// The head of a document with a good signature by the issuer it names.
    pub(super) fn of_signed(document: &Value) -> Result<Self, Rejection> {
        let signer = proof::verify(document)?;
        let types = document.get("type").and_then(Value::as_array).map(Vec::as_slice);
        let Some([Value::String(first), Value::String(second)]) = types else {
            return Err(Rejection::NotACertificate);
        };
        if first != "VerifiableCredential" {
            return Err(Rejection::NotACertificate);
        }
        let head = Self {
            id: text(document, "id")?,
            document_type: second.clone(),
            issuer: text(document, "issuer.id")?,
            issuer_name: text(document, "issuer.name")?,
            valid_from: time(document, "validFrom")?,
        };
        if !super::is_urn_uuid(&head.id) {
            return Err(Rejection::content("id"));
        }
        if head.issuer != did::of(&signer) {
            return Err(Rejection::KeyMismatch);
        }
        Ok(head)
    }
}

/// The text at a dotted path.
pub(super) fn text(document: &Value, path: &str) -> Result<String, Rejection> {
    path.split('.')
        .try_fold(document, |value, name| value.get(name))
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Rejection::content(path))
}

/// The time at a dotted path.
pub(super) fn time(document: &Value, path: &str) -> Result<Timestamp, Rejection> {
    text(document, path)?.parse().map_err(|_| Rejection::content(path))
}

/// Refuses a document that says anything but what `want` says, the proof aside: an unknown member
/// could be a limit that must not be overlooked.
pub(super) fn has_nothing_else(document: &Value, want: &Value) -> Result<(), Rejection> {
    let names = [document, want].into_iter().filter_map(Value::as_object).flat_map(|o| o.keys());
    let mut names = names.filter(|name| *name != "proof");
    match names.find(|name| document.get(name) != want.get(name)) {
        Some(name) => Err(Rejection::content(name)),
        None => Ok(()),
    }
}
