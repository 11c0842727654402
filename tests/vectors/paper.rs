//! Codes on paper written byte by byte: CBOR (RFC 8949), COSE_Sign1 (RFC 9052) and base45
//! (RFC 9285) by hand, so that a code can be made wrong in every place, and so that nothing here
//! leans on what the program uses.

use ed25519_dalek::Signer as _;
use nulstil::cert::{document, proof};
use nulstil::model::Timestamp;
use serde_json::Value;

use crate::station::{DAY, STATION, at, key, sha256};

/// Major type and argument, in the shortest spelling.
pub fn head(major: u8, argument: u64) -> Vec<u8> {
    let major = major << 5;
    let long = argument.to_be_bytes();
    match argument {
        0..24 => vec![major | long[7]],
        24..0x100 => vec![major | 24, long[7]],
        0x100..0x1_0000 => [&[major | 25], &long[6..]].concat(),
        0x1_0000..0x1_0000_0000 => [&[major | 26], &long[4..]].concat(),
        _ => [&[major | 27], &long[..]].concat(),
    }
}

pub fn number(value: u64) -> Vec<u8> {
    head(0, value)
}

pub fn bytes(value: &[u8]) -> Vec<u8> {
    [&head(2, value.len() as u64)[..], value].concat()
}

pub fn text(value: &str) -> Vec<u8> {
    [&head(3, value.len() as u64)[..], value.as_bytes()].concat()
}

/// Numbered fields, each with its value in CBOR, in the order in which they are written.
#[derive(Clone)]
pub struct Fields(pub Vec<(u64, Vec<u8>)>);

impl Fields {
    /// Puts a value in the place of the one with this number, or in its order.
    pub fn set(&mut self, number: u64, value: Vec<u8>) {
        self.drop(number);
        let at = self.0.iter().position(|(other, _)| *other > number).unwrap_or(self.0.len());
        self.0.insert(at, (number, value));
    }

    pub fn drop(&mut self, number: u64) {
        self.0.retain(|(other, _)| *other != number);
    }

    pub fn map(&self) -> Vec<u8> {
        let mut map = head(5, self.0.len() as u64);
        for (name, value) in &self.0 {
            map.extend(number(*name));
            map.extend(value);
        }
        map
    }
}

/// A COSE_Sign1 that is yet to be put together; the signature is over what stands here.
#[derive(Clone)]
pub struct Message {
    /// What stands in the byte string of the protected header.
    pub protected: Vec<u8>,
    pub unprotected: Vec<u8>,
    pub payload: Vec<u8>,
    /// Whose key signs.
    pub signer: &'static str,
}

impl Message {
    /// As it should be: algorithm -8, and the name of the signer's key.
    pub fn new(signer: &'static str, payload: Vec<u8>) -> Self {
        Self { protected: header(0x27, signer), unprotected: head(5, 0), payload, signer }
    }

    pub fn signature(&self) -> Vec<u8> {
        // Sig_structure (RFC 9052, section 4.4): context, protected, no external data, payload.
        let signed = [
            head(4, 4),
            text("Signature1"),
            bytes(&self.protected),
            bytes(&[]),
            bytes(&self.payload),
        ];
        key(self.signer).sign(&signed.concat()).to_bytes().to_vec()
    }

    /// With another signature than its own.
    pub fn with(&self, signature: &[u8]) -> Vec<u8> {
        [
            head(6, 18),
            head(4, 4),
            bytes(&self.protected),
            self.unprotected.clone(),
            bytes(&self.payload),
            bytes(signature),
        ]
        .concat()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.with(&self.signature())
    }
}

/// A protected header with this algorithm (CBOR, one byte) and the name of this key.
pub fn header(algorithm: u8, whose: &str) -> Vec<u8> {
    [vec![0xa2, 1, algorithm, 4], bytes(&name_of(whose))].concat()
}

/// The first eight bytes of SHA-256 over a key.
pub fn name_of(whose: &str) -> [u8; 8] {
    *sha256(key(whose).verifying_key().as_bytes()).first_chunk().unwrap()
}

/// The text of a code.
pub fn code(message: &[u8]) -> String {
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut text = "NULSTIL1:".to_owned();
    for pair in message.chunks(2) {
        let mut value = pair.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
        for _ in 0..=pair.len() {
            text.push(char::from(digits[value % 45]));
            value /= 45;
        }
    }
    text
}

/// The root's word for the station in short: half a year, as its authorization says.
pub fn word() -> Fields {
    Fields(vec![
        (0, number(2)),
        (1, bytes(key("station").verifying_key().as_bytes())),
        (2, text(STATION)),
        (3, time(at(-15 * DAY))),
        (4, time(at(165 * DAY))),
        (5, number(0)),
    ])
}

pub fn time(time: Timestamp) -> Vec<u8> {
    number(time.unix().try_into().unwrap())
}

/// What a code about a document has to say, without the root's word.
pub fn statement(signed: &Value) -> Fields {
    let subject = &signed["credentialSubject"];
    let (drive, found) = (&subject["evidence"]["drive"], &subject["conclusion"]);
    let place = |list: &[&str], one: &Value| {
        let at = list.iter().position(|name| *name == one.as_str().unwrap()).unwrap();
        number(at as u64)
    };
    let kinds = [
        document::CERTIFICATE,
        document::FAILED,
        document::ABORTED,
        document::INCOMPLETE,
        document::UNVERIFIED,
    ];
    let media = ["hdd", "ssd", "emmc", "sd-card", "virtual", "disk-image", "unknown"];
    let id = signed["id"].as_str().unwrap().trim_start_matches("urn:uuid:").replace('-', "");
    let mut fields = Fields(vec![
        (0, number(1)),
        (1, bytes(&unhex(&id))),
        (2, bytes(&unhex(&proof::digest(signed).unwrap()))),
        (3, place(&kinds, &signed["type"][1])),
        (5, place(&media, &drive["medium"])),
        (6, number(drive["capacityBytes"].as_u64().unwrap())),
        (9, time(signed["validFrom"].as_str().unwrap().parse().unwrap())),
    ]);
    if !found["method"].is_null() {
        fields.set(4, place(&["clear", "purge", "destroy"], &found["method"]));
    }
    for (name, value) in
        [(7, &drive["serialNumber"]), (8, &drive["model"]), (10, &subject["paperwork"]["assetTag"])]
    {
        if let Some(value) = value.as_str() {
            fields.set(name, text(value));
        }
    }
    fields
}

fn unhex(digits: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}
