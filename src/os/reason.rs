//! Why a drive must not be erased, before it becomes a sentence, and which reason is told.

use crate::model::{Refusal, RefusalCode};

/// Why a drive must not be erased: `{path} {what}; {advice}.` is the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: RefusalCode,
    pub(super) what: String,
    pub(super) advice: &'static str,
}

impl Reason {
    pub(super) fn new(code: RefusalCode, what: impl Into<String>, advice: &'static str) -> Self {
        Self { code, what: what.into(), advice }
    }

    pub(super) fn boot(what: impl Into<String>) -> Self {
        let advice = "start this computer from another medium to erase it";
        Self::new(RefusalCode::BootMedium, what, advice)
    }

    pub(super) fn held(what: impl Into<String>) -> Self {
        Self::new(RefusalCode::Held, what, "deactivate or detach that first")
    }

    pub(super) fn swap(what: impl Into<String>) -> Self {
        Self::new(RefusalCode::Swap, what, "switch that swap space off first")
    }

    /// Whether it is in use cannot be told, so that it counts as in use.
    pub(super) fn untold(why: &str) -> Self {
        let what = format!("cannot be shown to be out of use, because {why}");
        Self::new(RefusalCode::Busy, what, "make that readable (run as root) and try again")
    }

    /// The sentence for people.
    pub(super) fn refuse(&self, path: &str) -> Refusal {
        Refusal::new(self.code, format!("{path} {}; {}.", self.what, self.advice))
    }
}

/// The gravest of several reasons: the one that would do most harm if it were ignored.
pub(super) fn gravest(reasons: Vec<Reason>) -> Option<Reason> {
    use RefusalCode as Code;
    const ORDER: [Code; 13] = [
        Code::Busy,
        Code::BootMedium,
        Code::HoldsOutput,
        Code::Mounted,
        Code::Swap,
        Code::Held,
        Code::NoMedium,
        Code::EmptySlot,
        Code::ReadOnly,
        Code::Permission,
        Code::TooSmall,
        Code::Zoned,
        Code::Virtual,
    ];
    // Stable: of two that are equally grave, the first found.
    reasons.into_iter().min_by_key(|reason| ORDER.iter().position(|code| *code == reason.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_reason_is_told() {
        let small = || Reason::new(RefusalCode::TooSmall, "is small", "look again");
        let told = |reasons| gravest(reasons).map(|reason| reason.code);
        let boot = Reason::boot("is what this system runs from");
        let held = Reason::held("is part of md0");
        assert_eq!(told(vec![small(), held.clone(), boot.clone()]), Some(RefusalCode::BootMedium));
        assert_eq!(told(vec![boot, Reason::untold("of x")]), Some(RefusalCode::Busy));
        assert_eq!(told(vec![small(), held.clone()]), Some(RefusalCode::Held));
        assert_eq!(told(vec![]), None);
        let refusal = held.refuse("/dev/sda");
        let sentence = "/dev/sda is part of md0; deactivate or detach that first.";
        assert_eq!(refusal.message, sentence);
    }
}
