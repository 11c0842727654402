//! The locks of self-encrypting drives (TCG Opal and its relatives), whatever the bus: what the
//! drive says of them without being asked by anybody in particular, and the way to open them.
//!
//! [`PsidRevert`] takes the owner's locks and passwords away. It is no technique: its outcome has a
//! type of its own, so that it cannot become evidence of erasure. See
//! [`proto::opal`](crate::proto::opal) for why it is none.

mod psid_revert;
mod way;

pub use psid_revert::{Asks, Ended, PsidRevert};
pub use way::Way;

pub use crate::proto::opal::{InvalidPsid, Psid};

use super::survey::{Firmware, QUESTION};
use crate::device::Channel;
use crate::proto::opal::{DISCOVERY_COM_ID, Discovery, Locking, SscFamily};

/// What is known of a drive's own locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locks {
    /// It has some, and said this of them.
    Opal(Opal),
    /// It has none that TCG's protocols know of.
    None,
    /// It cannot be told: why, in a few words.
    Unknown(String),
}

/// What a drive says of its locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opal {
    /// How it is spoken to.
    pub way: Way,
    /// Which of TCG's dialects it speaks, if it says so.
    pub class: Option<SscFamily>,
    /// Whom PSID revert is said to; none if the drive speaks no dialect that has it.
    pub com_id: Option<u16>,
    /// Its locking feature.
    pub locking: Locking,
    /// The computer's firmware has blocked the owner's password (Block SID).
    pub sid_blocked: bool,
}

impl Locks {
    /// Asks for Level 0 Discovery, which any such drive answers to anybody. The ways are tried in
    /// their order.
    pub(super) fn ask(channel: &dyn Channel, ways: &[Way]) -> Self {
        let mut whys = Vec::new();
        for way in ways {
            let answer = channel.send(&way.receive(DISCOVERY_COM_ID), QUESTION);
            let found = Way::received(answer)
                .and_then(|bytes| Discovery::parse(&bytes).map_err(|error| error.to_string()));
            match found {
                Ok(found) => return Self::of(&found, *way),
                Err(why) => whys.push(why),
            }
        }
        whys.dedup();
        Self::Unknown(whys.join("; "))
    }

    fn of(found: &Discovery, way: Way) -> Self {
        match found.locking() {
            Some(locking) if locking.supported || locking.enabled || locking.locked => {
                Self::Opal(Opal {
                    way,
                    class: found.sscs().map(|ssc| ssc.family).last(),
                    com_id: found.com_id(),
                    locking,
                    sid_blocked: found.block_sid().is_some_and(|sid| sid.blocked),
                })
            }
            None if !found.complete => Self::Unknown("its answer was cut off".to_owned()),
            _ => Self::None,
        }
    }
}

impl Opal {
    /// Whether something of the drive cannot be read or not be written: a range is locked, or a
    /// shadow is shown in place of the data (the shadow MBR is on, and not put away).
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.locking.locked || (self.locking.mbr_enabled && !self.locking.mbr_done)
    }

    /// Whether there is nothing to take away: no lock is closed and none is in use.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        !self.is_closed() && !self.locking.enabled
    }

    /// The class as people write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.class {
            Some(SscFamily::Enterprise) => "TCG Enterprise",
            Some(SscFamily::Opal1) => "Opal 1",
            Some(SscFamily::Opal2) => "Opal 2",
            Some(SscFamily::Opalite) => "Opalite",
            Some(SscFamily::Pyrite1) => "Pyrite 1",
            Some(SscFamily::Pyrite2) => "Pyrite 2",
            Some(SscFamily::Ruby) => "Ruby",
            None => "TCG",
        }
    }

    /// What to do about closed locks of the drive that people call `drive`, as a part of a
    /// sentence.
    #[must_use]
    pub fn advice(&self, drive: &str) -> String {
        if self.com_id.is_some() {
            format!("unlock it with the PSID printed on its label: nulstil unlock {drive}")
        } else {
            "let its owner unlock it, with the computer or program that locked it".to_owned()
        }
    }

    /// What stands in the way of erasing or may do so, in one sentence; none if nothing does.
    #[must_use]
    pub fn remark(&self, drive: &str) -> Option<String> {
        let name = self.name();
        if self.is_closed() {
            let advice = self.advice(drive);
            Some(format!("It is locked ({name}), so it can neither be read nor erased; {advice}."))
        } else if self.locking.enabled {
            Some(format!(
                "Somebody has taken its locks into use ({name}); they are open now, so that \
                 erasing needs no unlocking, and should it refuse to erase itself: {}.",
                self.advice(drive)
            ))
        } else if self.sid_blocked {
            Some(format!(
                "The computer blocked the owner's password of its locks ({name}, Block SID); \
                 should it refuse to erase itself, let the computer sleep and wake up: nulstil \
                 thaw."
            ))
        } else {
            None
        }
    }
}

