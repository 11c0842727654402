//! Who signs the vectors: keys from published seeds, what the root says of them, and the office's
//! log.

use ed25519_dalek::{Signer as _, SigningKey};
use nulstil::cert::{Authorization, Place, Revocation, TrustList, did, document, profile, proof};
use nulstil::log::{Checkpoint, Inclusion, Key, Leaves, Role, leaf};
use nulstil::model::{
    Boot, Clock, Computer, Condemnation, Evidence, Inspection, Lockdown, Paperwork, SecureBoot,
    Timestamp, Tool, Tpm,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const STATION: &str = "Station 4 – Nørreskov";

/// What a station may issue. Not [`document::TYPES`], so that old vectors stay as they are.
const MAY_ISSUE: [&str; 8] = [
    document::CERTIFICATE,
    document::FAILED,
    document::ABORTED,
    document::INCOMPLETE,
    document::UNVERIFIED,
    document::MACHINE,
    document::STARTED,
    NEWER_TYPE,
];

/// A type of which no version of this program is going to know anything.
pub const NEWER_TYPE: &str = "VectorOfTheFuture";

/// The secret key of `who`, published on purpose: SHA-256 of this text.
pub fn key(who: &str) -> SigningKey {
    SigningKey::from_bytes(&sha256(format!("nulstil test vector, not a secret: {who}").as_bytes()))
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `seconds` after 2026-11-16T08:00:00Z, when the work of the vectors begins.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_794_816_000 + seconds)
}

/// A UUID of version 7 for the thing with this number.
pub fn uuid(kind: u16, number: u16) -> String {
    format!("019e2d10-{kind:04x}-7000-8000-00000000{number:04x}")
}

pub const DAY: i64 = 86_400;

/// What the root says of the station: half a year, and everything.
pub fn plain() -> Authorization {
    Authorization {
        id: format!("urn:uuid:{}", uuid(1, 1)),
        issuer_name: "Genbrug Fyn".into(),
        station: did::of(&key("station").verifying_key()),
        station_name: STATION.into(),
        valid_from: at(-15 * DAY),
        valid_until: at(165 * DAY),
        may_issue: MAY_ISSUE.map(str::to_owned).to_vec(),
        trust_list_version: 0,
        paper: None,
    }
}

pub fn authorization(change: impl FnOnce(&mut Authorization)) -> Value {
    let mut authorization = plain();
    change(&mut authorization);
    authorization.sign(&key("root"), at(-15 * DAY)).unwrap()
}

/// Version 2 of the root's trust list; the station's key was lost at noon of the second day if
/// `revoked`.
pub fn trust_list(revoked: bool) -> Value {
    let lost = Revocation {
        key: did::of(&key("station").verifying_key()),
        since: at(DAY + 4 * 3600),
        reason: "stick lost".into(),
    };
    let named = |name: &str, role| Key::new(name, role, key(name).verifying_key()).unwrap();
    let list = TrustList {
        id: format!("urn:uuid:{}", uuid(2, u16::from(revoked))),
        issuer_name: "Genbrug Fyn".into(),
        issued: at(2 * DAY),
        version: 2,
        previous: Some(hex(&sha256(b"version 1"))),
        logs: vec![named("office", Role::Log)],
        witnesses: vec![named("odense", Role::Witness)],
        revoked: if revoked { vec![lost] } else { Vec::new() },
    };
    list.sign(&key("root"), at(2 * DAY)).unwrap()
}

/// The proof that `document` is the second of three entries of the log `origin`, which `by` signed
/// and a witness saw at `seen`.
pub fn proof_of(document: &Value, origin: &str, by: &str, seen: Option<i64>) -> String {
    let mut leaves = Leaves::default();
    leaves.push(leaf(b"first"));
    leaves.push(leaf(&profile::canonical(document).unwrap()));
    leaves.push(leaf(b"third"));
    let mut note = Checkpoint::of(origin, &leaves).note().unwrap();
    note.sign(origin, &key(by)).unwrap();
    if let Some(seen) = seen {
        note.cosign("odense", &key("odense"), at(seen)).unwrap();
    }
    Inclusion::new(&leaves, 1, note).unwrap().to_string()
}

/// What stands around a document: its number, and its place in a stream of its own.
pub struct Papers {
    number: u16,
    place: Place,
    pub authorization: Value,
    pub issued: Timestamp,
}

impl Papers {
    pub fn new(number: u16) -> Self {
        let place = Place {
            id: uuid(3, number),
            sequence: 1,
            previous_digest: hex(&sha256(format!("start of run {number}").as_bytes())),
        };
        let authorization = authorization(|_| ());
        Self { number, place, authorization, issued: at(3 * 3600) }
    }

    /// In the session `session`, after `before`.
    pub fn after(number: u16, session: u16, sequence: u64, before: Option<&Value>) -> Self {
        let nothing = nulstil::cert::NOTHING_BEFORE.to_owned();
        let previous_digest = before.map_or(nothing, |before| proof::digest(before).unwrap());
        let place = Place { id: uuid(3, session), sequence, previous_digest };
        Self { place, ..Self::new(number) }
    }

