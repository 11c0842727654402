//! `NAME.pub`: a public key as SPKI in PEM (RFC 8410 section 4, RFC 7468 section 13), as
//! `openssl pkey -pubin` reads it; or, where somebody sent one, a bare did:key.
//!
//! Portable: this is what an auditor's Windows machine needs. A weak key is refused here, before
//! anything is verified with it.

use std::path::Path;

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use sha2::{Digest as _, Sha256};

use super::{KeyError, read};
use crate::cert::did::{self, DidError};
use crate::model::text::hex;

/// Reads a public key file.
///
/// # Errors
/// Missing, not a public key, weak, or a private key given by mistake.
pub fn load(path: &Path) -> Result<VerifyingKey, KeyError> {
    let (bytes, _) = read(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotPublic(path.into()))?;
    parse(text, path)
}

/// The key in `text`: the content of a `.pub` file, or a bare did:key. `source` is what an error
/// calls it.
///
/// # Errors
/// Not a public key, weak, or a private key given by mistake.
pub fn parse(text: &str, source: &Path) -> Result<VerifyingKey, KeyError> {
    // Windows editors put a byte order mark in front; nothing is signed over this text.
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::PrivateGiven(source.into()));
    }
    let key = if text.starts_with("did:") {
        did::key(text)
    } else {
        VerifyingKey::from_public_key_pem(text)
            .map_err(|_| DidError::NotAKey)
            .and_then(|key| did::usable(key.as_bytes()))
    };
    key.map_err(|error| match error {
        DidError::Weak => KeyError::Weak(source.into()),
        _ => KeyError::NotPublic(source.into()),
    })
}

/// The content of the `.pub` file of `key`.
///
/// # Errors
/// None that is known; encoding is fallible by type.
pub fn to_pem(key: &VerifyingKey) -> Result<String, KeyError> {
    key.to_public_key_pem(LineEnding::LF).map_err(|error| KeyError::NotMade(error.to_string()))
}

/// What two people compare, by telephone or on paper: SHA-256 over the 32 bytes of the key, in
/// hexadecimal groups of four.
#[must_use]
pub fn fingerprint(key: &VerifyingKey) -> String {
    Sha256::digest(key.as_bytes()).chunks(2).map(hex).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // By Python (pyca cryptography) and OpenSSL, not by this code.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n\
        -----END PUBLIC KEY-----\n";
    const DID: &str = "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";

    fn parsed(text: &str) -> Result<VerifyingKey, KeyError> {
        parse(text, Path::new("x.pub"))
    }

    #[test]
    fn pem_and_did_are_the_same_key() {
        let key = parsed(PEM).unwrap();
        assert_eq!(did::of(&key), DID);
        assert_eq!(to_pem(&key).unwrap(), PEM);
        for same in [DID, &format!(" {DID}\r\n"), &PEM.replace('\n', "\r\n"), PEM.trim_end()] {
            assert_eq!(parsed(same).unwrap(), key, "{same:?}");
        }
    }

    #[test]
    fn the_fingerprint_is_sha256_of_the_raw_key() {
        // printf 03a107bf...31b8 | xxd -r -p | sha256sum
        assert_eq!(
            fingerprint(&parsed(DID).unwrap()),
            "5647 5aa7 5463 474c 0285 df5d bf2b cab7 3da6 5135 8839 e9b7 7481 b2ea b107 708c"
        );
    }

    #[test]
    fn what_is_no_public_key() {
        let private = PEM.replace("PUBLIC", "PRIVATE");
        assert!(matches!(parsed(&private), Err(KeyError::PrivateGiven(_))));
        let encrypted = PEM.replace("PUBLIC", "ENCRYPTED PRIVATE");
        assert!(matches!(parsed(&encrypted), Err(KeyError::PrivateGiven(_))));
        let both = format!("{PEM}{private}");
        assert!(matches!(parsed(&both), Err(KeyError::PrivateGiven(_))));
        for junk in [
            "",
            "junk",
            "did:key:z6Mk",
            "did:web:example.org",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
            &PEM.replace("MCow", "MCox"),
            &PEM.replace("VwAy", "VuAy"), // the OID of X25519
            &format!("{PEM}{PEM}"),
        ] {
            assert!(matches!(parsed(junk), Err(KeyError::NotPublic(_))), "{junk}");
        }
    }

    #[test]
    fn weak_keys_are_refused() {
        let zero = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
            -----END PUBLIC KEY-----\n";
        assert!(matches!(parsed(zero), Err(KeyError::Weak(_))));
    }

    #[test]
    fn files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pub");
        assert!(matches!(load(&path), Err(KeyError::Missing(_))));
        assert!(matches!(load(dir.path()), Err(KeyError::NotAFile(_))));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(load(&path), Err(KeyError::NotPublic(_))));
        std::fs::write(&path, " ".repeat(64 * 1024 + 1)).unwrap();
        assert!(matches!(load(&path), Err(KeyError::TooLarge(_))));
        std::fs::write(&path, PEM).unwrap();
        assert_eq!(did::of(&load(&path).unwrap()), DID);
    }
}
