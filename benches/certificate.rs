//! What it costs to make and to judge a certificate: of a run without trouble, and of one so bad
//! that every list in it is full. Nothing is kept between two certificates: whoever judges a
//! batch checks the station's authorization in each of them.

#![allow(clippy::unwrap_used, reason = "without a certificate there is nothing to measure")]

#[path = "../tests/sim_common/mod.rs"]
mod sim_common;

use divan::{Bencher, black_box, counter::BytesCount};
use ed25519_dalek::SigningKey;
use nulstil::cert::{self, Authorization, Trust, profile, proof};
use nulstil::device::Time as _;
use nulstil::model::{Evidence, Timestamp, VerifyMode};
use serde_json::Value;
use sim_common::{Bench, MIB, bad_all_over, identity};

fn main() {
    divan::main();
}

const RUNS: [&str; 2] = ["clean", "worst"];

/// A certificate from a run on a simulated drive.
struct Certificate {
    bytes: Vec<u8>,
    document: Value,
    evidence: Evidence,
    trust: Trust,
    now: Timestamp,
}

impl Certificate {
    fn of(run: &str) -> Self {
        let (bench, drive) = (Bench::new(), identity("S1", 12 * MIB));
        let (certificate, ..) = match run {
            "worst" => bench.one(&drive, &bad_all_over(), "dod-short-3", VerifyMode::Full),
            _ => bench.one(&drive, &[], "random", VerifyMode::Full),
        };
        Self {
            bytes: std::fs::read(&bench.files(".cert.json")[0]).unwrap(),
            document: certificate.document().clone(),
            evidence: certificate.evidence().unwrap().clone(),
            trust: bench.trust(),
            now: bench.clock.now(),
        }
    }

    fn size(&self) -> BytesCount {
        BytesCount::new(self.bytes.len())
    }
}

/// RFC 8785, in which every signature is made and checked.
#[divan::bench(args = RUNS)]
fn canonical(bencher: Bencher<'_, '_>, run: &str) {
    let certificate = Certificate::of(run);
    bencher
        .counter(certificate.size())
        .bench(|| profile::canonical(black_box(&certificate.document)).unwrap());
}

/// From bytes to a document, within the profile.
#[divan::bench(args = RUNS)]
fn parse(bencher: Bencher<'_, '_>, run: &str) {
    let certificate = Certificate::of(run);
    bencher
        .counter(certificate.size())
        .bench(|| profile::parse(black_box(&certificate.bytes)).unwrap());
}

/// The verdict, from the evidence.
#[divan::bench(args = RUNS)]
fn conclude(bencher: Bencher<'_, '_>, run: &str) {
    let certificate = Certificate::of(run);
    bencher.bench(|| cert::conclude(black_box(&certificate.evidence)));
}

/// What is signed is read again and verified before it is given out.
#[divan::bench(args = RUNS)]
fn sign(bencher: Bencher<'_, '_>, run: &str) {
    let certificate = Certificate::of(run);
    let key = SigningKey::from_bytes(&[2; 32]);
    let mut unsigned = certificate.document.clone();
    unsigned.as_object_mut().unwrap().shift_remove("proof").unwrap();
    bencher
        .counter(certificate.size())
        .with_inputs(|| unsigned.clone())
        .bench_values(|unsigned| proof::sign(unsigned, &key, certificate.now).unwrap());
}

/// The auditor's question, as a whole.
#[divan::bench(args = RUNS)]
fn verify(bencher: Bencher<'_, '_>, run: &str) {
    let certificate = Certificate::of(run);
    bencher.counter(certificate.size()).bench(|| {
        cert::verify(black_box(&certificate.bytes), &certificate.trust, certificate.now).unwrap()
    });
}

/// The part of it that is the station's signature.
#[divan::bench(args = RUNS)]
fn verify_signature(bencher: Bencher<'_, '_>, run: &str) {
    let certificate = Certificate::of(run);
    bencher
        .counter(certificate.size())
        .bench(|| proof::verify(black_box(&certificate.document)).unwrap());
}

/// The part of it that is the station's authorization, the same for every certificate.
#[divan::bench]
fn verify_authorization(bencher: Bencher<'_, '_>) {
    let certificate = Certificate::of("clean");
    let authorization = certificate.document.pointer("/issuer/authorization").unwrap();
    bencher.bench(|| {
        Authorization::verify(black_box(authorization), &certificate.trust.root).unwrap()
    });
}
