//! From a command's words back to the command, as a simulated drive needs it.
//!
//! A command is accepted only if it encodes to the very same words. So a bit that no typed command
//! can set is never overlooked.

use super::{
    Admin, AttachNamespace, Data, FormatNvm, GetFeature, GetLogPage, Identify, Sanitize,
    SecurityReceive, SecuritySend,
};

impl Admin {
    /// What a controller reads in the opcode, the namespace id and the command dwords 10 to 15 of a
    /// submission queue entry, with the data that came along (none for most commands); `None` if no
    /// type of this module makes this command.
    #[must_use]
    pub fn decode(opcode: u8, nsid: u32, words: [u32; 6], out: &[u8]) -> Option<Self> {
        let data = if out.is_empty() { Data::None } else { Data::Out(out.to_vec()) };
        let raw = Self { name: "", opcode, nsid, words, data };
        let known = None
            .or_else(|| Identify::decode(&raw).map(Identify::command))
            .or_else(|| GetLogPage::decode(&raw).map(GetLogPage::command))
            .or_else(|| GetFeature::decode(&raw).map(GetFeature::command))
            .or_else(|| Sanitize::decode(&raw).map(Sanitize::command))
            .or_else(|| FormatNvm::decode(&raw).map(FormatNvm::command))
            .or_else(|| AttachNamespace::decode(&raw).map(AttachNamespace::command))
            .or_else(|| SecurityReceive::decode(&raw).map(|receive| receive.command()))
            .or_else(|| SecuritySend::decode(&raw).map(|send| send.command()))?;
        let same = (known.opcode, known.nsid, known.words) == (raw.opcode, raw.nsid, raw.words);
        let takes = matches!(known.data, Data::Out(_)) == matches!(raw.data, Data::Out(_));
        (same && takes).then_some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::nvme::{SanitizeLog, SmartLog};

    /// One command of each kind.
    fn all() -> Vec<Admin> {
        let word = |opcode, nsid, word| Admin::decode(opcode, nsid, [word, 0, 0, 0, 0, 0], &[]);
        vec![
            Identify::Controller.command(),
            SanitizeLog::command(),
            SmartLog::command(),
            GetFeature::SanitizeConfig.command(),
            word(0x84, 0, 2).unwrap(),
            word(0x84, 0, 4).unwrap(),
            word(0x80, 1, 0x400).unwrap(),
            SecurityReceive { protocol: 1, specific: 1, bytes: 2048 }.command(),
            SecuritySend { protocol: 1, specific: 0x07fe, payload: vec![1, 2, 3, 4] }.command(),
        ]
    }

    fn again(command: &Admin) -> Option<Admin> {
        let out = if let Data::Out(out) = command.data() { out.as_slice() } else { &[] };
        Admin::decode(command.opcode(), command.nsid(), command.words(), out)
    }

    #[test]
    fn what_is_sent_is_what_arrives() {
        for command in all() {
            assert_eq!(again(&command).as_ref(), Some(&command));
        }
    }

    /// Whatever bit is changed: it is another command, or none, and never the same one.
    #[test]
    fn no_bit_is_overlooked() {
        for command in all() {
            for bit in 0..7 * 32 {
                let mut changed = command.clone();
                match bit / 32 {
                    0 => changed.nsid ^= 1 << (bit % 32),
                    word => changed.words[word - 1] ^= 1 << (bit % 32),
                }
                let found = again(&changed);
                let same =
                    |found: &Admin| (found.nsid, found.words) == (changed.nsid, changed.words);
                assert!(found.as_ref().is_none_or(same), "bit {bit} of {command:?}: {found:?}");
            }
        }
    }

    #[test]
    fn what_nobody_sends_is_no_command() {
        // A format with a reserved bit, Set Features, and a sanitize that brings data along.
        assert_eq!(Admin::decode(0x80, 1, [0x10201, 0, 0, 0, 0, 0], &[]), None);
        assert_eq!(Admin::decode(0x09, 0, [7, 0, 0, 0, 0, 0], &[]), None);
        assert_eq!(Admin::decode(0x84, 0, [2, 0, 0, 0, 0, 0], &[1]), None);
    }
}
