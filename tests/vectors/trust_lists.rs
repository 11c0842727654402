//! Trust lists: one key has one office and one name.

use ed25519_dalek::SigningKey;
use nulstil::cert::{TrustList, profile};
use nulstil::log::{Key, Role};
use serde_json::{Value, json};

use crate::list::{Vector, Vectors, trust_lists};
use crate::station::{key, signed_anyway, trust_list};

/// The list with this key added to its `logs` or `witnesses`, signed by the root as by a program
/// that does not ask for more than the form.
fn with(member: &str, name: &str, role: Role, key: &SigningKey) -> Value {
    let mut list = trust_list(false);
    list.as_object_mut().unwrap().shift_remove("proof");
    let line = Key::new(name, role, key.verifying_key()).unwrap().to_string();
    list["credentialSubject"][member].as_array_mut().unwrap().push(json!(line));
    signed_anyway(list, "root", |_| ())
}

pub fn all(list: &mut Vectors) {
    let witness = |name: &str, who: &str| with("witnesses", name, Role::Witness, &key(who));
    list.add(Vector::trust_list(
        "good/two-witnesses.trust",
        &witness("svendborg", "other"),
        "Two witnesses, and each has a key of its own.",
    ));
    let log = |name: &str, who: &str| with("logs", name, Role::Log, &key(who));
    for (file, document, why) in [
        (
            "log-is-witness",
            witness("svendborg", "office"),
            "The log's own key is a witness's too: who keeps a log is no witness of it.",
        ),
        (
            "root-is-witness",
            witness("svendborg", "root"),
            "The root's own key is a witness's too: who names the log is no witness of it.",
        ),
        ("root-is-log", log("second", "root"), "The root's own key is a log's too."),
        (
            "witness-twice",
            witness("svendborg", "odense"),
            "One witness's key under two names: it would count as two.",
        ),
        ("log-twice", log("second", "office"), "One log's key under two names."),
    ] {
        let file = format!("hostile/{file}.trust");
        list.add(Vector::trust_list(&file, &document, why).rejected("content-wrong"));
    }
}

#[test]
fn the_library_agrees_on_trust_lists() {
    let listed = trust_lists();
    assert_eq!(listed.len(), 6);
    for verdict in listed {
        let document = profile::parse(&std::fs::read(verdict.path()).unwrap()).unwrap();
        let found = TrustList::verify(&document, &crate::root(&verdict));
        assert_eq!(found.as_ref().err().map(|why| why.code().to_owned()), verdict.code);
        if let Err(why) = found {
            assert!(why.to_string().contains("credentialSubject.witnesses"), "{why}");
        }
    }
}

/// As an auditor meets them: he hears of it before anything is judged.
#[cfg(feature = "verify-cli")]
#[test]
#[allow(clippy::disallowed_types, reason = "tests run the program as people do")]
fn the_program_agrees_on_trust_lists() {
    use std::process::{Command, Stdio};

    for verdict in trust_lists() {
        let mut program = Command::new(env!("CARGO_BIN_EXE_nulstil"));
        program.current_dir(crate::list::folder()).stdin(Stdio::null());
        program.args(["verify", "good/clear-hdd.cert.json", "--root", &verdict.root]);
        let output = program.args(["--trust", &verdict.file]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let expected = if verdict.code.is_some() { Some(2) } else { Some(0) };
        assert_eq!(output.status.code(), expected, "{}: {said}", verdict.file);
        let named = said.contains("credentialSubject.witnesses");
        assert_eq!(named, verdict.code.is_some(), "{said}");
    }
}
