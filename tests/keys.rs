//! Key files on disk, and the same files in the hands of OpenSSL.
#![cfg(feature = "tool")]
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ed25519_dalek::{Signer as _, SigningKey};
use nulstil::keys::KeyError;
use nulstil::keys::private::{self, KeyPaths, Passphrase};
use nulstil::keys::public;

const PASSPHRASE: &str = "fem tilfældige ord";

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE.into())
}

fn nobody_asks() -> Result<Passphrase, KeyError> {
    panic!("this key has no passphrase to ask for")
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn made(dir: &Path) -> (KeyPaths, SigningKey) {
    let paths = private::create(dir, "plain", None).unwrap();
    let key = private::load(&paths.private, nobody_asks).unwrap();
    (paths, key)
}

#[test]
fn a_key_with_passphrase_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let paths = private::create(dir.path(), "T-014_a.1", Some(&passphrase())).unwrap();
    assert_eq!(paths.private, dir.path().join("T-014_a.1.key"));
    assert_eq!(paths.public, dir.path().join("T-014_a.1.pub"));
    let found = std::fs::metadata(&paths.private).unwrap().permissions().mode();
    assert_eq!(found & 0o777, 0o600);
    let text = std::fs::read_to_string(&paths.private).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n") && text.ends_with("-\n"));

    // As on a FAT stick.
    mode(&paths.private, 0o777);
    let key = private::load(&paths.private, || Ok(passphrase())).unwrap();
    assert_eq!(key.verifying_key(), public::load(&paths.public).unwrap());

    let wrong = private::load(&paths.private, || Ok(Passphrase::new("something else".into())));
    assert!(matches!(wrong, Err(KeyError::WrongPassphrase(_))));
    let none = private::load(&paths.private, || Err(KeyError::NoPassphrase("no screen".into())));
    assert!(matches!(none, Err(KeyError::NoPassphrase(_))));
}

#[test]
fn a_plain_key_must_be_private_to_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, key) = made(dir.path());
    assert_eq!(key.verifying_key(), public::load(&paths.public).unwrap());
    for exposed in [0o640, 0o604, 0o620, 0o601, 0o777] {
        mode(&paths.private, exposed);
        let error = private::load(&paths.private, nobody_asks).unwrap_err();
        assert!(matches!(error, KeyError::Exposed(_)), "{exposed:o}");
        assert!(error.to_string().contains("chmod 600"));
    }
    for fine in [0o600, 0o400, 0o700] {
        mode(&paths.private, fine);
        assert_eq!(private::load(&paths.private, nobody_asks).unwrap(), key, "{fine:o}");
    }
}

#[test]
fn two_keys_are_two_keys() {
    let dir = tempfile::tempdir().unwrap();
    let (_, one) = made(dir.path());
    let other = private::create(dir.path(), "other", None).unwrap();
    assert_ne!(private::load(&other.private, nobody_asks).unwrap(), one);
}

#[test]
fn nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, key) = made(dir.path());
    let again = private::create(dir.path(), "plain", None);
    assert!(matches!(again, Err(KeyError::Exists(path)) if path == paths.private));
    assert_eq!(private::load(&paths.private, nobody_asks).unwrap(), key);

    // Only the public file is in the way: no private key stays behind either.
    std::fs::write(dir.path().join("b.pub"), "mine").unwrap();
    assert!(matches!(private::create(dir.path(), "b", None), Err(KeyError::Exists(_))));
    assert!(!dir.path().join("b.key").exists());
    assert_eq!(std::fs::read_to_string(dir.path().join("b.pub")).unwrap(), "mine");

    // A link that leads elsewhere is not followed.
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), dir.path().join("c.key")).unwrap();
    assert!(matches!(private::create(dir.path(), "c", None), Err(KeyError::Exists(_))));
    assert!(!dir.path().join("elsewhere").exists());
}

