//! Identify (opcode 06h, section 5.1.13): the drive describes itself and its namespaces.

use super::{Admin, Data, NamespaceId};

const OPCODE: u8 = 0x06;

/// What is asked for. Each answer has 4096 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identify {
    /// The controller that is spoken to: [`IdentifyController`](super::IdentifyController).
    Controller,
    /// A namespace that is attached to it: [`IdentifyNamespace`](super::IdentifyNamespace). For
    /// one that is not attached the answer is all zeros.
    Namespace(NamespaceId),
    /// The namespaces that are attached to it: [`NamespaceList`](super::NamespaceList).
    ActiveNamespaces {
        /// Only those with a higher number; `None` for all.
        after: Option<NamespaceId>,
    },
    /// The namespaces that exist in the subsystem, attached or not: a list of the same form.
    AllocatedNamespaces {
        /// Only those with a higher number; `None` for all.
        after: Option<NamespaceId>,
    },
}

impl Identify {
    /// Bytes of every answer.
    pub const BYTES: usize = 4096;

    /// The words on the wire.
    #[must_use]
    pub fn command(self) -> Admin {
        let (name, cns, nsid) = match self {
            Self::Controller => ("Identify (controller)", 0x01, None),
            Self::Namespace(id) => ("Identify (namespace)", 0x00, Some(id)),
            Self::ActiveNamespaces { after } => ("Identify (active namespaces)", 0x02, after),
            Self::AllocatedNamespaces { after } => ("Identify (allocated namespaces)", 0x10, after),
        };
        let data = Data::In(Self::BYTES as u32);
        let nsid = nsid.map_or(0, NamespaceId::get);
        Admin { name, opcode: OPCODE, nsid, words: [cns, 0, 0, 0, 0, 0], data }
    }

    /// What a drive reads in a command; `None` if it is another command or asks for something else.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        let ([cns, 0, 0, 0, 0, 0], OPCODE) = (command.words, command.opcode) else { return None };
        let id = NamespaceId::new(command.nsid);
        match cns {
            0x01 => Some(Self::Controller),
            0x00 => id.map(Self::Namespace),
            0x02 => Some(Self::ActiveNamespaces { after: id }),
            0x10 => Some(Self::AllocatedNamespaces { after: id }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raw;
    use super::*;

    #[test]
    fn words() {
        let id = NamespaceId::new(0x0102_0304);
        let cases = [
            (Identify::Controller, 0, 0x01),
            (Identify::Namespace(id.unwrap()), 0x0102_0304, 0x00),
            (Identify::ActiveNamespaces { after: None }, 0, 0x02),
            (Identify::ActiveNamespaces { after: id }, 0x0102_0304, 0x02),
            (Identify::AllocatedNamespaces { after: None }, 0, 0x10),
            (Identify::AllocatedNamespaces { after: id }, 0x0102_0304, 0x10),
        ];
        for (what, nsid, cns) in cases {
            let command = what.command();
            assert_eq!((command.opcode(), command.nsid()), (0x06, nsid));
            assert_eq!(command.words(), [cns, 0, 0, 0, 0, 0]);
            assert_eq!(command.data(), &Data::In(4096));
            assert_eq!(Identify::decode(&command), Some(what));
        }
    }

    #[test]
    fn only_what_is_known_is_decoded() {
        assert_eq!(Identify::decode(&raw(0x06, 1, [0x06, 0, 0, 0, 0, 0])), None);
        assert_eq!(Identify::decode(&raw(0x06, 1, [0x02, 0, 0, 0, 1, 0])), None);
        assert_eq!(Identify::decode(&raw(0x06, 0, [0x00, 0, 0, 0, 0, 0])), None, "no namespace");
        assert_eq!(Identify::decode(&raw(0x02, 0, [0x01, 0, 0, 0, 0, 0])), None);
    }
}
