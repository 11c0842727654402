//! Nonsense, danger and bad input: every line of the list in the issue, each refused with one
//! clear sentence, the right exit code, and nothing written anywhere.

#![allow(clippy::disallowed_types, reason = "tests run the program as people do")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;

mod bundles;
mod certificates;
mod drives;
mod in_use;
mod nonsense;
mod resigned;
mod station;
mod world;
