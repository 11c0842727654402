//! The signature: W3C Data Integrity 1.0 with the cryptosuite `eddsa-jcs-2022` (W3C Data
//! Integrity EdDSA Cryptosuites 1.0, section 3.3), over Ed25519 (RFC 8032) and JCS (RFC 8785).
//!
//! What is signed is `SHA-256(JCS(proof without proofValue)) || SHA-256(JCS(document without
//! proof))`, 64 bytes, so that indentation and member order do not matter.
//!
//! Stricter than the standard, on purpose:
//! * one proof, with exactly seven members (the standard lets unsigned ones through);
//! * `proof.@context` **equals** the document's (the standard asks for a prefix, and then an
//!   address can be appended to the document unnoticed), and it is exactly the two W3C addresses;
//! * `verify_strict`: small-order keys and `R`, for which one signature fits many messages, and
//!   `S` beyond the group order are refused.
//!
//! Deliberately not: other cryptosuites, proof sets and chains, and any judgement on who signed.
//! A good signature says *which key*; [`super::verify_issuer`] says whether it counts.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::did;
use super::profile;
use super::rejection::{ProofFault, Rejection};
use crate::model::Timestamp;
use crate::model::text::hex;

/// The only accepted `@context`. Nothing is ever fetched from there.
pub const CONTEXT: [&str; 2] = [
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/undefined-terms/v2",
];

pub(super) const TYPE: &str = "DataIntegrityProof";
pub(super) const CRYPTOSUITE: &str = "eddsa-jcs-2022";
pub(super) const PURPOSE: &str = "assertionMethod";

/// A signed document taken apart: what was signed, by whom, and the signature, not yet checked.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The canonical form of the document without `proof`.
    pub document: Vec<u8>,
    /// The canonical form of the proof without `proofValue`.
    pub config: Vec<u8>,
    /// The key that `verificationMethod` names.
    pub key: VerifyingKey,
    /// `proofValue`.
    pub signature: Signature,
}

impl Parts {
    /// Takes `document` apart. Everything but the signature itself is checked here.
    ///
    /// # Errors
    /// Outside of the profile, not an object, or a proof of any but the one accepted form.
    pub fn of(document: &Value) -> Result<Self, Rejection> {
        profile::check(document)?;
        let mut document = document.as_object().ok_or(Rejection::NotACertificate)?.clone();
        let proof = document.shift_remove("proof").ok_or(ProofFault::Missing)?;
        require(document.get("@context") == Some(&json!(CONTEXT)), ProofFault::DocumentContext)?;
        let Value::Object(mut config) = proof else {
            return Err(ProofFault::NotOneObject.into());
        };
        require(config.get("@context") == document.get("@context"), ProofFault::Context)?;
        // Six texts and the context; that each of them is there is checked one by one.
        require(config.len() == 7, ProofFault::Members)?;
        require(text(&config, "type")? == TYPE, ProofFault::Type)?;
        require(text(&config, "cryptosuite")? == CRYPTOSUITE, ProofFault::Cryptosuite)?;
        require(text(&config, "proofPurpose")? == PURPOSE, ProofFault::Purpose)?;
        require(text(&config, "created")?.parse::<Timestamp>().is_ok(), ProofFault::Created)?;
        let key =
            did::key_of_method(text(&config, "verificationMethod")?).map_err(ProofFault::Method)?;
        let signature = signature_of(text(&config, "proofValue")?).ok_or(ProofFault::Value)?;
        config.shift_remove("proofValue");
        Ok(Self {
            document: profile::canonical(&Value::Object(document))?,
            config: profile::canonical(&Value::Object(config))?,
            key,
            signature,
        })
    }

    /// The 64 bytes that are signed.
    #[must_use]
    pub fn hash_data(&self) -> [u8; 64] {
        hash_data(&self.config, &self.document)
    }
}

/// Signs `document`: the same with `proof` as its last member. What was made is read again and
/// verified before it is given out.
///
/// # Errors
/// The document is outside of the profile (also in size), has a `proof` already, or another
/// `@context`.
pub fn sign(document: Value, key: &SigningKey, created: Timestamp) -> Result<Value, Rejection> {
    profile::check(&document)?;
    let Value::Object(mut document) = document else {
        return Err(Rejection::NotACertificate);
    };
    if document.contains_key("proof") {
        return Err(Rejection::content("proof"));
    }
    let mut proof = json!({
        "type": TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created.to_string(),
        "verificationMethod": did::method_of(&key.verifying_key()),
        "proofPurpose": PURPOSE,
        "@context": document.get("@context"),
    });
    let config = profile::canonical(&proof)?;
    let canonical = profile::canonical(&Value::Object(document.clone()))?;
    let signature = key.sign(&hash_data(&config, &canonical));
    if let Some(proof) = proof.as_object_mut() {
        proof.insert("proofValue".into(), spelled(&signature).into());
    }
    document.insert("proof".into(), proof);
    let signed = profile::parse(&profile::pretty(&Value::Object(document))?)?;
    if verify(&signed)? == key.verifying_key() { Ok(signed) } else { Err(Rejection::KeyMismatch) }
}

