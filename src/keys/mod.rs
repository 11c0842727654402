//! Key files: `NAME.key` is private and stays with the signer, `NAME.pub` is for everybody.
//!
//! Both are PEM as `openssl pkey` reads it (RFC 7468): SPKI for the public key (RFC 8410), PKCS#8
//! version 1 for the private one (RFC 5208, RFC 8410), in PBES2 with scrypt (RFC 8018, RFC 7914)
//! when it has a passphrase. Deliberately not: key formats of our own, OpenSSH's, hardware keys.

#[cfg(feature = "tool")]
pub mod badge;
#[cfg(feature = "tool")]
pub mod private;
pub mod public;

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The largest file that is read as a key. Real ones have some hundred bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Why there is no key. Each message says what to do; none contains any part of a key file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No such file.
    #[error("{0}: there is no such file; check the name, and that the stick is plugged in")]
    Missing(PathBuf),
    /// Reading or writing failed otherwise.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A directory, a device, a pipe.
    #[error("{0}: this is not a file; name the key file itself")]
    NotAFile(PathBuf),
    /// Larger than any key.
    #[error("{0}: this is too large to be a key; name the .key or .pub file")]
    TooLarge(PathBuf),
    /// A private key where a public one is asked for.
    #[error("{0}: this is a private key; name the .pub file")]
    PrivateGiven(PathBuf),
    /// A public key where a private one is asked for.
    #[error("{0}: this is a public key; name the .key file")]
    PublicGiven(PathBuf),
    /// Not a public key.
    #[error(
        "{0}: this is not an Ed25519 public key; name a .pub file made by \"nulstil key new\", \
         or a text that starts with did:key:"
    )]
    NotPublic(PathBuf),
    /// Not a private key.
    #[error(
        "{0}: this is not an Ed25519 private key; name a .key file made by \"nulstil key new\""
    )]
    NotPrivate(PathBuf),
    /// A public key under which anybody can sign.
    #[error("{0}: this is a weak key, under which anybody can sign; do not trust whoever sent it")]
    Weak(PathBuf),
    /// Encrypted, but in a way this program does not read.
    #[error(
        "{0}: this key is encrypted in an unknown way; convert it with \
         \"openssl pkcs8 -topk8 -scrypt\""
    )]
    UnknownEncryption(PathBuf),
    /// The passphrase does not open the key.
    #[error("{0}: the passphrase is wrong, or the file is damaged; try again")]
    WrongPassphrase(PathBuf),
    /// No passphrase could be asked for, or the person gave none.
    #[error("no passphrase was given ({0}); the key needs one")]
    NoPassphrase(String),
    /// Too short to protect a key.
    #[error(
        "the passphrase is too short; take at least {} characters, five random words for \
         example",
        MIN_PASSPHRASE
    )]
    ShortPassphrase,
    /// A private key without passphrase that others can read.
    #[error("{0}: this key has no passphrase and others can read it; run chmod 600 on it")]
    Exposed(PathBuf),
    /// No directory to put a new key in.
    #[error("{0}: there is no such directory; make it first")]
    NoDirectory(PathBuf),
    /// Nothing is overwritten.
    #[error("{0}: there is such a file already; choose another name")]
    Exists(PathBuf),
    /// Not a name for a key.
    #[error(
        "\"{}\" cannot be the name of a key; use letters A-Z, digits, dot, hyphen and underscore, \
         and start with a letter, digit or underscore",
        .0.escape_debug()
    )]
    Name(String),
    /// Not a pseudonym for a badge.
    #[error(
        "\"{}\" cannot be the name on a badge; use 1 to 6 digits and letters A-Z, and not the name of \
         a person",
        .0.escape_debug()
    )]
    Operator(String),
    /// The system gave no random bytes, or the key could not be encoded.
    #[error("no key could be made: {0}")]
    NotMade(String),
}

/// The fewest characters of a passphrase for a new key.
pub const MIN_PASSPHRASE: usize = 14;

/// The content of a key file, erased from memory when dropped, and what the system says about
/// the very file that was read.
fn read(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Metadata), KeyError> {
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(|error| failed(path, error))?.is_file() {
        return Err(KeyError::NotAFile(path.into()));
    }
    let file = File::open(path).map_err(|error| failed(path, error))?;
    let metadata = file.metadata().map_err(|error| failed(path, error))?;
    // The full capacity at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize + 1));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(path, error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(KeyError::TooLarge(path.into()));
    }
    Ok((bytes, metadata))
}

fn failed(path: &Path, error: io::Error) -> KeyError {
    let path = path.to_path_buf();
    match error.kind() {
        io::ErrorKind::NotFound => KeyError::Missing(path),
        io::ErrorKind::AlreadyExists => KeyError::Exists(path),
        _ => KeyError::Io { path, error },
    }
}
