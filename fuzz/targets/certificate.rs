//! Bytes that somebody calls a certificate: whatever they are, they are judged, and not believed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::cert::{self, Trust, profile};
use nulstil::model::{Evidence, Timestamp};

fuzz_target!(|bytes: &[u8]| {
    // Nobody has this key's private half.
    let Ok(root) = ed25519_dalek::VerifyingKey::from_bytes(&[
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07,
        0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07,
        0x51, 0x1a,
    ]) else {
        return;
    };
    let judged = cert::verify(bytes, &Trust::new(root), Timestamp::from_unix(1_795_000_000));
    assert!(judged.is_err());
    let Ok(value) = profile::parse(bytes) else { return };
    // What is signed is the canonical form: it is the same document, and has no other form.
    let canonical = profile::canonical(&value).expect("what was read is in the profile");
    let again = profile::parse(&canonical).expect("the canonical form is in the profile");
    assert_eq!(again, value);
    assert_eq!(profile::canonical(&again).as_ref(), Ok(&canonical));
    // A careless reader sees the same in it: nothing is there twice.
    assert_eq!(serde_json::from_slice::<serde_json::Value>(bytes).ok(), Some(again));
    if let Ok(pretty) = profile::pretty(&value) {
        assert_eq!(profile::parse(&pretty).as_ref(), Ok(&value));
    }
    let _ = cert::proof::verify(&value);
    // Evidence of any kind is concluded from, whoever signed it.
    if let Ok(evidence) = serde_json::from_value::<Evidence>(value) {
        let _ = cert::conclude(&evidence);
    }
});
