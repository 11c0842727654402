//! Namespace Attachment (opcode 15h, section 5.1.20): a namespace that no controller shows is
//! attached, so that it can be seen, formatted and read. There is no way here to detach one.

use super::{Admin, Data, NamespaceId, put};

const OPCODE: u8 = 0x15;
const LIST_BYTES: usize = 4096;

/// Attaches a namespace to one controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachNamespace {
    /// The namespace.
    pub namespace: NamespaceId,
    /// The controller's CNTLID, see [`IdentifyController`](super::IdentifyController).
    pub controller: u16,
}

impl AttachNamespace {
    /// The words on the wire. With them goes a controller list of one.
    #[must_use]
    pub fn command(self) -> Admin {
        let mut list = vec![0; LIST_BYTES];
        put(&mut list, 0, &1_u16.to_le_bytes());
        put(&mut list, 2, &self.controller.to_le_bytes());
        Admin {
            name: "Namespace Attachment (attach)",
            opcode: OPCODE,
            nsid: self.namespace.get(),
            words: [0; 6],
            data: Data::Out(list),
        }
    }

    /// What a drive reads in a command; `None` if it is another command, detaches, or names more
    /// than one controller.
    #[must_use]
    pub fn decode(command: &Admin) -> Option<Self> {
        let (OPCODE, [0, 0, 0, 0, 0, 0], Data::Out(list)) =
            (command.opcode, command.words, &command.data)
        else {
            return None;
        };
        let [1, 0, low, high] = *list.first_chunk()? else { return None };
        let namespace = NamespaceId::new(command.nsid)?;
        Some(Self { namespace, controller: u16::from_le_bytes([low, high]) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raw;
    use super::*;

    #[test]
    fn words() {
        let what = AttachNamespace { namespace: NamespaceId::new(2).unwrap(), controller: 0x0741 };
        let command = what.command();
        assert_eq!((command.opcode(), command.nsid(), command.words()), (0x15, 2, [0; 6]));
        let Data::Out(list) = command.data() else { panic!("a list goes out") };
        assert_eq!(list.len(), 4096);
        assert_eq!(list[..4], [1, 0, 0x41, 0x07]);
        assert!(list[4..].iter().all(|byte| *byte == 0));
        assert_eq!(AttachNamespace::decode(&command), Some(what));
    }

    #[test]
    fn only_what_is_known_is_decoded() {
        let attach = |words, list: &[u8]| {
            let command =
                Admin { name: "", opcode: 0x15, nsid: 2, words, data: Data::Out(list.to_vec()) };
            AttachNamespace::decode(&command)
        };
        assert!(attach([0; 6], &[1, 0, 5, 0]).is_some());
        assert_eq!(attach([1, 0, 0, 0, 0, 0], &[1, 0, 5, 0]), None, "detach");
        assert_eq!(attach([0; 6], &[2, 0, 5, 0, 6, 0]), None);
        assert_eq!(attach([0; 6], &[1, 0, 5]), None, "cut short");
        assert_eq!(AttachNamespace::decode(&raw(0x15, 2, [0; 6])), None, "no list");
    }
}
