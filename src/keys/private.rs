//! `NAME.key`: a private key as PKCS#8 version 1 in PEM (RFC 5208, RFC 8410 section 7, RFC 7468
//! sections 10 and 11), normally in PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC.
//!
//! Version 1, because OpenSSL before 3.5 refuses version 2, which has the public key inside.
//! scrypt with N = 2^14 takes 16 MiB, which a PC with little memory and OpenSSL's own limit both
//! allow; it is weak against a stolen stick, so a new passphrase must be long.
//!
//! Deliberately not: asking a person (the caller does), choosing a passphrase, keeping an
//! unlocked key anywhere.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, OctetStringRef, SecretDocument};
use pkcs8::der::Decode as _;
use pkcs8::pkcs5::{self, pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::{KeyError, MIN_PASSPHRASE, failed, public, read};

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const LOG_N: u8 = 14;
const R: u32 = 8;
const P: u32 = 1;

/// A passphrase, erased from memory when dropped. It has no `Display`, and `Debug` hides it.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the text as it is; a line end is part of it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether it may protect a new key.
    ///
    /// # Errors
    /// Fewer than [`MIN_PASSPHRASE`] characters.
    pub fn check_strength(&self) -> Result<(), KeyError> {
        if self.0.chars().count() < MIN_PASSPHRASE {
            return Err(KeyError::ShortPassphrase);
        }
        Ok(())
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

/// The two files of a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPaths {
    /// `NAME.key`.
    pub private: PathBuf,
    /// `NAME.pub`.
    pub public: PathBuf,
}

/// Whether a new key of this name can be made in `dir`, as far as that can be told before.
///
/// # Errors
/// A bad name, no such directory, or files of that name.
pub fn check_place(dir: &Path, name: &str) -> Result<KeyPaths, KeyError> {
    let plain_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if name.is_empty() || name.starts_with(['.', '-']) || !name.bytes().all(plain_name) {
        return Err(KeyError::Name(name.chars().take(60).collect()));
    }
    if !dir.is_dir() {
        return Err(KeyError::NoDirectory(dir.into()));
    }
    let paths = KeyPaths {
        private: dir.join(format!("{name}.key")),
        public: dir.join(format!("{name}.pub")),
    };
    for path in [&paths.private, &paths.public] {
        if path.exists() {
            return Err(KeyError::Exists(path.clone()));
        }
    }
    Ok(paths)
}

/// Makes a new key and writes `NAME.key` (mode 0600) and `NAME.pub` in `dir`. It overwrites
/// nothing, and leaves either both files or none.
///
/// # Errors
/// A bad name, a short passphrase, a file that exists, or the system refuses.
pub fn create(
    dir: &Path,
    name: &str,
    passphrase: Option<&Passphrase>,
) -> Result<KeyPaths, KeyError> {
    let paths = check_place(dir, name)?;
    if let Some(passphrase) = passphrase {
        passphrase.check_strength()?;
    }
    let mut seed = Zeroizing::new([0; 32]);
    random(&mut *seed)?;
    let key = SigningKey::from_bytes(&seed);
    let private_pem = to_pem(&key, passphrase)?;
    let public_pem = public::to_pem(&key.verifying_key())?;

    write_new(&paths.private, 0o600, &private_pem)?;
    if let Err(error) = write_new(&paths.public, 0o644, &public_pem) {
        // Ours, made a moment ago; without its public half nobody would miss it.
        let _ = std::fs::remove_file(&paths.private);
        return Err(error);
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| failed(dir, error))?;
    Ok(paths)
}

/// Reads a private key. `ask` is called only for a key that has a passphrase.
///
/// The mode of an encrypted file does not matter: sticks are FAT and have none.
///
/// AES-CBC does not notice every damage: a flipped bit can give another, working key. So the
/// caller compares the public key with the one it expects (the station's authorization) **before**
/// anything is done in its name.
///
/// # Errors
/// Missing, not a private key, not to be decrypted, or unprotected from others on this computer.
pub fn load(
    path: &Path,
    ask: impl FnOnce() -> Result<Passphrase, KeyError>,
) -> Result<SigningKey, KeyError> {
    let (bytes, metadata) = read(path)?;
    let not_private = || KeyError::NotPrivate(path.into());
    let text = std::str::from_utf8(&bytes).map_err(|_| not_private())?.trim();
    if text.contains("-----BEGIN PUBLIC KEY-----") || text.starts_with("did:key:") {
        return Err(KeyError::PublicGiven(path.into()));
    }
    let (label, document) = SecretDocument::from_pem(text).map_err(|_| not_private())?;
    match label {
        PLAIN => {
            if metadata.permissions().mode() & 0o077 != 0 {
                return Err(KeyError::Exposed(path.into()));
            }
            SigningKey::from_pkcs8_der(document.as_bytes()).map_err(|_| not_private())
        }
        ENCRYPTED => {
            let unknown = || KeyError::UnknownEncryption(path.into());
            let encrypted = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes())
                .ok()
                .filter(|encrypted| affordable(&encrypted.encryption_algorithm))
                .ok_or_else(unknown)?;
            let plain = encrypted.decrypt(ask()?.0.as_bytes()).map_err(|error| match error {
                pkcs8::Error::EncryptedPrivateKey(
                    pkcs5::Error::UnsupportedAlgorithm { .. }
                    | pkcs5::Error::AlgorithmParametersInvalid { .. }
                    | pkcs5::Error::NoPbes1CryptSupport,
                ) => unknown(),
                _ => KeyError::WrongPassphrase(path.into()),
            })?;
            // CBC does not authenticate: about one wrong passphrase in 256 gives bytes, but no
            // PKCS#8. If it is PKCS#8, the passphrase was right and the key is of another kind.
            PrivateKeyInfoRef::from_der(plain.as_bytes())
                .map_err(|_| KeyError::WrongPassphrase(path.into()))?;
            SigningKey::from_pkcs8_der(plain.as_bytes()).map_err(|_| not_private())
        }
        _ => Err(not_private()),
    }
}

