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
mod hub;
mod socket;
mod surroundings;
mod talk;
mod work;

pub use bench::{Bench, Folder, Setting};
pub use desk::{Desk, Input};
pub use hub::{ConsoleId, Hub};
pub use socket::{Ear, Listener, Mouth, connect};
pub use surroundings::{Surroundings, random, tool};
pub use talk::{
    Asks, Computer, Document, Ended, Keeping, Obstacle, Order, Report, Running, Secret, Seen,
    Signing, Situation, Work,
};
