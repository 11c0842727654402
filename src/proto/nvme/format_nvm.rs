//! Format NVM (opcode 80h, section 5.1.10), as an erase that changes nothing else.

use super::{Admin, Data, EVERY_NAMESPACE, Formatting, IdentifyNamespace, NamespaceId};

const OPCODE: u8 = 0x80;

/// Erases user data and formats a namespace as it is formatted now.
///
/// On the wire an erase setting of zero formats without erasing and is reported as done all the
/// same. It cannot be expressed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatNvm {
    target: FormatTarget,
    erase: SecureErase,
    formatting: Formatting,
}

/// What is named in the command. What is touched can be more, see
/// [`FormatAttributes`](super::FormatAttributes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatTarget {
    /// One namespace.
    Namespace(NamespaceId),
    /// All namespaces that are attached to the controller.
    EveryNamespace,
}

/// SES: how the data is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecureErase {
    /// 1: user data erase. A drive that encrypts everything may do a cryptographic erase instead.
    UserData,
    /// 2: cryptographic erase, the encryption key is deleted.
    Cryptographic,
}

impl FormatNvm {
    /// Formats the target as `namespace` is formatted.
    #[must_use]
    pub const fn keeping(
        target: FormatTarget,
        erase: SecureErase,
        namespace: &IdentifyNamespace,
    ) -> Self {
        Self { target, erase, formatting: namespace.formatting }
    }

    /// What is named.
    #[must_use]
    pub const fn target(self) -> FormatTarget {
        self.target
    }

    /// How the data is erased.
    #[must_use]
    pub const fn erase(self) -> SecureErase {
        self.erase
    }

    /// The formatting that the namespace gets.
    #[must_use]
    pub const fn formatting(self) -> Formatting {
        self.formatting
    }

    /// The words on the wire.
    #[must_use]
    pub fn command(self) -> Admin {
        let (name, erase) = match self.erase {
            SecureErase::UserData => ("Format NVM (user data erase)", 1),
            SecureErase::Cryptographic => ("Format NVM (cryptographic erase)", 2),
        };
        let nsid = match self.target {
            FormatTarget::Namespace(id) => id.get(),
            FormatTarget::EveryNamespace => EVERY_NAMESPACE,
        };
        let Formatting { format, metadata_inline, protection, protection_first } = self.formatting;
        let word = u32::from(format) & 0xf
            | u32::from(metadata_inline) << 4
            | (u32::from(protection) & 7) << 5
            | u32::from(protection_first) << 8
            | erase << 9
            | (u32::from(format) >> 4 & 3) << 12;
        Admin { name, opcode: OPCODE, nsid, words: [word, 0, 0, 0, 0, 0], data: Data::None }
    }

    /// What a drive reads in a command; `None` if it is another command, does not erase, or uses
    /// what is reserved.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        let (OPCODE, [word, 0, 0, 0, 0, 0]) = (command.opcode, command.words) else { return None };
        let target = match command.nsid {
            EVERY_NAMESPACE => FormatTarget::EveryNamespace,
            nsid => FormatTarget::Namespace(NamespaceId::new(nsid)?),
        };
        let erase = match word >> 9 & 7 {
            1 => SecureErase::UserData,
            2 => SecureErase::Cryptographic,
            _ => return None,
        };
        let formatting = Formatting {
            format: (word & 0xf | (word >> 12 & 3) << 4) as u8,
            metadata_inline: word & 1 << 4 != 0,
            protection: (word >> 5 & 7) as u8,
            protection_first: word & 1 << 8 != 0,
        };
        (word >> 14 == 0).then_some(Self { target, erase, formatting })
    }
}

#[cfg(test)]
mod tests {
    use super::super::identify_namespace::tests::page;
    use super::super::tests::raw;
    use super::*;

    fn namespace(flbas: u8, dps: u8, formats: u8) -> IdentifyNamespace {
        let mut page = page();
        page[25] = formats - 1;
        page[26] = flbas;
        page[29] = dps;
        IdentifyNamespace::parse(&page).unwrap()
    }

    fn one() -> FormatTarget {
        FormatTarget::Namespace(NamespaceId::new(1).unwrap())
    }

    #[test]
    fn words() {
        use SecureErase::{Cryptographic, UserData};
        let cases = [
            (one(), UserData, namespace(0x00, 0x00, 1), 1, 0x0000_0200),
            (one(), Cryptographic, namespace(0x01, 0x00, 4), 1, 0x0000_0401),
            (FormatTarget::EveryNamespace, UserData, namespace(2, 0, 4), u32::MAX, 0x0000_0202),
            // Metadata inline, protection type 1 at the end; type 2 at the beginning.
            (one(), UserData, namespace(0x12, 0x01, 4), 1, 0x0000_0232),
            (one(), UserData, namespace(0x03, 0x0a, 4), 1, 0x0000_0343),
            // Format 35 of 36; with 16 formats the upper bits do not count.
            (one(), Cryptographic, namespace(0x43, 0x00, 36), 1, 0x0000_2403),
            (one(), Cryptographic, namespace(0x43, 0x00, 16), 1, 0x0000_0403),
            (one(), Cryptographic, namespace(0x7f, 0x0f, 64), 1, 0x0000_35ff),
        ];
        for (target, erase, namespace, nsid, word) in cases {
            let what = FormatNvm::keeping(target, erase, &namespace);
            let command = what.command();
            assert_eq!((command.opcode(), command.nsid()), (0x80, nsid));
            assert_eq!(command.words(), [word, 0, 0, 0, 0, 0], "{word:x}");
            assert_eq!(command.data(), &Data::None);
            assert_eq!(FormatNvm::decode(&command), Some(what));
        }
    }

    #[test]
    fn a_format_that_does_not_erase_is_none() {
        for erase in 0..8 {
            let command = raw(0x80, 1, [erase << 9, 0, 0, 0, 0, 0]);
            assert_eq!(FormatNvm::decode(&command).is_some(), erase == 1 || erase == 2, "{erase}");
        }
    }

    #[test]
    fn only_what_is_known_is_decoded() {
        assert_eq!(FormatNvm::decode(&raw(0x84, 1, [0x200, 0, 0, 0, 0, 0])), None);
        assert_eq!(FormatNvm::decode(&raw(0x80, 0, [0x200, 0, 0, 0, 0, 0])), None, "no namespace");
        assert_eq!(FormatNvm::decode(&raw(0x80, 1, [0x4200, 0, 0, 0, 0, 0])), None, "reserved");
        assert_eq!(FormatNvm::decode(&raw(0x80, 1, [0x200, 1, 0, 0, 0, 0])), None);
    }
}