/// Whether decrypting fits into the memory of a small PC; a flipped bit in the cost would end the
/// program otherwise. (The pkcs5 crate limits the rounds of PBKDF2 itself.)
fn affordable(scheme: &pkcs5::EncryptionScheme) -> bool {
    scheme.pbes2().and_then(|parameters| parameters.kdf.scrypt()).is_none_or(|scrypt| {
        // Memory is 128 * N * r: up to 128 MiB, eight times our own.
        let blocks = u128::from(scrypt.cost_parameter) * u128::from(scrypt.block_size);
        blocks <= 1 << 20 && scrypt.parallelization <= 16
    })
}

pub(super) fn to_pem(
    key: &SigningKey,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, KeyError> {
    let not_made = |error: pkcs8::Error| KeyError::NotMade(error.to_string());
    // RFC 8410: an OCTET STRING of 32 bytes, inside of the OCTET STRING that PKCS#8 has anyway.
    let mut inner = Zeroizing::new([0; 34]);
    let (head, seed) = inner.split_at_mut(2);
    head.copy_from_slice(&[0x04, 0x20]);
    seed.copy_from_slice(key.as_bytes());
    let private_key = OctetStringRef::new(&*inner).map_err(|e| not_made(e.into()))?;
    let info = PrivateKeyInfoRef::new(ed25519_dalek::pkcs8::ALGORITHM_ID, private_key);
    let (label, document) = match passphrase {
        None => (PLAIN, SecretDocument::encode_msg(&info).map_err(|e| not_made(e.into()))?),
        Some(passphrase) => {
            let document = info.encrypt_with_params(encryption()?, passphrase.0.as_bytes());
            (ENCRYPTED, document.map_err(not_made)?)
        }
    };
    document.to_pem(label, LineEnding::LF).map_err(|e| not_made(e.into()))
}

/// Fresh parameters. Written out instead of the crate's recommendation, which may change one day
/// to what OpenSSL does not read.
fn encryption() -> Result<pbes2::Parameters, KeyError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    random(&mut salt)?;
    random(&mut iv)?;
    let cost = scrypt::Params::new(LOG_N, R, P);
    cost.map_err(|error| KeyError::NotMade(error.to_string())).and_then(|cost| {
        pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv)
            .map_err(|error| KeyError::NotMade(error.to_string()))
    })
}

pub(super) fn random(buffer: &mut [u8]) -> Result<(), KeyError> {
    getrandom::fill(buffer).map_err(|error| KeyError::NotMade(error.to_string()))
}

