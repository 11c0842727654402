//! `nulstil plan`: what wipe would do, and the digest of that. Touches nothing.

use std::path::{Path, PathBuf};

use super::args::{HowArgs, PlanArgs};
use super::console::{Console, bytes};
use super::files::read_small;
use super::recorded::RecordedMachine;
use super::techniques::{unusable, usable};
use super::{Exit, Stop};
use crate::device::Bay;
use crate::model::{HiddenArea, TechniqueId};
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::{Plan, PlanDocument, PlannedDrive, Policy, Request, named};

/// A policy larger than this is none.
const LARGEST_POLICY: u64 = 64 << 10;

pub(super) fn plan(console: &Console, args: &PlanArgs) -> Result<Exit, Stop> {
    let plan = match &args.recorded {
        None => make(&LinuxBay::live(EngineChoice::Auto), &args.drives, &args.how),
        Some(folder) => make(&RecordedMachine::open(folder)?, &args.drives, &args.how),
    };
    let document = plan.document();
    console.json(&document);
    if !console.is_json() {
        show(console, &document, "");
    }
    Ok(refusals(console, &plan))
}

/// Makes the plan for what the command line names. A policy that cannot be read refuses every
/// drive.
pub(super) fn make(bay: &dyn Bay, drives: &[PathBuf], how: &HowArgs) -> Plan {
    let request = Request { method: how.method, passes: how.passes.clone(), verify: how.verify };
    let named = named(bay, drives);
    match how.policy.as_deref().map(policy) {
        None => Plan::new(&request, Policy::default(), named),
        Some(Ok(policy)) => Plan::new(&request, policy, named),
        Some(Err(reason)) => Plan::without_policy(&request, &reason, named),
    }
}

pub(super) fn policy(path: &Path) -> Result<Policy, String> {
    let text = read_small(path, LARGEST_POLICY).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| "this is not a text file; name a TOML file".to_owned())
    });
    text.and_then(|text| Policy::parse(&text).map_err(|why| format!("{why}; correct the file")))
        .map_err(|why| format!("--policy {}: {why}.", path.display()))
}

/// Says every refusal on stderr, what is the same for all drives once; the exit code that follows
/// from them.
pub(super) fn refusals(console: &Console, plan: &Plan) -> Exit {
    let mut exit = Exit::Done;
    let mut said = std::collections::HashSet::new();
    for (_, refusal) in plan.refusals() {
        if said.insert(&refusal.message) {
            console.error(&refusal.message);
        }
        exit = Exit::Refused;
    }
    exit
}

/// Shows a plan to people, every line behind `indent`.
pub(super) fn show(console: &Console, plan: &PlanDocument, indent: &str) {
    for line in plan.drives.iter().flat_map(|drive| described(drive, plan)) {
        console.line(&format!("{indent}{line}"));
    }
    console.line(&match &plan.digest {
        Some(digest) => format!("{indent}Plan digest: {digest}"),
        None => format!("{indent}Nothing will be erased: at least one drive is refused."),
    });
}

fn described(drive: &PlannedDrive, plan: &PlanDocument) -> Vec<String> {
    let mut head = drive.path.clone();
    if let Some(device) = drive.device.as_ref().filter(|device| **device != drive.path) {
        head += &format!(" ({device})");
    }
    if let Some(model) = &drive.model {
        head += &format!("  {model}");
    }
    if let Some(serial) = &drive.serial {
        head += &format!("  serial {serial}");
    }
    if let Some(capacity) = drive.capacity_bytes {
        head += &format!("  {}", bytes(capacity));
    }
    let mut lines = vec![head];
    if let Some(refusal) = &drive.refusal {
        lines.push(format!("    will NOT be erased: {}", refusal.message));
        lines.extend(possible(drive));
        return lines;
    }
    lines.extend(drive.hidden.as_ref().and_then(|hidden| hides(hidden, drive.block_bytes)));
    lines.push("    everything on it will be erased, by".to_owned());
    for (number, technique) in (1..).zip(&drive.techniques) {
        lines.push(format!("    {number}. {}", technique.name));
        lines.push(format!("       {}", technique.clause));
        if technique.passes.is_some() {
            let passes = match plan.passes.passes().len() {
                1 => "one pass".to_owned(),
                n => format!("{n} passes"),
            };
            lines.push(format!("       {passes}, scheme {}", plan.passes.name()));
        }
    }
    if let Some(verification) = &drive.verification {
        lines.push(format!("    read back afterwards: {verification}"));
    }
    if let Some(method) = drive.method {
        let more = if drive.not_more.is_empty() { "" } else { ", and not more:" };
        lines.push(format!("    reaches {method}{more}"));
        lines.extend(drive.not_more.iter().map(|reason| format!("        {reason}")));
    }
    if let Some(seconds) = drive.estimated_seconds {
        let erases_itself =
            drive.techniques.iter().any(|technique| technique.id != TechniqueId::Overwrite);
        let and =
            if erases_itself { ", and as long as the drive takes to erase itself" } else { "" };
        lines.push(format!("    takes about {}{and}", duration(seconds)));
    }
    lines.extend(possible(drive));
    lines
}

/// What a drive with blocks of so many bytes hides, if that is known.
pub(super) fn hides(hidden: &HiddenArea, block_bytes: u32) -> Option<String> {
    let size = bytes(hidden.blocks().saturating_mul(block_bytes.into()));
    let blocks = Some(hidden.blocks()).filter(|blocks| *blocks > 0)?;
    Some(format!(
        "    hides {blocks} blocks ({size}) at its end; they are shown first and then erased"
    ))
}

/// What else there is.
fn possible(drive: &PlannedDrive) -> Vec<String> {
    let planned = |id| drive.techniques.iter().any(|technique| technique.id == id);
    let others: Vec<_> = drive.available.iter().filter(|row| !planned(row.id)).copied().collect();
    let mut lines = Vec::new();
    if !others.is_empty() {
        let also = if drive.refusal.is_some() { "" } else { "also " };
        lines.push(format!("    could {also}be erased by: {}", usable(&others)));
    }
    lines.extend(drive.locks.iter().map(|locks| format!("    {locks}")));
    lines.extend(unusable(&drive.unavailable).iter().map(|line| format!("    not by {line}")));
    lines
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..=59 => format!("{} s", seconds.max(1)),
        60..=5399 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_said_where_it_is_known() {
        let present = HiddenArea::Present { accessible: 1_000_000, native: 3_000_000 };
        let said = hides(&present, 512).unwrap();
        assert!(said.contains("hides 2000000 blocks (1 GB) at its end"), "{said}");
        let unknown = HiddenArea::Unknown { reason: String::new() };
        assert_eq!((hides(&HiddenArea::None, 512), hides(&unknown, 512)), (None, None));
    }
}