    fn with<R>(&self, make: impl FnOnce(&document::Header<'_>, &Computer, &Paperwork) -> R) -> R {
        let clock = Clock {
            source: "system clock".into(),
            rtc_minus_system_seconds: Some(-3600),
            confirmed: false,
        };
        let tool = Tool {
            name: "nulstil".into(),
            version: "0.1.0".into(),
            executable_sha256: Some(hex(&sha256(b"nulstil"))),
        };
        let boot = Boot {
            kernel: Some("6.12.57+deb13-amd64".into()),
            image_id: Some(hex(&sha256(b"image"))),
            image_files: Some(vec![
                format!("{}  vmlinuz", hex(&sha256(b"kernel"))),
                format!("{}  initrd", hex(&sha256(b"initrd"))),
            ]),
            secure_boot: SecureBoot::On,
            lockdown: Lockdown::Integrity,
            tpm: Tpm::V2,
            pcr4: Some(hex(&sha256(b"4"))),
            pcr7: Some(hex(&sha256(b"7"))),
            pcr8: Some(hex(&sha256(b"8"))),
            pcr9: Some(hex(&sha256(b"9"))),
            event_log_sha256: Some(hex(&sha256(b"log"))),
        };
        let computer = Computer {
            manufacturer: Some("LENOVO".into()),
            model: Some("ThinkCentre M73".into()),
            serial_number: Some(format!("PC0{:03}", self.number)),
            system_uuid: Some("4c4c4544-0044-3510-8052-b4c04f4a4e32".into()),
            cpu: Some("Intel(R) Core(TM) i5-4570 CPU @ 3.20GHz".into()),
            memory_bytes: Some(8_242_655_232),
        };
        let paperwork = Paperwork {
            asset_tag: Some(format!("ODK-{:05}", self.number)),
            operator: Some("Søren Ægidius Åkjær".into()),
            location: Some("Rødby, værksted 2".into()),
        };
        let station = did::of(&key("station").verifying_key());
        let header = document::Header {
            id: &uuid(4, self.number),
            issuer: &station,
            issuer_name: STATION,
            authorization: &self.authorization,
            valid_from: self.issued,
            clock: &clock,
            tool: &tool,
            boot: &boot,
            run: document::Run { id: &self.place.id, started_at: at(0) },
            place: &self.place,
        };
        make(&header, &computer, &paperwork)
    }

    /// The unsigned document on one drive.
    pub fn erasure(&self, path: &str, evidence: &Evidence) -> Value {
        self.with(|header, computer, paperwork| {
            document::erasure(header, Some(path), evidence, computer, paperwork).unwrap()
        })
    }

    /// The unsigned document on a drive that was only read. Whoever signs it may issue every type.
    pub fn inspection(self, path: &str, found: &Inspection) -> Value {
        self.of_every_type().with(|header, computer, paperwork| {
            nulstil::cert::inspection(header, Some(path), found, computer, paperwork).unwrap()
        })
    }

    /// The same for a drive that has to be destroyed.
    pub fn condemnation(self, path: Option<&str>, condemned: &Condemnation) -> Value {
        self.of_every_type().with(|header, computer, paperwork| {
            nulstil::cert::condemnation(header, path, condemned, computer, paperwork).unwrap()
        })
    }

    fn of_every_type(self) -> Self {
        let every = |a: &mut Authorization| a.may_issue = document::TYPES.map(str::to_owned).into();
        Self { authorization: authorization(every), ..self }
    }

    pub fn machine(
        &self,
        drives: &[nulstil::cert::MachineDrive],
        hidden: &nulstil::model::HiddenDrives,
    ) -> Value {
        self.with(|header, computer, paperwork| {
            document::machine(header, drives, hidden, computer, paperwork).unwrap()
        })
    }

    pub fn started(&self, begun: &[nulstil::cert::Begun]) -> Value {
        self.with(|header, computer, paperwork| {
            document::started(header, document::Purpose::Erase, begun, &[], computer, paperwork)
                .unwrap()
        })
    }
}

/// Signed by the station when it says that it was issued.
pub fn signed(document: Value) -> Value {
    let issued = document["validFrom"].as_str().unwrap().parse().unwrap();
    proof::sign(document, &key("station"), issued).unwrap()
}

/// Signed by a program that obeys RFC 8785 and no rule of ours, with `change` made to the proof
/// before it is signed.
pub fn signed_anyway(mut document: Value, who: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut config = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": document["validFrom"],
        "verificationMethod": did::method_of(&key(who).verifying_key()),
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
    });
    change(&mut config);
    let hash = |value: &Value| sha256(&serde_json_canonicalizer::to_vec(value).unwrap());
    let signature = key(who).sign(&[hash(&config), hash(&document)].concat()).to_bytes();
    config["proofValue"] = base58(&signature).into();
    document["proof"] = config;
    document
}

/// In Multibase's base58btc.
pub fn base58(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}
