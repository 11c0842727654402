//! `nulstil job sign`: the root key's word that drives may be erased with nobody asked.

use serde_json::json;

use super::args::JobCommand;
use super::console::Console;
use super::files::read_limited;
use super::key::making::{stem, write_new};
use super::station::ask_passphrase;
use super::{Exit, Stop};
use crate::cert::job::Job;
use crate::cert::profile;
use crate::clock;
use crate::keys::private;
use crate::plan::Policy;

const DAY: i64 = 24 * 3600;

pub(super) fn job(console: &Console, command: &JobCommand) -> Result<Exit, Stop> {
    let JobCommand::Sign { root, drives, bus, serial, policy, days, out } = command;
    let refused = |error: &dyn std::fmt::Display| Stop::refused(format!("{error}."));
    let rules = match policy {
        None => Policy::default(),
        Some(path) => read_limited(path)
            .and_then(|text| Policy::parse(&text))
            .map_err(|why| Stop::refused(format!("--policy {}: {why}.", path.display())))?,
    };
    let key =
        private::load(root, || ask_passphrase(console, root)).map_err(|error| refused(&error))?;
    let now = clock::now();
    let job = Job {
        id: format!("urn:uuid:{}", uuid::Uuid::now_v7()),
        issuer_name: stem(root),
        // The clock of an intake PC may lag behind the one this is made on.
        valid_from: now.plus(-DAY),
        valid_until: now.plus(i64::from(*days) * DAY),
        policy: crate::live::written(&rules),
        count: u64::from(*drives),
        buses: bus.clone(),
        serial_numbers: serial.clone(),
    };
    let signed = job.sign(&key, now).map_err(|error| refused(&error))?;
    let bytes = profile::pretty(&signed).map_err(|error| refused(&error))?;
    write_new(out, &bytes)?;
    console.json(&json!({ "job": out, "validUntil": job.valid_until, "count": job.count }));
    if !console.is_json() {
        console.line(&format!("job          {}", out.display()));
        console.line(&format!("drives       exactly {} on each computer", job.count));
        console.line(&format!("valid until  {}", job.valid_until));
    }
    Ok(Exit::Done)
}
