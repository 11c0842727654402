//! NVMe: the admin commands that identify, erase and ask an NVM subsystem, and the pages that
//! answer them (NVM Express Base Specification 2.1; section numbers below are its own).
//!
//! Every command is a small type whose fields cannot say something wrong, and `command()` turns it
//! into the words of a submission queue entry. Nothing here can detach or delete a namespace,
//! format without erasing, or change a setting.
//!
//! Everything on the wire is little-endian. A controller (`nvme0`) belongs to a subsystem, which
//! holds the namespaces; Sanitize acts on the subsystem whatever controller it is sent to.

mod decode;
mod features;
mod format_nvm;
mod get_log;
mod identify;
mod identify_controller;
mod identify_namespace;
mod namespace_attachment;
mod namespace_list;
mod persistent_event_log;
mod sanitize;
mod sanitize_log;
mod security;
mod smart_log;
mod status;

pub use features::{GetFeature, WriteProtection};
pub use format_nvm::{FormatNvm, FormatTarget, SecureErase};
pub use get_log::{GetLogPage, LogPage, PersistentEventAction};
pub use identify::Identify;
pub use identify_controller::{
    AdminCapabilities, ControllerType, FormatAttributes, IdentifyController, LogCapabilities,
    NvmCapabilities, Paths, SanitizeCapabilities, Version, WriteCache,
};
pub use identify_namespace::{DeallocatedReads, Formatting, IdentifyNamespace, LbaFormat};
pub use namespace_attachment::AttachNamespace;
pub use namespace_list::NamespaceList;
pub use persistent_event_log::{Event, EventData, EventTime, PersistentEventLog};
pub use sanitize::{Afterwards, OverwritePasses, Sanitize, SanitizeAction};
pub use sanitize_log::{SanitizeLog, SanitizeOutcome, SanitizeState, SanitizeStatus};
pub use security::{SecurityReceive, SecuritySend};
pub use smart_log::{CriticalWarning, SmartLog};
pub use status::{Condition, Status};

use super::{Data, Malformed};

/// The namespace id that means every namespace.
const EVERY_NAMESPACE: u32 = u32::MAX;

/// A command for the admin queue, as the kernel's pass-through takes it.
///
/// Only the command types of this module make one, so that no word is ever put together by hand.
#[derive(Clone, PartialEq, Eq)]
pub struct Admin {
    name: &'static str,
    opcode: u8,
    nsid: u32,
    words: [u32; 6],
    data: Data,
}

impl Admin {
    /// What people call it, for messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The opcode.
    #[must_use]
    pub const fn opcode(&self) -> u8 {
        self.opcode
    }

    /// The namespace id: 0 for none, FFFFFFFFh for every one.
    #[must_use]
    pub const fn nsid(&self) -> u32 {
        self.nsid
    }

    /// Command dwords 10 to 15. The ones before are always zero.
    #[must_use]
    pub const fn words(&self) -> [u32; 6] {
        self.words
    }

    /// What moves besides the command.
    #[must_use]
    pub const fn data(&self) -> &Data {
        &self.data
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, opcode, nsid, words, data } = self;
        write!(f, "{name} (opcode {opcode:02x}h, nsid {nsid:x}h, dwords {words:x?}, {data:?})")
    }
}

/// The number of one namespace: never 0, and never the number that means all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamespaceId(u32);

impl NamespaceId {
    /// `None` for 0 and FFFFFFFFh.
    #[must_use]
    pub const fn new(id: u32) -> Option<Self> {
        match id {
            0 | EVERY_NAMESPACE => None,
            id => Some(Self(id)),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Reads a page of `needed` bytes; `fields` reads inside them only.
fn read<T>(
    bytes: &[u8],
    page: &'static str,
    needed: usize,
    fields: fn(&[u8]) -> Option<T>,
) -> Result<T, Malformed> {
    let short = Malformed::Short { page, needed, got: bytes.len() };
    bytes.get(..needed).and_then(fields).ok_or(short)
}

/// The bytes at `at`, as many as asked for.
fn array<const N: usize>(page: &[u8], at: usize) -> Option<[u8; N]> {
    page.get(at..)?.first_chunk().copied()
}

/// Writes a field into a page; what would lie beyond its end is not written.
fn put(page: &mut [u8], at: usize, field: &[u8]) {
    for (to, from) in page.iter_mut().skip(at).zip(field) {
        *to = *from;
    }
}

/// Whether bit `n` is set.
const fn bit(bits: u32, n: u32) -> bool {
    bits >> n & 1 == 1
}

/// The value, if it is not the zero that stands for "not reported".
fn reported<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command of any words.
    pub(super) fn raw(opcode: u8, nsid: u32, words: [u32; 6]) -> Admin {
        Admin { name: "", opcode, nsid, words, data: Data::None }
    }

    /// Every truncation of `page`, and pages of noise: `parse` may refuse them, and must return.
    pub(super) fn survives<T>(page: &[u8], parse: impl Fn(&[u8]) -> T) {
        for end in 0..=page.len() {
            parse(&page[..end]);
        }
        // xorshift32
        let mut noise = 0x9e37_79b9_u32;
        for _ in 0..300 {
            let bytes: Vec<u8> = (0..page.len() + 7)
                .map(|_| {
                    noise ^= noise << 13;
                    noise ^= noise >> 17;
                    noise ^= noise << 5;
                    noise.to_le_bytes()[0]
                })
                .collect();
            parse(&bytes);
        }
    }

    /// A page of zeros with `field` at `at`.
    pub(super) fn with(len: usize, at: usize, field: &[u8]) -> Vec<u8> {
        let mut page = vec![0; len];
        page[at..at + field.len()].copy_from_slice(field);
        page
    }

    #[test]
    fn what_goes_out_is_not_shown() {
        let command =
            SecuritySend { protocol: 1, specific: 0x07fe, payload: b"SECRET".to_vec() }.command();
        let shown = format!("{command:?}");
        assert!(shown.contains("6 bytes out") && !shown.contains("83"), "{shown}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn no_and_every_namespace_are_not_one() {
        assert_eq!(NamespaceId::new(0), None);
        assert_eq!(NamespaceId::new(0xffff_ffff), None);
        assert_eq!(NamespaceId::new(1).map(NamespaceId::get), Some(1));
        assert_eq!(NamespaceId::new(0xffff_fffe).map(NamespaceId::get), Some(0xffff_fffe));
    }

    #[test]
    fn fields_beyond_the_end_are_not_written() {
        let mut page = [0; 3];
        put(&mut page, 2, &[1, 2]);
        put(&mut page, 9, &[3]);
        assert_eq!(page, [0, 0, 1]);
    }
}
