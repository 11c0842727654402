//! Get Features (opcode 0Ah, section 5.1.11): settings that decide whether an erase can work. None
//! is ever set.

use super::{Admin, Data, NamespaceId};

const OPCODE: u8 = 0x0a;

/// A feature whose current value is asked for. The value comes in dword 0 of the completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GetFeature {
    /// 17h, Sanitize Config: [`GetFeature::sanitizes_though_it_deallocates`].
    SanitizeConfig,
    /// 84h, Namespace Write Protection Config: [`WriteProtection`].
    WriteProtection(NamespaceId),
}

impl GetFeature {
    /// The words on the wire.
    #[must_use]
    pub fn command(self) -> Admin {
        let (name, feature, nsid) = match self {
            Self::SanitizeConfig => ("Get Features (sanitize config)", 0x17, 0),
            Self::WriteProtection(id) => ("Get Features (write protection)", 0x84, id.get()),
        };
        Admin { name, opcode: OPCODE, nsid, words: [feature, 0, 0, 0, 0, 0], data: Data::None }
    }

    /// What a drive reads in a command; `None` if it is another command or another feature.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        match (command.opcode, command.words) {
            (OPCODE, [0x17, 0, 0, 0, 0, 0]) => Some(Self::SanitizeConfig),
            (OPCODE, [0x84, 0, 0, 0, 0, 0]) => {
                NamespaceId::new(command.nsid).map(Self::WriteProtection)
            }
            _ => None,
        }
    }

    /// The answer to [`GetFeature::SanitizeConfig`] (No-Deallocate Response Mode): whether a drive
    /// that always deallocates accepts a sanitize that asks not to, and says so afterwards. If
    /// not, it refuses that sanitize with
    /// [`InvalidField`](super::Condition::InvalidField).
    #[must_use]
    pub const fn sanitizes_though_it_deallocates(dword0: u32) -> bool {
        dword0 & 1 == 1
    }
}

/// The answer to [`GetFeature::WriteProtection`], bits 2:0. Codes checked against libnvme's
/// `NVME_FEAT_NS_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteProtection {
    /// Writable.
    None,
    /// Protected until a host takes it back.
    On,
    /// Protected until the power is cycled.
    UntilPowerCycle,
    /// Protected for ever.
    Permanent,
    /// A value of a later specification.
    Unknown(u8),
}

impl WriteProtection {
    /// Reads dword 0 of the completion.
    #[must_use]
    pub const fn from_dword0(dword0: u32) -> Self {
        match dword0 & 7 {
            0 => Self::None,
            1 => Self::On,
            2 => Self::UntilPowerCycle,
            3 => Self::Permanent,
            other => Self::Unknown(other as u8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raw;
    use super::*;

    #[test]
    fn words() {
        let id = NamespaceId::new(3).unwrap();
        for (what, nsid, word) in
            [(GetFeature::SanitizeConfig, 0, 0x17), (GetFeature::WriteProtection(id), 3, 0x84)]
        {
            let command = what.command();
            assert_eq!((command.opcode(), command.nsid()), (0x0a, nsid));
            assert_eq!(command.words(), [word, 0, 0, 0, 0, 0]);
            assert_eq!(command.data(), &Data::None);
            assert_eq!(GetFeature::decode(&command), Some(what));
        }
        assert_eq!(GetFeature::decode(&raw(0x09, 0, [0x17, 0, 0, 0, 0, 0])), None, "Set Features");
        assert_eq!(GetFeature::decode(&raw(0x0a, 0, [0x84, 0, 0, 0, 0, 0])), None);
        assert_eq!(GetFeature::decode(&raw(0x0a, 0, [0x06, 0, 0, 0, 0, 0])), None);
    }

    #[test]
    fn answers() {
        assert!(GetFeature::sanitizes_though_it_deallocates(1));
        assert!(!GetFeature::sanitizes_though_it_deallocates(0xffff_fffe));
        let read = WriteProtection::from_dword0;
        assert_eq!(read(0xffff_fff8), WriteProtection::None);
        assert_eq!(read(1), WriteProtection::On);
        assert_eq!(read(2), WriteProtection::UntilPowerCycle);
        assert_eq!(read(3), WriteProtection::Permanent);
        assert_eq!(read(0xd), WriteProtection::Unknown(5));
    }
}
