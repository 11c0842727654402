//! Showing what a drive hides at its end, so that an erase reaches it and is read back there.
//!
//! A drive takes one lasting change of its size between two power cycles, and an overlay cannot be
//! undone while a host protected area is set: so this makes one change at a time, and what is left
//! is for the next power cycle. The order was checked against `restore_Max_LBA_For_Erase` of
//! openSeaChest.

use super::{Ata, ata, told, width};
use crate::device::Channel;
use crate::model::{Bus, HiddenArea, Identity};
use crate::proto::ata::max_address::Lasting;
use crate::proto::ata::{Width, accessible_max_address, device_configuration, max_address};
use crate::proto::{Answer, Command, NoAnswer};
use crate::technique::survey::QUESTION;

impl Ata {
    /// What is hidden from a host that sees the drive as `drive`: what the drive itself hides, and
    /// what the host has not noticed. Sizes are in the host's logical blocks.
    #[must_use]
    pub fn hidden_from(&self, drive: &Identity) -> HiddenArea {
        let unknown = |why: &str| HiddenArea::Unknown { reason: why.to_owned() };
        let (shown, native) = match (&self.hidden, self.identify.sectors()) {
            (HiddenArea::Unknown { .. }, _) => return self.hidden.clone(),
            (_, None) => return unknown("the drive does not tell its size"),
            (HiddenArea::Present { accessible, native }, Some(_)) => (*accessible, *native),
            (HiddenArea::None, Some(shown)) => (shown, shown),
        };
        if self.identify.logical_sector_bytes != Some(drive.logical_block_bytes) {
            return unknown("the drive and its adapter count in blocks of different sizes");
        }
        let seen = drive.blocks();
        if seen > shown {
            return unknown("the adapter shows more blocks than the drive says it shows");
        }
        // Some bridges keep the last blocks to themselves, and others invent what they answer.
        if seen < shown && native == shown && drive.bus == Bus::Usb {
            return unknown("its USB bridge shows fewer blocks than the drive says it shows");
        }
        match native {
            native if native > seen => HiddenArea::Present { accessible: seen, native },
            _ => HiddenArea::None,
        }
    }

    /// Has the drive show what it hides, as far as one change goes, and asks it again: what it
    /// refuses is still hidden then. Nothing is changed if the native size that it tells now is
    /// another one than when it was asked before. `None` if no ATA drive answers any more.
    #[must_use]
    pub fn reveal(&self, channel: &dyn Channel) -> Option<Self> {
        let send = |command| channel.send(&Command::Ata(command), QUESTION);
        if let HiddenArea::Present { native, .. } = self.hidden {
            // What it came to is told by what the drive says next.
            let _ = self.change(native, send);
        }
        Self::ask(channel, self.bus)
    }

    /// The one change, if any. The command that sets a size comes directly behind the one that
    /// tells it.
    fn change(
        &self,
        native: u64,
        send: impl Fn(ata::Command) -> Result<Answer, NoAnswer>,
    ) -> Result<(), String> {
        let identify = &self.identify;
        let shown = identify.sectors().unwrap_or(u64::MAX);
        let overlaid = identify.device_configuration_overlay;
        // Beneath a host protected area there may be an overlay, which hides the rest.
        let expected = |told| told == native || overlaid && told < native;
        let set = |told: u64, command: Option<ata::Command>| {
            command.filter(|_| expected(told)).map(&send)
        };
        if identify.accessible_max_address {
            let ask = accessible_max_address::Request::GetNative;
            let told = told(&send, ask.command(), Width::Lba48)?;
            if told > shown {
                set(told, accessible_max_address::Request::Set(told).command());
                return Ok(());
            }
        } else if identify.host_protected_area.is_some_and(|set| set.supported) {
            let width = width(identify);
            let told = told(&send, max_address::Request::ReadNative(width).command(), width)?;
            if told > shown {
                set(told, max_address::Request::Set(width, told, Lasting::Always).command());
                return Ok(());
            }
        }
        if overlaid && native > shown {
            set(native, Some(device_configuration::Request::Restore.command()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::proto::ata::identify_device::{FeatureSet, IdentifyDevice};
    use crate::proto::ata::{Registers, sense};
    use crate::technique::Locks;

    /// The commands that are sent to a drive that shows 100 blocks and was planned to have 200,
    /// when it tells this as its native size.
    fn sent(told: u64, overlaid: bool) -> Vec<&'static str> {
        let hidden = HiddenArea::Present { accessible: 100, native: 200 };
        let ata = Ata {
            bus: Bus::Sata,
            identify: IdentifyDevice {
                sectors48: Some(100),
                host_protected_area: Some(FeatureSet { supported: true, enabled: true }),
                device_configuration_overlay: overlaid,
                ..IdentifyDevice::default()
            },
            sanitize_status: Err(String::new()),
            hidden,
            locks: Locks::None,
        };
        let names = RefCell::new(Vec::new());
        let _ = ata.change(200, |command| {
            names.borrow_mut().push(command.name());
            let registers = Registers::done(Width::Lba48, 0, told - 1);
            let sense = sense::Answer::Descriptor(registers).encode();
            Ok(Answer::Scsi { status: 2, sense, data: Vec::new() })
        });
        names.into_inner()
    }

    #[test]
    fn only_what_was_planned_is_changed_and_only_one_thing() {
        const READ: &str = "READ NATIVE MAX ADDRESS EXT";
        const SET: &str = "SET MAX ADDRESS EXT";
        const RESTORE: &str = "DEVICE CONFIGURATION RESTORE";
        for (told, overlaid, expected) in [
            (200, false, &[READ, SET][..]),
            (150, false, &[READ]),
            (201, false, &[READ]),
            (100, false, &[READ]),
            (200, true, &[READ, SET]),
            (150, true, &[READ, SET]),
            (201, true, &[READ]),
            (100, true, &[READ, RESTORE]),
        ] {
            assert_eq!(sent(told, overlaid), expected, "{told} {overlaid}");
        }
    }
}
