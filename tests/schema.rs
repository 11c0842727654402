//! `certs/schema` and `certs/FORMAT.md`: that the one is what the types say, that the other says all
//! that is in the one, and that genuine documents have that form.
//!
//! `NULSTIL_WRITE_SCHEMA=1 cargo test --features schema --test schema made_again` writes the file.

#![cfg(feature = "schema")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    reason = "a test may fail, and runs the program"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use nulstil::cert::schema::{FILE, schema};
use serde_json::{Value, json};

fn certs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

#[test]
fn made_again_the_file_is_the_same() {
    let file = certs().join("schema").join(FILE);
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("NULSTIL_WRITE_SCHEMA").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "the types have changed; see the top of this file");
}
