//! Whether the time of this computer can be true. Old PCs have empty batteries, and then their clock
//! begins again in the past.

use serde::{Deserialize, Serialize};

use crate::model::{Language, Timestamp};

/// Nothing is this much newer than what was there before, in seconds: ten years.
const TOO_LATE: i64 = 10 * 365 * 86_400;

/// A clock that cannot be right, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It is before this program was built.
    BeforeBuild(Timestamp),
    /// It is before a run whose record is on the stick.
    BeforeNewest(Timestamp),
    /// It is far after both.
    TooLate(Timestamp),
    /// The computer has no clock of its own that keeps running when it is switched off.
    NoHardwareClock,
}

/// What speaks against the time `now`: `built` is when this program was built, `newest` when the
/// newest run on the stick began.
#[must_use]
pub fn doubts(
    now: Timestamp,
    has_hardware_clock: bool,
    built: Option<Timestamp>,
    newest: Option<Timestamp>,
) -> Vec<Doubt> {
    let before = |time: &Timestamp| now < *time;
    let latest = built.max(newest);
    let mut doubts = Vec::new();
    doubts.extend((!has_hardware_clock).then_some(Doubt::NoHardwareClock));
    doubts.extend(built.filter(before).map(Doubt::BeforeBuild));
    doubts.extend(newest.filter(before).map(Doubt::BeforeNewest));
    doubts.extend(latest.filter(|time| now > time.plus(TOO_LATE)).map(Doubt::TooLate));
    doubts
}

impl Doubt {
    /// The same as the part of a sentence about the clock, for documents and screens.
    #[must_use]
    pub fn words(self, language: Language) -> String {
        match self {
            Self::BeforeBuild(time) => {
                format!(
                    "{} ({time})",
                    language.choose(
                        "it is before this program was built",
                        "det er før dette program blev lavet"
                    )
                )
            }
            Self::BeforeNewest(time) => format!(
                "{} ({time})",
                language.choose(
                    "it is before the newest record on the stick",
                    "det er før det nyeste bevis på nøglen"
                )
            ),
            Self::TooLate(time) => format!(
                "{} ({time})",
                language.choose(
                    "it is more than ten years after the newest known time",
                    "det er mere end ti år efter det nyeste kendte tidspunkt"
                )
            ),
            Self::NoHardwareClock => language
                .choose("the computer has no clock of its own", "computeren har intet eget ur")
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_true_is_doubted() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (built, newest) = (at("2026-11-01T00:00:00Z"), at("2026-11-23T12:00:00Z"));
        let of = |now: &str, clock| doubts(at(now), clock, Some(built), Some(newest));
        assert_eq!(of("2026-11-23T12:00:00Z", true), []);
        assert_eq!(of("2030-01-01T00:00:00Z", true), []);
        assert_eq!(of("2026-11-23T11:59:59Z", true), [Doubt::BeforeNewest(newest)]);
        assert_eq!(
            of("2009-01-01T00:00:00Z", false),
            [Doubt::NoHardwareClock, Doubt::BeforeBuild(built), Doubt::BeforeNewest(newest)]
        );
        assert_eq!(of("2099-01-01T00:00:00Z", true), [Doubt::TooLate(newest)]);
        // Nothing known is nothing to doubt.
        assert_eq!(doubts(at("1970-01-01T00:00:00Z"), true, None, None), []);
        assert_eq!(
            doubts(at("2020-01-01T00:00:00Z"), true, None, Some(newest)),
            [Doubt::BeforeNewest(newest)]
        );
    }
}