/// Why a drive cannot erase itself or be written as long as its locks are closed.
pub(super) fn open(firmware: &Firmware) -> Result<(), String> {
    match firmware.locks() {
        Some(Locks::Opal(opal)) if opal.is_closed() => {
            Err(format!("the drive is locked ({}); {}", opal.name(), opal.advice("DRIVE")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::opal::{BlockSid, Feature, Ssc};

    pub(super) const OPEN: Locking = Locking {
        supported: true,
        enabled: false,
        locked: false,
        media_encryption: true,
        mbr_enabled: false,
        mbr_done: false,
        mbr_shadowing_not_supported: false,
        hardware_reset: false,
    };

    fn ssc(family: SscFamily) -> Feature {
        let (initial_pin, reverted_pin) = match family {
            SscFamily::Enterprise | SscFamily::Opal1 => (None, None),
            _ => (Some(0), Some(0)),
        };
        Feature::Ssc(Ssc { family, base_com_id: 0x07fe, com_ids: 1, initial_pin, reverted_pin })
    }

    fn locks(features: Vec<Feature>) -> Locks {
        Locks::of(&Discovery { complete: true, features }, Way::Nvme)
    }

    fn opal(family: SscFamily, locking: Locking) -> Opal {
        match locks(vec![Feature::Locking(locking), ssc(family)]) {
            Locks::Opal(opal) => opal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_closed() {
        let closed = |change: fn(&mut Locking)| {
            let mut locking = OPEN;
            change(&mut locking);
            let opal = opal(SscFamily::Opal2, locking);
            (opal.is_closed(), opal.is_free())
        };
        assert_eq!(closed(|_| ()), (false, true));
        assert_eq!(closed(|l| l.enabled = true), (false, false));
        assert_eq!(closed(|l| (l.enabled, l.locked) = (true, true)), (true, false));
        // The shadow is shown in place of the data, although no range is locked.
        assert_eq!(closed(|l| (l.enabled, l.mbr_enabled) = (true, true)), (true, false));
        let put_away =
            |l: &mut Locking| (l.enabled, l.mbr_enabled, l.mbr_done) = (true, true, true);
        assert_eq!(closed(put_away), (false, false));
        assert_eq!(closed(|l| l.locked = true), (true, false), "locked by nobody is locked");
    }

    #[test]
    fn classes_and_who_can_be_reverted() {
        use SscFamily::{Enterprise, Opal1, Opal2, Pyrite2, Ruby};
        let locked = Locking { enabled: true, locked: true, ..OPEN };
        for (family, name, com_id) in [
            (Enterprise, "TCG Enterprise", None),
            (Opal1, "Opal 1", Some(0x07fe)),
            (Opal2, "Opal 2", Some(0x07fe)),
            (Pyrite2, "Pyrite 2", Some(0x07fe)),
            (Ruby, "Ruby", Some(0x07fe)),
        ] {
            let opal = opal(family, locked);
            assert_eq!((opal.name(), opal.com_id), (name, com_id));
            let remark = opal.remark("/dev/x").unwrap();
            assert_eq!(remark.contains("nulstil unlock /dev/x"), com_id.is_some(), "{remark}");
        }
    }

    #[test]
    fn nothing_of_locks_is_none_and_half_an_answer_is_unknown() {
        assert_eq!(locks(vec![ssc(SscFamily::Opal2)]), Locks::None);
        let cut = Discovery { complete: false, features: vec![] };
        assert!(matches!(Locks::of(&cut, Way::Nvme), Locks::Unknown(_)));
        let blocked =
            BlockSid { owner_has_password: false, blocked: true, cleared_by_hardware_reset: false };
        let found = locks(vec![Feature::Locking(OPEN), Feature::BlockSid(blocked)]);
        let Locks::Opal(opal) = found else { panic!("{found:?}") };
        assert!(opal.is_free() && opal.remark("/dev/x").unwrap().contains("Block SID"));
    }
}
