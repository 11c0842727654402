//! `nulstil list`: every drive, and why it must not be erased if so.

use serde_json::json;

use super::args::ListArgs;
use super::console::{Console, bytes};
use super::plan::hides;
use super::recorded::RecordedMachine;
use super::techniques::{unusable, usable};
use super::{Exit, Stop};
use crate::device::Bay;
use crate::model::DriveFacts;
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::{Found, asked};
use crate::technique::{Firmware, Health};

pub(super) fn list(console: &Console, args: &ListArgs) -> Result<Exit, Stop> {
    let live;
    let recorded;
    let bay: &(dyn Bay + Sync) = match &args.recorded {
        None => {
            live = LinuxBay::live(EngineChoice::Auto);
            &live
        }
        Some(folder) => {
            recorded = RecordedMachine::open(folder)?;
            &recorded
        }
    };
    let inventory = bay.look();
    let found = all_asked(bay, inventory.drives);
    if console.is_json() {
        let drives: Vec<_> = found.iter().map(shown).collect();
        console.json(&json!({
            "drives": drives,
            "hiddenDrivesPossible": inventory.hidden_drives.possible,
            "hiddenDrivesReasons": inventory.hidden_drives.reasons,
        }));
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        console.line("No drives were found.");
    }
    for drive in &found {
        for line in described(drive) {
            console.line(&line);
        }
    }
    for reason in &inventory.hidden_drives.reasons {
        console.line(&format!("There may be drives that cannot be seen: {reason}"));
    }
    Ok(Exit::Done)
}

/// Asks every drive at once: one that takes its time does not hold up the others.
pub(super) fn all_asked(bay: &(dyn Bay + Sync), drives: Vec<DriveFacts>) -> Vec<Found> {
    std::thread::scope(|scope| {
        let ask = |facts: DriveFacts| {
            let silent = Found {
                facts: facts.clone(),
                firmware: Firmware::Silent("it could not be asked".to_owned()),
                health: Health::Unknown,
            };
            (silent, scope.spawn(move || asked(bay, facts)))
        };
        let asking: Vec<_> = drives.into_iter().map(ask).collect();
        asking.into_iter().map(|(silent, thread)| thread.join().unwrap_or(silent)).collect()
    })
}

/// The JSON object of one drive: its facts, flat, and what can be done to it.
fn shown(found: &Found) -> serde_json::Value {
    let drive = &found.facts;
    let identity = &drive.identity;
    json!({
        "path": drive.path,
        "vendor": identity.vendor,
        "model": identity.model,
        "serial": identity.serial_number,
        "firmware": identity.firmware,
        "wwn": identity.wwn,
        "unit": identity.unit,
        "sources": identity.sources,
        "bus": identity.bus,
        "medium": identity.medium,
        "capacityBytes": identity.capacity_bytes,
        "logicalBlockBytes": identity.logical_block_bytes,
        "physicalBlockBytes": identity.physical_block_bytes,
        "diskseq": identity.diskseq,
        "hidden": found.hidden(),
        "capabilities": drive.capabilities,
        "techniques": found.available(),
        "unavailable": found.unavailable(),
        "locks": found.locks(),
        "refusal": drive.refusal,
    })
}

fn described(found: &Found) -> Vec<String> {
    let drive = &found.facts;
    let identity = &drive.identity;
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let model = [identity.vendor.as_deref(), identity.model.as_deref()];
    let model: Vec<_> = model.into_iter().flatten().collect();
    let model = if model.is_empty() { "unknown model".to_owned() } else { model.join(" ") };
    let size = bytes(identity.capacity_bytes);
    let mut lines = vec![
        format!("{}  {model}  {size}", drive.path),
        format!(
            "    serial {}, firmware {}, WWN {}",
            or_none(&identity.serial_number),
            or_none(&identity.firmware),
            or_none(&identity.wwn)
        ),
        format!(
            "    {} {}, blocks of {} / {} bytes (logical / physical)",
            word(json!(identity.bus)),
            word(json!(identity.medium)),
            identity.logical_block_bytes,
            identity.physical_block_bytes
        ),
    ];
    lines.extend(hides(&found.hidden(), identity.logical_block_bytes));
    let can = usable(&found.available());
    match &drive.refusal {
        None => lines.push(format!("    can be erased by: {can}")),
        Some(refusal) => {
            lines.push(format!("    will not be erased: {}", refusal.message));
            lines.push(format!("    could be erased by: {can}"));
        }
    }
    lines.extend(found.locks().map(|locks| format!("    {locks}")));
    let cannot = unusable(&found.unavailable());
    lines.extend(cannot.iter().map(|line| format!("    not by {line}")));
    lines
}
