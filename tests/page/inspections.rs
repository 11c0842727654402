//! Drives that were only read: the program and the page judge the same of them, and no word of the
//! page can be taken for "erased".

use nulstil::cert::inspected;
use nulstil::model::{Inspection, InspectionShortfall};
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::common::{nulstil, read_json, text};
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
    // Each of these makes up for something.
    for (path, value) in [("/drive/bus", "nvme"), ("/drive/medium", "virtual")] {
        for place in ["/hidden", "/lock"] {
            let mut donor = blank();
            *donor.pointer_mut(path).unwrap() = json!(value);
            *donor.pointer_mut(place).unwrap() = json!({"kind": "unknown", "reason": "r"});
            donors.push(donor);
        }
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

/// Every vector about a drive that nobody erased: the program and the page, all together.
#[test]
fn what_nobody_erased_is_told_apart() {
    let Some(mut page) = Chromium::open("not erased", "da") else { return };
    let vectors = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/vectors");
    let mut files: Vec<_> = ["good", "hostile"]
        .iter()
        .flat_map(|kind| std::fs::read_dir(vectors.join(kind)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            [".inspection.json", ".destroy.json"].iter().any(|end| text(path).ends_with(end))
        })
        .collect();
    files.sort();
    assert!(files.len() > 20, "{files:?}");
    let root = vectors.join("root.pub");
    let mut args = vec!["verify", "--json", "--root", text(&root)];
    args.extend(files.iter().map(|path| text(path)));
    let program = nulstil(args).expect(4).json();
    page.trust(&root, None);
    let found = page.judge("files", &files);
    let judged = found["judged"].as_array().unwrap();
    for file in &files {
        let ours = program.iter().find(|line| line["path"] == text(file)).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let theirs = judged.iter().find(|one| one["path"] == name).unwrap();
        for member in [
            "verdict",
            "code",
            "conclusion",
            "method",
            "found",
            "toBeDestroyed",
            "serial",
            "digest",
        ] {
            assert_eq!(theirs[member], ours[member], "{member} of {name}");
        }
    }
    let summary = program.last().unwrap();
    for member in
        ["authentic", "rejected", "sanitized", "foundBlank", "notFoundBlank", "toBeDestroyed"]
    {
        assert_eq!(found["summary"][member], summary[member], "{member}");
        assert_eq!(summary[member] == 0, member == "sanitized", "{member}: {summary}");
    }
    // A drive that was found blank is no reason to be glad.
    let tones = "[...document.querySelectorAll('#rows > tr')].filter((row) => \
         row.innerText.includes('BlankDriveReport')).map((row) => row.className)";
    let tones = page.run(tones);
    assert!(
        tones.as_array().unwrap().iter().all(|tone| tone == "doubt" || tone == "bad"),
        "{tones}"
    );
    assert!(tones.as_array().unwrap().contains(&json!("doubt")), "{tones}");
    // Nothing on the page is green, and nothing says "erased" without its "not".
    let good = page.run("document.querySelectorAll('#rows .good').length");
    assert_eq!(good, 0);
    for (language, word, not) in [("da", "slettet", "IKKE "), ("en", "erased", "NOT ")] {
        page.run(&format!("document.querySelector('[data-language={language}]').click()"));
        let says = page.run("[...document.querySelectorAll('.says')].map((one) => one.innerText)");
        for said in says.as_array().unwrap() {
            let said = said.as_str().unwrap();
            assert!(said.contains(&format!("{not}{word}")), "{said}");
            assert_eq!(said.to_lowercase().matches(word).count(), 1, "{said}");
        }
    }
}
