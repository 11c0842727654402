//! `certs/verify.html` in a real Chromium, from `file://`: it must come to the same verdicts as
//! the program, on everything.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_types, reason = "tests make and read files")]
#![allow(unreachable_pub, reason = "each test file is a crate of its own")]

mod agreement;
mod chromium;
mod codes;
#[path = "../common/mod.rs"]
mod common;
mod inspections;
mod lists;
mod log;
mod people;
mod rules;
mod vectors;
