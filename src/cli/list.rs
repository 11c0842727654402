//! `nulstil list`: every drive, and why it must not be erased if so.

use serde_json::json;

use super::args::ListArgs;
use super::console::{Console, bytes};
use super::{Exit, Stop};
use crate::model::DriveFacts;
use crate::os::{self, System};
use crate::technique;

pub(super) fn list(console: &Console, args: &ListArgs) -> Result<Exit, Stop> {
    let system = match &args.recorded {
        None => System::live(),
        Some(directory) if directory.join("sys").is_dir() => System::recorded(directory),
        Some(directory) => {
            return Err(Stop::usage(format!(
                "{} is not a recorded machine; name a directory with sys/ and proc/ in it.",
                directory.display()
            )));
        }
    };
    let inventory = os::look(&system);
    if console.is_json() {
        let drives: Vec<_> = inventory.drives.iter().map(shown).collect();
        console.json(&json!({
            "drives": drives,
            "hiddenDrivesPossible": inventory.hidden_drives.possible,
            "hiddenDrivesReasons": inventory.hidden_drives.reasons,
        }));
        return Ok(Exit::Done);
    }
    if inventory.drives.is_empty() {
        console.line("No drives were found.");
    }
    for drive in &inventory.drives {
        for line in described(drive) {
            console.line(&line);
        }
    }
    for reason in &inventory.hidden_drives.reasons {
        console.line(&format!("There may be drives that cannot be seen: {reason}"));
    }
    Ok(Exit::Done)
}

/// The JSON object of one drive: its facts, flat, and what can be done to it.
fn shown(drive: &DriveFacts) -> serde_json::Value {
    let identity = &drive.identity;
    let techniques: Vec<_> = technique::all()
        .map(|spec| json!({ "id": spec.id, "method": spec.id.claims(identity.medium) }))
        .collect();
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
        "capabilities": drive.capabilities,
        "techniques": techniques,
        "refusal": drive.refusal,
    })
}

fn described(drive: &DriveFacts) -> Vec<String> {
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
    lines.push(match &drive.refusal {
        None => {
            let can: Vec<_> = technique::all()
                .map(|spec| {
                    format!("{} ({})", word(json!(spec.id)), spec.id.claims(identity.medium))
                })
                .collect();
            format!("    can be erased by: {}", can.join(", "))
        }
        Some(refusal) => format!("    will not be erased: {}", refusal.message),
    });
    lines
}