#[test]
fn names_stay_in_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["", ".", "..", ".a", "-a", "a/b", "../a", "a b", "a\0", "æ", "a\n"] {
        let refused = private::create(dir.path(), name, None);
        assert!(matches!(refused, Err(KeyError::Name(_))), "{name:?}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let missing = private::create(&dir.path().join("no"), "a", None);
    assert!(matches!(missing, Err(KeyError::NoDirectory(_))));
}

#[test]
fn short_passphrases_are_refused_when_a_key_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let create = |text: &str| private::create(dir.path(), "a", Some(&Passphrase::new(text.into())));
    // 13 characters, but 26 bytes.
    for short in ["", "1234567890123", "æææææææææææææ"] {
        assert!(matches!(create(short), Err(KeyError::ShortPassphrase)), "{short}");
    }
    assert!(create("12345678901234").is_ok());
}

#[test]
fn what_is_no_private_key() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, _) = made(dir.path());
    let refused = |content: &[u8]| {
        let path = dir.path().join("x.key");
        std::fs::write(&path, content).unwrap();
        mode(&path, 0o600);
        private::load(&path, nobody_asks).unwrap_err()
    };
    let pem = std::fs::read_to_string(&paths.private).unwrap();
    let public = std::fs::read_to_string(&paths.public).unwrap();
    assert!(matches!(refused(public.as_bytes()), KeyError::PublicGiven(_)));
    assert!(matches!(refused(b"did:key:z6Mk\n"), KeyError::PublicGiven(_)));
    let label = |label: &str| pem.replace("PRIVATE KEY", label);
    for junk in ["", "junk", &label("EC PRIVATE KEY"), &label("CERTIFICATE"), &pem[..60]] {
        assert!(matches!(refused(junk.as_bytes()), KeyError::NotPrivate(_)), "{junk}");
    }
    // The OID of X25519.
    let x25519 = pem.replace("AwBQYDK2Vw", "AwBQYDK2Vu");
    assert_ne!(x25519, pem);
    assert!(matches!(refused(x25519.as_bytes()), KeyError::NotPrivate(_)));
    assert!(matches!(refused(&[0xff]), KeyError::NotPrivate(_)));
    assert!(matches!(refused(&[b' '; 65_537]), KeyError::TooLarge(_)));
    let encrypted = label("ENCRYPTED PRIVATE KEY");
    assert!(matches!(refused(encrypted.as_bytes()), KeyError::UnknownEncryption(_)));
    let missing = private::load(&dir.path().join("no.key"), nobody_asks);
    assert!(matches!(missing, Err(KeyError::Missing(_))));
    assert!(matches!(private::load(dir.path(), nobody_asks), Err(KeyError::NotAFile(_))));
    // The other way round.
    assert!(matches!(public::load(&paths.private), Err(KeyError::PrivateGiven(_))));
}

/// What OpenSSL on this machine says; `None`, loudly, where there is none.
#[allow(clippy::disallowed_types, reason = "the other implementation is a program")]
#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
fn openssl(arguments: &[&str], paths: &[&Path]) -> Option<std::process::Output> {
    let mut command = std::process::Command::new("openssl");
    let mut paths = paths.iter();
    for argument in arguments {
        match *argument {
            "PATH" => command.arg(paths.next().unwrap()),
            text => command.arg(text),
        };
    }
    match command.stdin(std::process::Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!(
                "SKIPPED: no openssl on this machine, key files are not cross-checked: {error}"
            );
            None
        }
    }
}

/// Runs OpenSSL, which must succeed; what it wrote.
macro_rules! openssl {
    ($arguments:expr, $($path:expr),*) => {
        match openssl($arguments, &[$($path),*]) {
            None => return,
            Some(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{said}");
                String::from_utf8(output.stdout).unwrap()
            }
        }
    };
}

