//! The rules and tables of the page against those of the program.

use nulstil::cert::{conclude, profile};
use nulstil::model::{Evidence, InspectionShortfall, Language, Medium, Shortfall, TechniqueId};
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::common::read_json;

/// What [`conclude`] makes of evidence, as one line of text; or why it is none.
fn concluded(evidence: &Value) -> String {
    match serde_json::from_value::<Evidence>(evidence.clone()) {
        Ok(evidence) => {
            let found = conclude(&evidence);
            json!([found.verdict, found.method, found.shortfalls]).to_string()
        }
        Err(error) if error.to_string().starts_with("missing field") => "missing".to_owned(),
        Err(_) => "wrong".to_owned(),
    }
}

/// The same in the page.
const CONCLUDED: &str = "((texts) => texts.map((text) => { try { \
     const found = conclude(EVIDENCE(parse(utf8(text)))); \
     return JSON.stringify([found.verdict, found.method, found.shortfalls]); \
     } catch (error) { if (error instanceof Missing) return 'missing'; \
     if (error instanceof Wrong) return 'wrong'; throw error; } }))";

/// A small generator of numbers (Marsaglia's xorshift64): the same cases in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    pub fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    let mut into = |name: String, part: &Value| {
        let path = format!("{path}/{name}");
        places(part, &path, found);
        found.push(path);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, part)| into(name.clone(), part)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, part)| into(at.to_string(), part));
        }
        _ => {}
    }
}

/// Changes one thing: to another value of the same kind, to one that stands elsewhere, or away.
pub fn mutate(evidence: &mut Value, numbers: &mut Numbers, donors: &[Value]) {
    let mut all = Vec::new();
    places(evidence, "", &mut all);
    let path = numbers.of(&all);
    let (parent, name) = path.rsplit_once('/').unwrap();
    let words = [
        "sata",
        "nvme",
        "usb",
        "ssd",
        "hdd",
        "emmc",
        "virtual",
        "unknown",
        "disk-image",
        "block-device",
        "none",
        "quick",
        "sample",
        "full",
        "clear",
        "purge",
        "destroy",
        "overwrite",
        "zeros",
        "random",
        "nist-clear",
        "byte=A7",
        "dod-short-3",
        "nvme-sanitize-crypto-erase",
        "ata-sanitize-overwrite",
        "completed",
        "aborted",
        "failed",
        "rejected",
        "done",
        "not-done",
        "present",
        "seen-running",
        "2026-11-22T20:15:33Z",
        "2026-02-30T20:15:33Z",
        "",
        "00",
        &"11".repeat(32),
        &"00".repeat(32),
    ]
    .map(str::to_owned);
    let whole = numbers.below(12);
    if path.ends_with("/interruptions") && whole < 6 {
        let cut = json!({"resumedAt": "2026-11-22T20:15:33Z", "pass": 0, "offset": 512});
        evidence["interruptions"] = json!([cut]);
        return;
    }
    // A run by another technique, in the plan and in what was done.
    if path.ends_with("/technique") && whole < 6 {
        let technique = json!(numbers.of(&[
            "nvme-sanitize-crypto-erase",
            "nvme-format-crypto-erase",
            "ata-sanitize-crypto-scramble",
            "scsi-sanitize-crypto-erase",
            "scsi-sanitize-overwrite",
            "ata-security-erase",
            "emmc-sanitize",
        ]));
        for place in ["/planned/techniques/0", "/firmware/0/technique"] {
            if let Some(place) = evidence.pointer_mut(place) {
                *place = technique.clone();
            }
        }
        return;
    }
    match evidence.pointer_mut(parent).unwrap() {
        Value::Object(members) if whole == 0 => drop(members.shift_remove(name)),
        Value::Array(items) if whole == 0 => drop(items.remove(name.parse().unwrap())),
        Value::Array(items) if whole == 1 => items.push(items[0].clone()),
        _ => {
            let donor = numbers.of(donors).pointer(&path).cloned();
            let place = evidence.pointer_mut(&path).unwrap();
            *place = match (whole, &*place) {
                (2, _) => Value::Null,
                (3, _) => json!(numbers.of(&words)),
                (4, Value::Object(members)) => members.values().cloned().collect(),
                (9..=11, Value::Object(members)) if members.contains_key("kind") => {
                    let kind = numbers.of(&[
                        "failed",
                        "rejected",
                        "unknown",
                        "aborted",
                        "incomplete",
                        "completed",
                        "not-done",
                    ]);
                    json!({ "kind": kind, "reason": "r" })
                }
                (5, Value::String(word)) => json!({ word.as_str(): null }),
                (6..=8, _) if donor.is_some() => donor.unwrap(),
                (_, Value::Number(n)) => {
                    let n = n.as_u64().unwrap();
                    let other = [0, 1, 64, 255, 256, n + 1, n / 2, n * 2, (1 << 53) - 1];
                    json!(numbers.of(&other).min((1 << 53) - 1))
                }
                (_, Value::Bool(is)) => json!(!is),
                (_, Value::String(_)) => json!(numbers.of(&words)),
                (_, Value::Array(_)) => json!([]),
                _ => Value::Null,
            };
        }
    }
}

