//! COSE_Sign1 (RFC 9052, section 4.2) with one signer, one algorithm and one spelling.
//!
//! Tagged; the protected header names the algorithm and the key (the first 8 bytes of SHA-256 over
//! its 32 bytes), the unprotected one is empty, so is the external data. Written is algorithm -8
//! (EdDSA), which every library knows; -19 (Ed25519, RFC 9864) is read as well. What is read is
//! written again and has to come out the same: duplicate and additional members, longer spellings
//! of numbers and data after the end never get further than that.

use coset::cbor::Value;
use coset::iana::Algorithm;
use coset::{
    CoseSign1, CoseSign1Builder, Header, RegisteredLabelWithPrivate, TaggedCborSerializable as _,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::Refused;
use crate::cert::Rejection;

/// By which a code names a key.
pub(super) type KeyId = [u8; 8];

/// The id of a key.
pub(super) fn key_id(key: &VerifyingKey) -> KeyId {
    let mut id = KeyId::default();
    id.iter_mut().zip(Sha256::digest(key.as_bytes())).for_each(|(to, from)| *to = from);
    id
}

/// Signs `payload`.
pub(super) fn sign(key: &SigningKey, payload: Vec<u8>) -> Result<Vec<u8>, Refused> {
    CoseSign1Builder::new()
        .protected(header(Algorithm::EdDSA, key_id(&key.verifying_key())))
        .payload(payload)
        .create_signature(&[], |message| key.sign(message).to_bytes().to_vec())
        .build()
        .to_tagged_vec()
        .map_err(|_| Refused::Form)
}

fn header(algorithm: Algorithm, key_id: KeyId) -> Header {
    Header {
        alg: Some(RegisteredLabelWithPrivate::Assigned(algorithm)),
        key_id: key_id.to_vec(),
        ..Header::default()
    }
}

/// A message of the accepted form; nobody has looked at its signature yet.
#[derive(Debug)]
pub(super) struct Signed {
    message: CoseSign1,
    /// Which key it says has signed.
    pub(super) key_id: KeyId,
}

impl Signed {
    /// Reads a message.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let message = CoseSign1::from_tagged_slice(bytes).map_err(|_| Refused::Form)?;
        let header = &message.protected.header;
        let algorithm = match header.alg {
            Some(RegisteredLabelWithPrivate::Assigned(
                known @ (Algorithm::EdDSA | Algorithm::Ed25519),
            )) => known,
            _ => return Err(Refused::Form),
        };
        let key_id = header.key_id.as_slice().try_into().map_err(|_| Refused::Form)?;
        let again = CoseSign1Builder::new()
            .protected(self::header(algorithm, key_id))
            .payload(message.payload.clone().ok_or(Refused::Form)?)
            .signature(message.signature.clone())
            .build()
            .to_tagged_vec();
        if again.map_err(|_| Refused::Form)? != bytes {
            return Err(Refused::Form);
        }
        Ok(Self { message, key_id })
    }

    /// What was signed.
    pub(super) fn payload(&self) -> &[u8] {
        self.message.payload.as_deref().unwrap_or_default()
    }

    /// Whether `key`, which must be one that tells signers apart, signed it.
    pub(super) fn check(&self, key: &VerifyingKey) -> Result<(), Rejection> {
        let signature: [u8; 64] =
            self.message.signature.as_slice().try_into().map_err(|_| Rejection::BadSignature)?;
        key.verify_strict(&self.message.tbs_data(&[]), &Signature::from_bytes(&signature))
            .map_err(|_| Rejection::BadSignature)
    }
}

/// The payload of a message: a map from small numbers, in their order, to numbers, bytes and texts.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(Value, Value)>);

impl Fields {
    /// Fields of this kind of message; it is field 0.
    pub(super) fn of(kind: u64) -> Self {
        Self::default().with(0, Some(kind))
    }

    /// Adds a field with a higher number than the one before, if there is a value.
    pub(super) fn with(mut self, number: u64, value: Option<impl Into<Value>>) -> Self {
        self.0.extend(value.map(|value| (number.into(), value.into())));
        self
    }

    /// As bytes.
    pub(super) fn write(self) -> Result<Vec<u8>, Refused> {
        let mut bytes = Vec::new();
        coset::cbor::into_writer(&Value::Map(self.0), &mut bytes).map_err(|_| Refused::Form)?;
        Ok(bytes)
    }

    /// Reads a payload of this kind. Whoever takes the fields out must hold what they made of them
    /// against the payload: what nobody asked for is not noticed here.
    pub(super) fn read(kind: u64, payload: &[u8]) -> Result<Self, Refused> {
        let fields = match coset::cbor::from_reader(payload) {
            Ok(Value::Map(fields)) => Self(fields),
            _ => return Err(Refused::Form),
        };
        if fields.number(0)? == kind { Ok(fields) } else { Err(Refused::Form) }
    }

    fn get(&self, number: u64) -> Option<&Value> {
        self.0.iter().find(|(name, _)| *name == number.into()).map(|(_, value)| value)
    }

    /// A number that has to be there.
    pub(super) fn number(&self, number: u64) -> Result<u64, Refused> {
        self.get(number)
            .and_then(Value::as_integer)
            .and_then(|value| value.try_into().ok())
            .ok_or(Refused::Form)
    }

    /// Bytes, if there are any.
    pub(super) fn bytes(&self, number: u64) -> Option<&[u8]> {
        self.get(number)?.as_bytes().map(Vec::as_slice)
    }

    /// A text, if there is one.
    pub(super) fn text(&self, number: u64) -> Option<&str> {
        self.get(number)?.as_text()
    }
}
