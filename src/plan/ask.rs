//! Asks drives what they can do, before anything is planned.

use std::path::PathBuf;

use super::Found;
use crate::device::Bay;
use crate::model::{DriveFacts, Medium, Refusal};
use crate::technique::{Firmware, Health};

/// The drives of these paths, each with what its firmware says.
pub fn named(bay: &dyn Bay, drives: &[PathBuf]) -> Vec<(String, Result<Found, Refusal>)> {
    let found = |path: &PathBuf| {
        let found = bay.examine(path).map(|facts| asked(bay, facts));
        (path.to_string_lossy().into_owned(), found)
    };
    drives.iter().map(found).collect()
}

/// A drive, and what its firmware says when it is asked. One that must not be erased is not asked:
/// it may be what this system runs from, behind a bridge that takes a question badly.
pub fn asked(bay: &dyn Bay, facts: DriveFacts) -> Found {
    let channel = match &facts.refusal {
        Some(_) => Err("a drive that must not be erased is not asked what it can do".to_owned()),
        None if facts.identity.medium == Medium::SdCard => {
            Err("an SD card has no command that erases it for good".to_owned())
        }
        None => bay.channel(&facts),
    };
    match channel {
        Ok(channel) => {
            let firmware = Firmware::ask(channel.as_ref(), facts.identity.bus);
            let health = Health::ask(&firmware, channel.as_ref());
            Found { facts, firmware, health }
        }
        Err(why) => Found { facts, firmware: Firmware::Silent(why), health: Health::Unknown },
    }
}