pub(super) fn write_new(path: &Path, mode: u32, content: &str) -> Result<(), KeyError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = options.open(path).map_err(|error| failed(path, error))?;
    let written = file.write_all(content.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Ours, and half a key.
        let _ = std::fs::remove_file(path);
        failed(path, error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // By OpenSSL, from the seed 00 01 02 ... 1f.
    const GOLDEN: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
        -----END PRIVATE KEY-----\n";

    fn golden() -> SigningKey {
        let seed: Vec<u8> = (0..32).collect();
        SigningKey::from_bytes(&seed.try_into().unwrap())
    }

    fn passphrase() -> Passphrase {
        Passphrase::new("correct horse battery".into())
    }

    #[test]
    fn a_plain_key_is_what_openssl_writes() {
        assert_eq!(to_pem(&golden(), None).unwrap().as_str(), GOLDEN);
    }

    #[test]
    fn the_parameters_are_the_documented_ones() {
        let pem = to_pem(&golden(), Some(&passphrase())).unwrap();
        let (label, document) = SecretDocument::from_pem(&pem).unwrap();
        assert_eq!(label, ENCRYPTED);
        let encrypted = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).unwrap();
        let parameters = encrypted.encryption_algorithm.pbes2().unwrap();
        let scrypt = parameters.kdf.scrypt().unwrap();
        let cost = (scrypt.cost_parameter, scrypt.block_size, scrypt.parallelization);
        assert_eq!(cost, (1 << 14, 8, 1));
        assert_eq!(parameters.encryption.oid(), pbes2::AES_256_CBC_OID);
        let other = to_pem(&golden(), Some(&passphrase())).unwrap();
        assert_ne!(pem, other, "salt and IV are fresh");
    }

    /// Some wrong passphrases decrypt to well-padded noise; all of them are just wrong.
    #[test]
    fn every_wrong_passphrase_is_called_wrong() {
        let inner = [&[4, 0x20][..], golden().as_bytes()].concat();
        let private_key = OctetStringRef::new(&inner).unwrap();
        let info = PrivateKeyInfoRef::new(ed25519_dalek::pkcs8::ALGORITHM_ID, private_key);
        // One round of PBKDF2, so that two thousand tries take no time.
        let parameters =
            pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(1, &[1; 16], [2; 16]).unwrap();
        let document = info.encrypt_with_params(parameters, b"right").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        std::fs::write(&path, &*document.to_pem(ENCRYPTED, LineEnding::LF).unwrap()).unwrap();
        let open = |text: &str| load(&path, || Ok(Passphrase::new(text.into())));
        for attempt in 0..2000 {
            let error = open(&format!("wrong {attempt}")).unwrap_err();
            assert!(matches!(error, KeyError::WrongPassphrase(_)), "{error}");
        }
        assert_eq!(open("right").unwrap(), golden());
    }

    /// With a damaged cost there is no answer to wait for: the passphrase is not even asked.
    #[test]
    fn an_absurd_cost_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let load = |parameters: pbes2::Parameters| {
            let document = pkcs8::EncryptedPrivateKeyInfoOwned {
                encryption_algorithm: parameters.into(),
                encrypted_data: pkcs8::der::asn1::OctetString::new([0; 64]).unwrap(),
            };
            let document = SecretDocument::encode_msg(&document).unwrap();
            std::fs::write(&path, &*document.to_pem(ENCRYPTED, LineEnding::LF).unwrap()).unwrap();
            load(&path, || Err(KeyError::NoPassphrase("asked".into()))).unwrap_err()
        };
        let scrypt = |log_n| {
            let cost = scrypt::Params::new(log_n, R, P).unwrap();
            pbes2::Parameters::generate_scrypt_aes256cbc(cost, &[1; 16], [2; 16]).unwrap()
        };
        assert!(matches!(load(scrypt(17)), KeyError::NoPassphrase(_)));
        assert!(matches!(load(scrypt(18)), KeyError::UnknownEncryption(_)));
        assert!(matches!(load(scrypt(40)), KeyError::UnknownEncryption(_)));
    }

    #[test]
    fn secrets_are_not_shown() {
        assert!(!format!("{:?}", passphrase()).contains("horse"));
        // dalek's promise, which we rely on.
        let shown = format!("{:?}", golden());
        assert!(!shown.contains("secret") && !shown.contains("30, 31]"), "{shown}");
    }
}
