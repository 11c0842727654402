//! Drives that were only read: the program and the page judge the same of them, and no word of the
//! page can be taken for "erased".

use nulstil::cert::inspected;
use nulstil::model::{Inspection, InspectionShortfall};
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::common::read_json;
use crate::rules::{Numbers, mutate};

/// A disk that was found blank.
fn blank() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/vectors/good/clear-hdd.cert.json");
    let evidence = &read_json(std::path::Path::new(path))["credentialSubject"]["evidence"];
    let capacity = &evidence["drive"]["capacityBytes"];
    let none = json!({"totalBytes": 0, "count": 0, "ranges": []});
    json!({
        "drive": evidence["drive"], "hidden": {"kind": "none"}, "lock": {"kind": "open"},
        "engine": "threads", "directIo": true, "filling": 0, "startedAt": "2026-11-16T08:00:00Z",
        "endedAt": "2026-11-16T09:00:00Z", "readBytes": capacity, "unreadable": none,
        "differing": {"count": 0, "blocks": []}, "speed": evidence["passes"][0]["speed"],
        "aftermath": {"sameDrive": true, "capacityBytes": capacity, "partitionsReread": null},
        "ending": {"kind": "completed"},
    })
}

fn concluded(evidence: &Value) -> String {
    match serde_json::from_value::<Inspection>(evidence.clone()) {
        Ok(evidence) => {
            let found = inspected(&evidence);
            json!([found.verdict, found.shortfalls]).to_string()
        }
        Err(error) if error.to_string().starts_with("missing field") => "missing".to_owned(),
        Err(_) => "wrong".to_owned(),
    }
}

#[test]
fn the_same_follows_from_the_same_inspection() {
    let Some(mut page) = Chromium::open("inspections", "en") else { return };
    let mut donors = vec![blank()];
    for (path, value) in [
        ("/lock", json!({"kind": "closed", "by": "TCG Opal"})),
        ("/lock", json!({"kind": "unknown", "reason": "r"})),
        ("/hidden", json!({"kind": "present", "accessible": 1, "native": 2})),
        ("/hidden", json!({"kind": "unknown", "reason": "r"})),
        ("/differing", json!({"count": 1, "blocks": []})),
        (
            "/unreadable",
            json!({"totalBytes": 512, "count": 1, "ranges": [{"offset": 0, "bytes": 512}]}),
        ),
        ("/filling", Value::Null),
        ("/drive/medium", json!("virtual")),
        ("/drive/bus", json!("nvme")),
        ("/drive/kind", json!("disk-image")),
        ("/aftermath", Value::Null),
    ] {
        let mut donor = blank();
        *donor.pointer_mut(path).unwrap() = value;
        donors.push(donor);
    }
    let mut numbers = Numbers(0x0dd0_5eed_0dd0_5eed);
    let mut cases = donors.clone();
    while cases.len() < 3000 {
        let mut evidence = numbers.of(&donors);
        for _ in 0..=numbers.below(3) {
            mutate(&mut evidence, &mut numbers, &donors);
        }
        if nulstil::cert::profile::check(&evidence).is_ok() {
            cases.push(evidence);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for batch in cases.chunks(500) {
        let texts: Vec<String> = batch.iter().map(ToString::to_string).collect();
        let found = page.run(&format!(
            "{}.map((text) => {{ try {{ \
             const found = inspected(INSPECTED_EVIDENCE(parse(utf8(text)))); \
             return JSON.stringify([found.verdict, found.shortfalls]); }} catch (error) {{ \
             if (error instanceof Missing) return 'missing'; \
             if (error instanceof Wrong) return 'wrong'; throw error; }} }})",
            json!(texts)
        ));
        for (evidence, theirs) in batch.iter().zip(found.as_array().unwrap()) {
            let ours = concluded(evidence);
            assert_eq!(json!(ours), *theirs, "{evidence}");
            seen.insert(ours);
        }
    }
    for one in InspectionShortfall::ALL {
        let code = serde_json::to_string(&one).unwrap();
        assert!(seen.iter().any(|found| found.contains(&code)), "never concluded: {code}");
    }
    assert!(seen.len() > 40 && seen.contains(r#"["blank",[]]"#), "{seen:?}");
}
