//! What a witness's time is worth where it cannot be true: nothing, and that is told.

use serde_json::Value;

use crate::drives;
use crate::list::{Vector, Vectors};
use crate::station::{DAY, Papers, proof_of, signed};

/// When every document here was issued, in seconds after the work of the vectors begins.
const ISSUED: i64 = 3 * 3600;

pub fn all(list: &mut Vectors) {
    let erased = |number| signed(Papers::new(number).erasure("/dev/sda", &drives::hdd()));
    let vector = |file: &str, document: &Value, seen, trust, why| {
        let proof = proof_of(document, "office", "office", Some(seen));
        Vector::of(file, document, why).with_list(trust).beside(proof)
    };
    let sanitized = |it: Vector| it.concluding("sanitized", Some("clear"));
    list.add(sanitized(vector(
        "good/witnessed-a-day-before.cert.json",
        &erased(240),
        ISSUED - DAY,
        "2.trust",
        "By its clock the witness saw it a day before it was issued: clocks may differ by so much.",
    )));
    list.add(sanitized(vector(
        "good/witnessed-long-before.cert.json",
        &erased(241),
        ISSUED - DAY - 1,
        "2.trust",
        "Nobody saw it more than a day before it was issued: the witness's time does not count.",
    ))
    .incomplete());
    list.add(
        sanitized(vector(
            "good/witnessed-in-the-future.cert.json",
            &erased(242),
            100 * 365 * DAY,
            "2.trust",
            "Nobody has seen it in a hundred years: the witness's time does not count.",
        ))
        .incomplete(),
    );
    list.add(vector(
        "hostile/revoked-and-witnessed-long-before.cert.json",
        &erased(243),
        ISSUED - DAY - 1,
        "2-revoked.trust",
        "The key is revoked, and the only witness has a clock that cannot be right: it would cover \
         for whoever has the key now.",
    )
    .rejected("revoked"));
}
