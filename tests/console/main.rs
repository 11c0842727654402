//! The console as a person, a scanner, an engine and bad luck use it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "../screens/common.rs"]
mod common;

mod anything;
mod consent;
mod keys;
mod said;

use common::*;
use nulstil::cert::{self, MachineDrive};
use nulstil::console::{Effect, Key, Message, Options, State, draw, plain, update};
use nulstil::engine::{
    Asks, Declined, End, Ended, GIVEN_UP, Keeping, Obstacle, Order, Report, Running, Signing,
    Situation, Work,
};
use nulstil::live::Trouble;
use nulstil::model::{HiddenDrives, Language, Outcome, Refusal, RefusalCode, Timestamp};
use nulstil::run::{Event, Phase};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn danish() -> Hand {
    Hand::new(Language::Danish)
}

fn wipe(digest: &str, tag: Option<&str>) -> Order {
    Order::Wipe { digest: digest.to_owned(), asset_tag: tag.map(str::to_owned) }
}

/// Results that are in memory only, as there is no stick.
fn in_memory(situation: Situation) -> Situation {
    Situation {
        keeping: Keeping::Stick { trouble: Some(Trouble::Missing), in_memory: 2 },
        ..situation
    }
}