#[test]
fn openssl_reads_both_files_and_gives_the_same_public_key() {
    let dir = tempfile::tempdir().unwrap();
    let plain = private::create(dir.path(), "plain", None).unwrap();
    let secret = private::create(dir.path(), "secret", Some(&passphrase())).unwrap();
    let public = |paths: &KeyPaths| std::fs::read_to_string(&paths.public).unwrap();

    assert_eq!(openssl!(&["pkey", "-pubout", "-in", "PATH"], &plain.private), public(&plain));
    let pass = format!("pass:{PASSPHRASE}");
    let arguments = ["pkey", "-pubout", "-passin", &pass, "-in", "PATH"];
    assert_eq!(openssl!(&arguments, &secret.private), public(&secret));
    assert_eq!(openssl!(&["pkey", "-pubin", "-in", "PATH"], &secret.public), public(&secret));

    let structure = openssl!(&["asn1parse", "-in", "PATH"], &secret.private);
    let numbers: Vec<_> = structure
        .lines()
        .filter(|line| line.contains("INTEGER"))
        .map(|line| line.rsplit(':').next().unwrap())
        .collect();
    assert_eq!(numbers, ["4000", "08", "01"], "N = 2^14, r, p\n{structure}");
    for name in ["PBES2", "scrypt", "aes-256-cbc"] {
        assert!(structure.contains(name), "{name}\n{structure}");
    }
}

#[test]
fn a_signature_of_ours_verifies_with_openssl() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, key) = made(dir.path());
    let (message, signature) = (dir.path().join("message"), dir.path().join("signature"));
    std::fs::write(&message, [0x5a; 64]).unwrap();
    std::fs::write(&signature, key.sign(&[0x5a; 64]).to_bytes()).unwrap();
    openssl!(
        &[
            "pkeyutl", "-verify", "-pubin", "-inkey", "PATH", "-rawin", "-in", "PATH", "-sigfile",
            "PATH"
        ],
        &paths.public,
        &message,
        &signature
    );
}

#[test]
fn keys_that_openssl_made_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let (plain, secret) = (dir.path().join("plain.key"), dir.path().join("secret.key"));
    openssl!(&["genpkey", "-algorithm", "ed25519", "-out", "PATH"], &plain);
    mode(&plain, 0o600);
    let key = private::load(&plain, nobody_asks).unwrap();

    let pass = format!("pass:{PASSPHRASE}");
    for way in ["-scrypt", "-v2prf"] {
        let mut arguments = vec!["pkcs8", "-topk8", way];
        if way == "-v2prf" {
            arguments.push("hmacWithSHA256");
        }
        arguments.extend(["-passout", &pass, "-in", "PATH", "-out", "PATH"]);
        openssl!(&arguments, &plain, &secret);
        assert_eq!(private::load(&secret, || Ok(passphrase())).unwrap(), key, "{way}");
    }

    // A key of another kind under the right passphrase is not a wrong passphrase.
    let other = dir.path().join("p256.key");
    let curve = "ec_paramgen_curve:P-256";
    openssl!(
        &[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            curve,
            "-aes256",
            "-pass",
            &pass,
            "-out",
            "PATH"
        ],
        &other
    );
    let refused = private::load(&other, || Ok(passphrase())).unwrap_err();
    assert!(matches!(refused, KeyError::NotPrivate(_)), "{refused}");
}

/// What the program says when its passphrase comes from a file descriptor, as in a script.
#[test]
fn a_passphrase_from_a_file_descriptor() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str], passphrase: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nulstil"))
            .args(args)
            .args(["--passphrase-fd", "0"])
            .current_dir(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses before it reads closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(passphrase.as_bytes());
        let ran = child.wait_with_output().unwrap();
        (ran.status.code().unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let new = |name: &str, passphrase: &str| run(&["key", "new", name, "--dir", "."], passphrase);
    let (code, said) = new("short", "short\n");
    assert_eq!(code, 3, "{said}");
    assert!(!dir.path().join("short.key").exists());
    assert_eq!(new("root", &format!("{PASSPHRASE}\n")).0, 0);
    assert_eq!(new("station", PASSPHRASE).0, 0, "a last line may lack its end");
    let authorize = |passphrase: &str, out: &str| {
        let args = ["key", "authorize", "--root", "root.key", "--station", "station.pub"];
        run(&[&args[..], &["--out", out]].concat(), passphrase)
    };
    let (code, said) = authorize("something else entirely\n", "no.auth");
    assert_eq!(code, 3, "{said}");
    assert!(!said.contains("something else") && !dir.path().join("no.auth").exists(), "{said}");
    let (code, said) = authorize(&format!("{PASSPHRASE}\r\nmore\n"), "station.auth");
    assert_eq!(code, 0, "{said}");
    assert!(dir.path().join("station.auth").exists());
}
