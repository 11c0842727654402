//! TCG Opal and its relatives: what a self-encrypting drive says of its locks, and PSID revert
//! (TCG Storage Architecture Core Specification 2.01; section numbers are its own).
//!
//! **PSID revert is a way to regain control of a locked drive, and never evidence of erasure.**
//! The PSID is printed on the drive, so whoever holds it may put the drive back into its original
//! state. That takes the owner's passwords and locks away. Whether it also takes the data away
//! depends on what this code cannot see: Pyrite drives do not encrypt at all; a drive whose
//! Locking SP was never activated may keep its key, and so its data; and firmware that says
//! "success" has been seen to leave data readable. An erase has to follow, and to be proved in its
//! own way.
//!
//! The bytes travel in the security commands of each bus: NVMe Security Send and Receive, SCSI
//! SECURITY PROTOCOL OUT and IN, ATA TRUSTED SEND and RECEIVE, always with security protocol
//! [`PROTOCOL`] and a ComID as the protocol specific field. Everything is big-endian.

mod discovery;
mod psid_revert;
mod session;
mod tokens;

pub use discovery::{
    BlockSid, DataRemoval, DataRemovalMechanism, DataStore, Discovery, Feature, Geometry, Locking,
    NamespaceLocking, SingleUserMode, Ssc, SscFamily, Tper,
};
pub use psid_revert::{Answer, InvalidPsid, Psid, Request};
pub use session::{Message, MethodStatus, Session};

/// The security protocol that carries TCG's bytes.
pub const PROTOCOL: u8 = 0x01;

/// The ComID under which any drive answers with [`Discovery`], without a request before it.
pub const DISCOVERY_COM_ID: u16 = 0x0001;

/// Bytes to ask for at a time: what every drive can give, in any answer.
pub const RECEIVE_BYTES: u32 = 2048;
