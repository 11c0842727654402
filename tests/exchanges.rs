//! Recorded drives: what `plan` makes of what their firmware answered. A recording becomes a test
//! by being put into `tests/fixtures/exchanges` (made by `nulstil record DRIVE --out FILE`); what
//! is expected stands beside it, written with NULSTIL_WRITE_TABLES=1.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use nulstil::device::Channel;
use nulstil::model::{Bus, DriveFacts, Identity, Medium, Method};
use nulstil::plan::{Fallback, Found, Plan, Policy, Request};
use nulstil::recording::Recording;
use nulstil::sim::{NvmeFirmware, SimDrive};
use nulstil::technique::Firmware;
use sim_common::{Bench, MIB, facts, identity};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exchanges")
}

/// Compares a file with what it should be; writes it where it is asked to.
fn compare(path: &Path, text: &str) {
    if std::env::var_os("NULSTIL_WRITE_TABLES").is_some() {
        fs::write(path, text).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, text, "{}: NULSTIL_WRITE_TABLES=1 writes it anew", path.display());
}

/// Simulated drives that stand for real ones as long as there are none.
fn synthetic() -> Vec<(&'static str, Identity, NvmeFirmware)> {
    let nvme = |serial| Identity { bus: Bus::Nvme, medium: Medium::Ssd, ..identity(serial, MIB) };
    let able = |sanitize, format| NvmeFirmware::default().able_to(sanitize, format);
    let neighbour = Arc::new(Mutex::new(vec![0; 4096]));
    vec![
        ("synthetic-nvme-everything", nvme("SYNTHETIC1"), able(0b111, 0b100)),
        ("synthetic-nvme-two-namespaces", nvme("SYNTHETIC2"), able(0b111, 0b100).beside(neighbour)),
        ("synthetic-nvme-format-only", nvme("SYNTHETIC3"), able(0, 0)),
    ]
}

/// In this order, so that a recording that is written anew is judged at once.
#[test]
fn recorded_drives() {
    synthetic_recordings_are_those_of_simulated_drives();
    what_is_planned_for_every_recorded_drive();
}

fn synthetic_recordings_are_those_of_simulated_drives() {
    let bench = Bench::new();
    for (name, identity, firmware) in synthetic() {
        let drive = SimDrive::new(identity.clone(), 0x5a, &bench.clock).commanded_by(firmware);
        let open = drive.open();
        let ask = |channel: &dyn Channel| {
            let _ = Firmware::ask(channel, identity.bus);
        };
        let recording = Recording::of(&*open, &facts("/dev/x", &identity), ask).unwrap();
        assert!(!recording.text().contains("SYNTHETIC"), "{}", recording.text());
        compare(&folder().join(format!("{name}.jsonl")), &recording.text());
    }
}

/// What is planned, and what cannot be, one line each.
fn says(facts: &DriveFacts, firmware: &Firmware, method: Method) -> String {
    let found = Found { facts: facts.clone(), firmware: firmware.clone() };
    let request = Request { method: Some(method), ..Request::default() };
    let policy = Policy { fallback: Fallback::Refuse, ..Policy::default() };
    let plan = Plan::new(&request, policy, vec![(facts.path.clone(), Ok(found))]);
    let document = plan.document();
    let drive = &document.drives[0];
    let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    let id = |id| word(serde_json::to_value(id).unwrap());
    let mut text = format!("# {method}\n");
    match &drive.refusal {
        Some(refusal) => writeln!(text, "refused: {}", refusal.message).unwrap(),
        None => writeln!(text, "reaches {}", drive.method.unwrap()).unwrap(),
    }
    for technique in &drive.techniques {
        writeln!(text, "by {}", id(technique.id)).unwrap();
    }
    for row in &drive.available {
        writeln!(text, "can: {} ({})", id(row.id), row.method).unwrap();
    }
    for row in &drive.unavailable {
        writeln!(text, "cannot: {}: {}", id(row.id), row.why_not).unwrap();
    }
    text
}

fn what_is_planned_for_every_recorded_drive() {
    let mut seen = 0;
    let mut paths: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "jsonl")) {
        seen += 1;
        let recording = Recording::parse(&fs::read_to_string(path).unwrap()).unwrap();
        let firmware = Firmware::ask(&recording, recording.facts().identity.bus);
        let facts = recording.facts();
        let both = [Method::Clear, Method::Purge].map(|method| says(facts, &firmware, method));
        compare(&path.with_extension("plan"), &both.join("\n"));
    }
    assert!(seen >= 3, "{seen}");
}
