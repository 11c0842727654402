//! eMMC: what a card says of itself, and the technique that follows from it.

mod sanitize;

use sanitize::MmcSanitize;

use super::Spec;
use super::survey::{Firmware, QUESTION};
use crate::device::Channel;
use crate::model::TechniqueId;
use crate::proto::mmc::ext_csd::{self, ExtCsd};
use crate::proto::{Answer, Command};

/// The techniques, best first.
pub(super) const ROWS: &[Spec] = &[Spec {
    id: TechniqueId::EmmcSanitize,
    name: "eMMC trim or erase of every block, then sanitize",
    clause: "JESD84-B51, SANITIZE_START (second-hand)",
    why_not: |firmware| mmc(firmware).and_then(able).err(),
    machine: |firmware| Some(Box::new(MmcSanitize::new(mmc(firmware).ok()?))),
}];

/// What an eMMC says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mmc {
    /// The card's relative address.
    pub address: u16,
    /// What it tells about itself.
    pub ext_csd: ExtCsd,
}

impl Mmc {
    pub(super) fn ask(address: u16, channel: &dyn Channel) -> Result<Self, String> {
        let page = match channel.send(&Command::Mmc(ext_csd::command()), QUESTION) {
            Ok(Answer::Mmc { data, .. }) => ExtCsd::parse(&data).map_err(|error| error.to_string()),
            Ok(_) => Err("an answer of another protocol".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        // To an SD card this command is not known.
        let ext_csd = page.map_err(|why| {
            format!("the card does not answer as an eMMC; an SD card has no sanitize ({why})")
        })?;
        Ok(Self { address, ext_csd })
    }
}

fn mmc(firmware: &Firmware) -> Result<&Mmc, String> {
    match firmware {
        Firmware::Mmc(mmc) => Ok(mmc),
        other => Err(other.speaks()),
    }
}

fn able(mmc: &Mmc) -> Result<(), String> {
    if !mmc.ext_csd.sanitize {
        return Err("the card does not support it".to_owned());
    }
    if mmc.ext_csd.sectors == 0 {
        return Err("the card does not say how large it is".to_owned());
    }
    Ok(())
}