/// The evidence in every good vector, and what the read-back of a large drive looks like.
fn evidences() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/vectors/good");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let files = files.iter().filter(|path| path.to_string_lossy().ends_with(".cert.json"));
    let mut found: Vec<Value> = files
        .map(|path| read_json(path)["credentialSubject"]["evidence"].clone())
        .filter(|evidence| serde_json::from_value::<Evidence>(evidence.clone()).is_ok())
        .collect();
    // An erase by firmware that came to nothing, with a policy that accepts less and one that does not.
    let by_firmware: Vec<Value> =
        found.iter().filter(|one| !one["firmware"][0].is_null()).cloned().collect();
    for evidence in by_firmware {
        for kind in ["completed", "rejected", "failed", "unknown"] {
            for least in ["clear", "purge"] {
                let mut evidence = evidence.clone();
                evidence["firmware"][0]["completion"] =
                    json!({"kind": kind, "reason": "r", "witness": null});
                evidence["planned"]["least"] = least.into();
                found.push(evidence);
            }
        }
    }
    let read_back: Vec<Value> =
        found.iter().filter(|one| !one["verification"].is_null()).take(3).cloned().collect();
    for mode in ["sample", "quick", "full"] {
        for evidence in &read_back {
            for (capacity, block) in [
                (20_000 * 512, 512),
                (1 << 40, 4096),
                (500_107_862_016_u64, 512),
                (13_000_003, 512),
            ] {
                let mut evidence = evidence.clone();
                evidence["drive"]["capacityBytes"] = capacity.into();
                evidence["drive"]["logicalBlockBytes"] = block.into();
                evidence["aftermath"]["capacityBytes"] = capacity.into();
                evidence["planned"]["verify"] = mode.into();
                evidence["verification"]["mode"] = mode.into();
                if let Some(passes) = evidence["passes"].as_array_mut() {
                    passes.iter_mut().for_each(|pass| pass["writtenBytes"] = capacity.into());
                }
                let seed = evidence["verification"]["seed"].as_str().unwrap().to_owned();
                let bytes: Vec<u8> = (0..64)
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&seed[at..at + 2], 16).unwrap())
                    .collect();
                let design = nulstil::model::sampling::Design::new(
                    serde_json::from_value(mode.into()).unwrap(),
                    capacity,
                    block,
                    &bytes.try_into().unwrap(),
                );
                evidence["verification"]["readBytes"] = design.bytes().into();
                found.push(evidence);
            }
        }
    }
    found
}