/// Checks form and signature, and tells which key signed. Whether that key counts is another
/// question. The document must come from [`profile::parse`]: a [`Value`] from elsewhere can
/// already have lost a duplicate member.
///
/// # Errors
/// Anything but a good signature of the one accepted form.
pub fn verify(document: &Value) -> Result<VerifyingKey, Rejection> {
    let parts = Parts::of(document)?;
    match parts.key.verify_strict(&parts.hash_data(), &parts.signature) {
        Ok(()) => Ok(parts.key),
        Err(_) => Err(Rejection::BadSignature),
    }
}

/// The digest by which other documents name this one: SHA-256 over the canonical form of the
/// whole signed document, lower-case hexadecimal. Indentation and member order do not change it.
///
/// # Errors
/// Outside of the profile.
pub fn digest(document: &Value) -> Result<String, Rejection> {
    Ok(hex(&Sha256::digest(profile::canonical(document)?)))
}

fn hash_data(config: &[u8], document: &[u8]) -> [u8; 64] {
    let mut both = [0; 64];
    let (first, second) = both.split_at_mut(32);
    first.copy_from_slice(&Sha256::digest(config));
    second.copy_from_slice(&Sha256::digest(document));
    both
}

fn require(holds: bool, fault: ProofFault) -> Result<(), ProofFault> {
    if holds { Ok(()) } else { Err(fault) }
}

fn text<'a>(proof: &'a Map<String, Value>, name: &str) -> Result<&'a str, ProofFault> {
    proof.get(name).and_then(Value::as_str).ok_or(ProofFault::Members)
}

fn spelled(signature: &Signature) -> String {
    format!("z{}", bs58::encode(signature.to_bytes()).into_string())
}

fn signature_of(value: &str) -> Option<Signature> {
    // Decoding base58 takes quadratic time; 64 bytes have at most 88 digits.
    let encoded = value.strip_prefix('z').filter(|encoded| encoded.len() <= 88)?;
    let bytes = bs58::decode(encoded).into_vec().ok()?;
    Some(Signature::from_bytes(bytes.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned() -> Value {
        json!({"@context": CONTEXT, "a": {"b": 1}})
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    #[test]
    fn signs_what_it_verifies() {
        let signed = sign(unsigned(), &key(), Timestamp::from_unix(0)).unwrap();
        assert_eq!(verify(&signed), Ok(key().verifying_key()));
        assert_eq!(signed.as_object().unwrap().keys().next_back().unwrap(), "proof");
        assert_eq!(signed["proof"]["created"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn signs_nothing_outside_of_the_profile() {
        let sign = |document| sign(document, &key(), Timestamp::from_unix(0));
        let mut twice = sign(unsigned()).unwrap();
        assert_eq!(sign(twice.clone()), Err(Rejection::content("proof")));
        twice["proof"] = Value::Null;
        assert_eq!(sign(twice), Err(Rejection::content("proof")));
        assert_eq!(sign(json!([])), Err(Rejection::NotACertificate));
        assert_eq!(sign(json!({"a": 1})), Err(ProofFault::DocumentContext.into()));
        let mut float = unsigned();
        float["a"] = json!(1.5);
        assert_eq!(sign(float), Err(profile::Malformed::NotAnInteger.into()));
    }

    #[test]
    fn a_document_too_large_to_be_read_is_not_signed() {
        let mut large = unsigned();
        large["text"] = json!("a".repeat(profile::MAX_BYTES - 100));
        assert_eq!(
            sign(large, &key(), Timestamp::from_unix(0)),
            Err(profile::Malformed::TooLarge.into())
        );
    }

    #[test]
    fn a_signature_has_one_spelling() {
        let good = spelled(&key().sign(b"x"));
        assert!(signature_of(&good).is_some());
        assert!(signature_of(&good[1..]).is_none());
        assert!(signature_of(&format!("z1{}", &good[1..])).is_none(), "65 bytes");
        assert!(signature_of(&good[..good.len() - 2]).is_none(), "63 bytes");
        assert!(signature_of("z").is_none());
        assert!(signature_of(&format!("z{}", "1".repeat(1 << 20))).is_none());
    }
}
