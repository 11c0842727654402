//! The text of a code that somebody says was on paper: base45, COSE_Sign1, the root's word.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::cert::Trust;
use nulstil::model::Timestamp;
use nulstil::paper::{self, PREFIX};

/// The only code that the root below vouches for, through a station whose key nobody has any more.
const SIGNED: &str = include_str!("../seeds/code/signed");

const ROOT: [u8; 32] = [
    0xd9, 0x65, 0xa7, 0x82, 0x37, 0xdf, 0xf4, 0x2d, 0x48, 0x62, 0x65, 0x67, 0xa6, 0x85, 0x42, 0x6c,
    0x3e, 0xbe, 0x63, 0xfd, 0x32, 0x6f, 0x3e, 0x1c, 0xe4, 0xe3, 0x78, 0x68, 0xb6, 0x2b, 0x2a, 0xd2,
];

fuzz_target!(|bytes: &[u8]| {
    let root = ed25519_dalek::VerifyingKey::from_bytes(&ROOT).expect("a key");
    let trust = Trust::new(root);
    let now = Timestamp::from_unix(1_795_500_000);
    // As a text, and as what a text may say: hardly any bytes are base45.
    let said = std::str::from_utf8(bytes).map(str::to_owned);
    for text in said.into_iter().chain([format!("{PREFIX}{}", base45(bytes))]) {
        if let Ok(code) = paper::verify(&text, None, &trust, now) {
            assert_eq!(text, SIGNED, "it has one spelling, and nobody else signs");
            assert_eq!(code.missing(), None);
        }
    }
});

/// RFC 9285: two bytes are three letters, one that is left over is two.
fn base45(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let letters = bytes.chunks(2).flat_map(|pair| {
        let value = pair.iter().fold(0, |value, byte| value << 8 | usize::from(*byte));
        [value, value / 45, value / 2025].into_iter().take(pair.len() + 1)
    });
    letters.map(|value| char::from(LETTERS[value % 45])).collect()
}
