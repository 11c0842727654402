//! Texts that somebody calls a key or a signature: base58, did:key, Multikey, PEM, C2SP's verifier
//! keys. What is taken has one spelling.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use nulstil::cert::did;
use nulstil::keys::public;
use nulstil::log;

fuzz_target!(|text: &str| {
    if let Ok(key) = did::key(text) {
        assert_eq!(did::of(&key), text);
        assert!(!key.is_weak());
    }
    if let Ok(key) = did::key_of_method(text) {
        assert_eq!(did::method_of(&key), text);
    }
    if let Ok(key) = public::parse(text, Path::new("key")) {
        assert!(!key.is_weak());
        assert_eq!(public::parse(&did::of(&key), Path::new("key")).ok(), Some(key));
    }
    if let Ok(key) = text.parse::<log::Key>() {
        assert_eq!(key.to_string(), text);
    }
});
