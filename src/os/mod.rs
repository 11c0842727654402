//! Linux: finding drives, and what the machine says about itself.
//!
//! Everything is read from `/sys`, `/proc` and `/dev` through one [`System`], which is either the
//! machine this runs on or a recorded tree. There is no libblkid, no udev and no external program
//! here, and nothing is written but the word that resets a controller, what `rescan` needs what
//! `suspend` does, and a mounted stick. What it is not: it decides nothing about techniques, and it is not the last
//! guard; the exclusive open, and [`identify`] on the opened descriptor, come after.
//!
//! | module | answers |
//! | --- | --- |
//! | `discover` | which drives there are, and why one must not be erased |
//! | `examine` | which drive a path or a device number means |
//! | `blocks` | which block devices there are and which lies on which |
//! | `in_use`, `mounts`, `loops`, `boot`, `reason` | who uses a drive, by device number |
//! | `identity`, `bus` | which drive this is |
//! | `stick`, `fat` | which file systems are on a stick of ours, known by their first sector; one of them mounted for a moment |
//! | `hidden` | whether there may be drives that nobody sees |
//! | `host` | which computer this is, and what its clocks say |
//! | `block` | a drive, opened exclusively |
//! | `rescan` | how the kernel comes to notice that a drive has another size |
//! | `channel`, `passthrough` | how commands get to a drive's firmware |
//! | `reset` | how a drive is reset after its erase |
//! | `engine` | how its bytes are moved: `queue`s of operations by io_uring (`ring`) or `threads`, and a `pool` that generates and compares |
//! | `suspend` | sleep from which the computer wakes by itself |
//! | `vt` | the screen's font and keyboard |
//! | `ring`, `ioctl` | all that is `unsafe` |

mod block;
mod blocks;
mod boot;
mod boot_facts;
mod bus;
mod channel;
mod discover;
mod engine;
#[cfg(test)]
mod engine_tests;
mod examine;
mod fat;
mod hidden;
mod host;
mod identity;
mod in_use;
mod ioctl;
mod loops;
mod mounts;
mod passthrough;
mod pool;
mod queue;
mod reason;
mod rescan;
mod reset;
mod ring;
mod secrets;
mod stick;
mod suspend;
mod system;
mod threads;
mod vt;

pub use block::{EngineChoice, LinuxBay};
pub use blocks::attachments;
pub use boot_facts::{MEDIUM, boot_facts, image_id};
pub use discover::look;
pub use examine::{examine, identify};
pub use host::{boot_id, clock_facts, computer};
pub use identity::image as identify_image;
pub use secrets::no_core_dumps;
pub use stick::{Labelled, Mounted, labelled, unmount};
pub use suspend::{Sleep, sleep, sleep_kind, slept};
pub use system::System;
pub use vt::{Character, Glyphs, Key, load_font, load_keyboard};
