//! `did:key` for Ed25519: the public key itself, spelled as a name.
//!
//! Implements of W3C CCG "The did:key Method" v0.9 and of Multikey (W3C Controlled Identifiers
//! 1.0, section 2.2.2) the one case in use here: `did:key:` + `z` + base58btc(`ed 01` + 32 bytes),
//! and the verification method `did:key:M#M`. Deliberately not: other key types, other bases,
//! DID documents, resolving anything.

use ed25519_dalek::VerifyingKey;

/// The multicodec prefix of an Ed25519 public key (varint 0xed).
const ED25519: [u8; 2] = [0xed, 0x01];
const PREFIX: &str = "did:key:";

/// What [`of`] writes, as the JSON Schema describes it: that it names a usable key is more than its
/// form.
#[cfg(feature = "schema")]
pub(crate) const PATTERN: &str = "^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$";

/// The same for what [`method_of`] writes.
#[cfg(feature = "schema")]
pub(crate) const METHOD_PATTERN: &str =
    "^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}#z6Mk[1-9A-HJ-NP-Za-km-z]{44}$";

/// Why a text names no usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DidError {
    /// Not `did:key:z...`, or not base58btc.
    #[error("it is not a did:key")]
    NotDidKey,
    /// Another kind of key, or the wrong number of bytes.
    #[error("it is a did:key, but not of an Ed25519 key")]
    NotEd25519,
    /// The bytes are no point on the curve, or one in a second spelling.
    #[error("its bytes are not an Ed25519 public key")]
    NotAKey,
    /// A key under which anybody can make valid signatures.
    #[error("it is a weak key, under which anybody can sign")]
    Weak,
    /// A verification method whose fragment is not its own key.
    #[error("the part after # is not the key before it")]
    Fragment,
}

/// The did:key of `key`.
#[must_use]
pub fn of(key: &VerifyingKey) -> String {
    format!("{PREFIX}{}", multikey(key))
}

/// The verification method of `key`: its did:key, `#`, and the multikey again.
#[must_use]
pub fn method_of(key: &VerifyingKey) -> String {
    let multikey = multikey(key);
    format!("{PREFIX}{multikey}#{multikey}")
}

/// The key that `did` names.
///
/// # Errors
/// Not the did:key of a usable Ed25519 key, in its only spelling.
pub fn key(did: &str) -> Result<VerifyingKey, DidError> {
    let encoded = did
        .strip_prefix(PREFIX)
        .and_then(|multikey| multikey.strip_prefix('z'))
        // Decoding base58 takes quadratic time; every Ed25519 key has 47 digits.
        .filter(|encoded| encoded.len() <= 64)
        .ok_or(DidError::NotDidKey)?;
    let bytes = bs58::decode(encoded).into_vec().map_err(|_| DidError::NotDidKey)?;
    let raw = bytes.strip_prefix(&ED25519).ok_or(DidError::NotEd25519)?;
    usable(raw.try_into().map_err(|_| DidError::NotEd25519)?)
}

/// The key that a verification method names.
///
/// # Errors
/// As [`key`], and if the fragment is missing or another key.
pub fn key_of_method(method: &str) -> Result<VerifyingKey, DidError> {
    let (did, fragment) = method.split_once('#').ok_or(DidError::Fragment)?;
    let key = key(did)?;
    if fragment == multikey(&key) { Ok(key) } else { Err(DidError::Fragment) }
}

/// The key with these 32 bytes, if it can be trusted to tell signers apart.
///
/// # Errors
/// Not a point, a second spelling of a point (RFC 8032 section 5.1.3 refuses it, dalek does
/// not), or a point of small order: there `R = identity, S = 0` signs every message.
pub fn usable(raw: &[u8; 32]) -> Result<VerifyingKey, DidError> {
    let key = VerifyingKey::from_bytes(raw).map_err(|_| DidError::NotAKey)?;
    if key.is_weak() {
        return Err(DidError::Weak);
    }
    if key.to_edwards().compress().as_bytes() != raw {
        return Err(DidError::NotAKey);
    }
    Ok(key)
}

fn multikey(key: &VerifyingKey) -> String {
    let mut bytes = ED25519.to_vec();
    bytes.extend_from_slice(key.as_bytes());
    format!("z{}", bs58::encode(bytes).into_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";

    fn spelled(bytes: &[u8]) -> String {
        format!("did:key:z{}", bs58::encode(bytes).into_string())
    }

    #[test]
    fn there_and_back() {
        let key = key(GOLDEN).unwrap();
        assert_eq!(of(&key), GOLDEN);
        assert_eq!(key_of_method(&method_of(&key)), Ok(key));
    }

    #[test]
    fn only_the_exact_length_and_kind() {
        let raw = *key(GOLDEN).unwrap().as_bytes();
        let with = |prefix: &[u8], raw: &[u8]| key(&spelled(&[prefix, raw].concat()));
        assert!(with(&[0xed, 1], &raw).is_ok());
        assert_eq!(with(&[0xed, 1], &raw[..31]), Err(DidError::NotEd25519));
        assert_eq!(with(&[0xed, 1], &[&raw[..], &[0]].concat()), Err(DidError::NotEd25519));
        assert_eq!(with(&[0xec, 1], &raw), Err(DidError::NotEd25519)); // X25519
        assert_eq!(with(&[0, 0xed, 1], &raw), Err(DidError::NotEd25519));
        for other in ["", "did:key:", "did:key:z", "did:web:example.org", "did:key:z0OIl"] {
            assert!(key(other).is_err(), "{other}");
        }
        assert_eq!(key(&GOLDEN.replace(":z6", ":u6")), Err(DidError::NotDidKey));
        assert_eq!(key(&format!("{GOLDEN} ")), Err(DidError::NotDidKey));
        assert_eq!(key(&format!("did:key:z{}", "2".repeat(1 << 20))), Err(DidError::NotDidKey));
    }

    #[test]
    fn weak_and_doubly_spelled_keys_are_refused() {
        let mut one = [0_u8; 32];
        one[0] = 1; // the identity, y = 1
        assert_eq!(key(&spelled(&[&ED25519[..], &one].concat())), Err(DidError::Weak));
        assert_eq!(usable(&[0; 32]), Err(DidError::Weak)); // order 4, y = 0
        // y = p + 3 = 2^255 - 16: y = 3 is a point of the curve, this is its second spelling.
        let mut plain = [0_u8; 32];
        plain[0] = 3;
        let mut second = [0xff_u8; 32];
        (second[0], second[31]) = (0xf0, 0x7f);
        assert!(usable(&plain).is_ok());
        assert!(VerifyingKey::from_bytes(&second).is_ok(), "dalek would take it");
        assert_eq!(usable(&second), Err(DidError::NotAKey));
        // y = 2 is on no point.
        plain[0] = 2;
        assert_eq!(usable(&plain), Err(DidError::NotAKey));
    }

    #[test]
    fn the_fragment_is_the_key() {
        let method = method_of(&key(GOLDEN).unwrap());
        assert_eq!(key_of_method(GOLDEN), Err(DidError::Fragment));
        assert_eq!(key_of_method(&format!("{GOLDEN}#key-1")), Err(DidError::Fragment));
        assert_eq!(key_of_method(&format!("{method}#")), Err(DidError::Fragment));
    }
}
