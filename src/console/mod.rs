//! The console that a technician sees: a fold over messages, and drawing as a function of its state.
//! Pure: no clock, no terminal, no socket. Whoever owns those ([`Message`] in, [`Effect`] out) calls
//! [`update`] for everything that happens and [`draw`] after it.
//!
//! ```text
//! keys, reports, ticks -> update(State) -> orders to the engine
//!                              |
//!                              +-> draw (cells) or plain::lines (numbered lines)
//! ```

pub mod big;
pub mod code;
mod draw;
mod input;
mod keys;
mod pages;
pub mod palette;
pub mod plain;
mod reports;
mod screen;
mod state;
pub mod tag;
mod text;
mod update;
mod view;

pub use draw::draw;
pub use state::{Effect, Key, Message, Options, State};
pub use update::update;