/// Every technique on every medium, and every way in which a key does not fit its commitment: there
/// are too many of them to be met by chance.
fn crosses(donors: &[Value]) -> Vec<Value> {
    let unknown = |kind: &str| {
        // serde names every variant when it meets one that it does not know.
        let error = match kind {
            "medium" => serde_json::from_str::<Medium>("\"?\"").unwrap_err(),
            _ => serde_json::from_str::<TechniqueId>("\"?\"").unwrap_err(),
        };
        let error = error.to_string();
        error.split('`').skip(3).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let purged = donors.iter().find(|one| {
        let completion = &one["firmware"][0]["completion"];
        completion["kind"] == "completed" && !completion["witness"].is_null()
    });
    let mut found = Vec::new();
    for medium in unknown("medium") {
        for technique in unknown("technique") {
            let mut evidence = purged.unwrap().clone();
            evidence["drive"]["medium"] = json!(medium);
            evidence["planned"]["techniques"] = json!([technique]);
            evidence["planned"]["least"] = json!("clear");
            evidence["firmware"] = json!([evidence["firmware"][0]]);
            evidence["firmware"][0]["technique"] = json!(technique);
            found.push(evidence);
        }
    }
    assert_eq!(found.len(), 16 * 7);
    let random = donors.iter().find(|one| one["planned"]["scheme"] == "dod-short-3").unwrap();
    let key = "00".repeat(16);
    let digest = "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb";
    for key in [
        json!({"sha256": digest, "revealed": key}),
        json!({"sha256": digest, "revealed": null}),
        json!({"sha256": digest, "revealed": "11".repeat(16)}),
        json!({"sha256": digest, "revealed": "0"}),
        json!({"sha256": digest.to_uppercase(), "revealed": null}),
        json!({"sha256": &digest[2..], "revealed": null}),
        json!({"sha256": "", "revealed": ""}),
        Value::Null,
    ] {
        let mut evidence = random.clone();
        evidence["passes"][2]["key"] = key;
        found.push(evidence);
    }
    found
}

#[test]
fn the_same_follows_from_the_same_evidence() {
    let Some(mut page) = Chromium::open("conclude", "en") else { return };
    let donors = evidences();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut cases = [donors.clone(), crosses(&donors)].concat();
    while cases.len() < 6000 {
        let mut evidence = numbers.of(&donors);
        for _ in 0..=numbers.below(3) {
            mutate(&mut evidence, &mut numbers, &donors);
        }
        // What a double does not hold is refused before.
        if profile::check(&evidence).is_ok() {
            cases.push(evidence);
        }
    }
    let (mut seen, mut different) = (std::collections::BTreeMap::new(), Vec::new());
    for batch in cases.chunks(500) {
        let texts: Vec<String> = batch.iter().map(ToString::to_string).collect();
        let found = page.run(&format!("{CONCLUDED}({})", json!(texts)));
        for (evidence, theirs) in batch.iter().zip(found.as_array().unwrap()) {
            let ours = concluded(evidence);
            if *theirs != json!(ours) {
                different.push(format!("{ours} here, {theirs} in the page: {evidence}"));
            }
            *seen.entry(ours).or_insert(0) += 1;
        }
    }
    assert!(different.is_empty(), "{} differ: {}", different.len(), different[0]);
    // The cases mean something: many different conclusions, and at least 2,000 that are evidence.
    let no_evidence = seen.get("wrong").unwrap_or(&0) + seen.get("missing").unwrap_or(&0);
    let codes = |code: &&Shortfall| {
        let code = serde_json::to_string(code).unwrap();
        !seen.keys().any(|found| found.contains(&code))
    };
    let never: Vec<_> = Shortfall::ALL.iter().filter(codes).collect();
    assert!(never.is_empty(), "never concluded: {never:?}");
    let concluded = cases.len() - no_evidence;
    assert!(seen.len() > 300 && concluded > 2000, "{}, {concluded}", seen.len());
}

/// Texts near the edge of the JSON profile: what the one refuses the other refuses too, and what
/// both accept has one canonical form.
#[test]
fn the_same_texts_are_documents() {
    let Some(mut page) = Chromium::open("profile", "en") else { return };
    let golden = include_str!("../../certs/vectors/golden/signed.json");
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let pieces = [
        "\"",
        "\\",
        "\\u0061",
        "\\ud83d",
        "\\ude00",
        "\\ud83d\\ude00",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\t",
        "0",
        "-",
        "-0",
        ".5",
        "e3",
        "9007199254740991",
        "9007199254740992",
        "null",
        "true",
        "\u{e6}",
        "A\u{30a}",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "\u{1f600}",
        "\u{1fffe}",
        "\u{fdd0}",
        "\u{7f}",
        "\u{85}",
        "\"a\":1,",
        "\"A\":1,",
        "\u{a0}",
        "@",
        "_",
        "\\/",
        "\\n",
        "\u{212b}",
        "\u{1e9b}",
    ];
    let mut cases = Vec::new();
    for _ in 0..4000 {
        let mut text: Vec<char> = golden.chars().collect();
        for _ in 0..=numbers.below(2) {
            let at = numbers.below(text.len());
            let gone = [0, 0, 1, 3][numbers.below(4)].min(text.len() - at);
            text.splice(at..at + gone, numbers.of(&pieces).chars());
        }
        cases.push(text.into_iter().collect::<String>());
    }
    let mut accepted = 0;
    for batch in cases.chunks(500) {
        let found = page.run(&format!(
            "{}.map((text) => {{ try {{ return canonical(parse(utf8(text))); }} catch (error) {{ \
             if (error.code === 'malformed') return null; throw error; }} }})",
            json!(batch)
        ));
        for (text, theirs) in batch.iter().zip(found.as_array().unwrap()) {
            let ours = profile::parse(text.as_bytes()).ok();
            let ours =
                ours.map(|value| String::from_utf8(profile::canonical(&value).unwrap()).unwrap());
            accepted += usize::from(ours.is_some());
            assert_eq!(json!(ours), *theirs, "{text}");
        }
    }
    assert!((500..3900).contains(&accepted), "{accepted}");
}

#[test]
fn tables_and_words_are_the_program_s() {
    let Some(mut page) = Chromium::open("tables", "en") else { return };
    let ours: Vec<Value> = Shortfall::ALL
        .iter()
        .map(|one| {
            let [english, danish] = [Language::English, Language::Danish].map(|l| one.sentence(l));
            json!([one, [one.severity(), english, danish]])
        })
        .collect();
    assert_eq!(page.run("Object.entries(SHORTFALLS)"), json!(ours));
    let inspected = InspectionShortfall::ALL.map(|one| {
        let [english, danish] = [Language::English, Language::Danish].map(|l| one.sentence(l));
        json!([one, [one.severity(), english, danish]])
    });
    assert_eq!(page.run("Object.entries(INSPECTION_SHORTFALLS)"), json!(inspected));
    assert_eq!(page.run("RULES"), json!(nulstil::cert::RULES));
    let version = nulstil::cert::document::SCHEMA_VERSION;
    assert_eq!(page.run("SCHEMA_VERSION.join('.')"), json!(version));
    assert_eq!(page.run("TYPES"), json!(nulstil::cert::document::TYPES));
    assert_eq!(page.run("VALIDATION"), json!(nulstil::cert::document::VALIDATION));
    assert_eq!(page.run("ENDINGS"), json!(nulstil::cert::ending::ALL));
    assert_eq!(page.run("CONTEXT"), json!(nulstil::cert::proof::CONTEXT));
    // Every code of a rejection has its words, in both languages.
    let source = include_str!("../../src/cert/rejection.rs");
    let codes = source.split("pub fn code").nth(1).unwrap().split("\n    }\n").next().unwrap();
    let codes: Vec<&str> =
        codes.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(codes.len() > 25, "{codes:?}");
    let without = page.run(&format!("{}.filter((code) => !SAY[code])", json!(codes)));
    assert_eq!(without, json!([]));
    let half = "Object.entries(SAY).filter(([, words]) => words.length !== 2 || \
         words.some((one) => !one) || [0, 1, 2, 3, 4].some((n) => \
         words[0].includes(`{${n}}`) !== words[1].includes(`{${n}}`))).map(([key]) => key)";
    assert_eq!(page.run(half), json!([]));
    // Every sentence that is asked for by name is there, and none is there for nobody.
    let script = include_str!("../../certs/verify.html");
    let unused = page.run("Object.keys(SAY)");
    let unused: Vec<&str> = unused
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap())
        .filter(|key| script.matches(&format!("\"{key}\"")).count() < 2)
        .filter(|key| {
            !key.starts_with("gap-") && !key.starts_with("decision-") && !codes.contains(key)
        })
        .collect();
    assert_eq!(unused, [""; 0]);
    let said = "[...document.querySelectorAll('[data-say]')].map((one) => one.dataset.say)";
    assert_eq!(page.run(&format!("{said}.filter((key) => !SAY[key])")), json!([]));
}

#[test]
fn only_its_own_script_and_style_run() {
    use base64ct::Encoding as _;
    use sha2::Digest as _;
    let page = include_str!("../../certs/verify.html");
    for tag in ["script", "style"] {
        let between = |text: &'static str| {
            let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap();
            rest.split_once(&format!("</{tag}>")).unwrap().0
        };
        let hash = base64ct::Base64::encode_string(&sha2::Sha256::digest(between(page)));
        let policy = format!("{tag}-src 'sha256-{hash}'");
        assert!(page.contains(&policy), "the page was changed: its policy must say {policy}");
    }
    assert!(page.contains("default-src 'none'"));
    for never in [
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "fetch(",
        "localStorage",
        "http:",
    ] {
        assert!(!page.contains(never), "{never}");
    }
}
