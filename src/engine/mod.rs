//! The engine: the process that owns the drives, and what it and the consoles say to each other.
//!
//! ```text
//! console --Order--> engine --Report--> every console
//! ```
//!
//! Consoles come and go (a terminal that is hung up, a second screen, a serial line): the work does
//! not depend on them. Each is told everything as it stands when it comes ([`Situation`]), and from
//! then on what happens.

mod bench;
mod desk;
mod folder;
mod hub;
mod live;
mod socket;
mod surroundings;
mod talk;
mod thaw;
mod work;

pub use bench::{Alone, Bench, End, Erased, Live, Setting};
pub use desk::{Desk, Input};
pub use folder::Folder;
pub use hub::{ConsoleId, Hub};
pub use live::LiveImage;
pub use socket::{Ear, Listener, Mouth, connect};
pub use surroundings::{Surroundings, random, tool};
pub use talk::{
    Asks, Computer, Declined, Document, Ended, GIVEN_UP, Keeping, Obstacle, Order, Remark, Report,
    Running, Secret, Seen, Signing, Situation, Work,
};
