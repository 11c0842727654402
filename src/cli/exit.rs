//! Exit codes, decided here and nowhere else.

use std::process::ExitCode;

/// What a command came to. The README has the same table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done and is proven.
    Done,
    /// At least one drive is not sanitized; or, in `verify`, an authentic certificate says so, or
    /// a person rejected or escalated it; or, in `inspect`, it is not known to be blank; or,
    /// in `unlock` and `thaw`, a drive is still locked or frozen.
    NotSanitized,
    /// The command line is wrong.
    Usage,
    /// Refused before anything was written.
    Refused,
    /// A certificate or a log was rejected, or no certificate was found.
    Rejected,
    /// Authentic, but something known is missing or the layout is newer than this program; or a
    /// machine is not complete.
    Incomplete,
    /// Our own fault, panics included.
    Fault,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NotSanitized => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Rejected => 4,
            Self::Incomplete => 5,
            Self::Fault => 70,
        }
    }

    /// The gravest of several: 70, 2, 3, 4, 1, 5, 0. (3 never meets the others: it means that
    /// nothing was begun.)
    #[must_use]
    pub fn gravest(all: impl IntoIterator<Item = Self>) -> Self {
        let weight = |exit: &Self| match exit {
            Self::Fault => 6,
            Self::Usage => 5,
            Self::Refused => 4,
            Self::Rejected => 3,
            Self::NotSanitized => 2,
            Self::Incomplete => 1,
            Self::Done => 0,
        };
        all.into_iter().max_by_key(weight).unwrap_or(Self::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_wins() {
        use Exit::{Done, Fault, Incomplete, NotSanitized, Refused, Rejected, Usage};
        let order = [Fault, Usage, Refused, Rejected, NotSanitized, Incomplete, Done];
        for (i, graver) in order.iter().enumerate() {
            for lighter in &order[i..] {
                assert_eq!(Exit::gravest([*lighter, *graver]), *graver);
            }
        }
        assert_eq!(order.map(Exit::code), [70, 2, 3, 4, 1, 5, 0]);
    }
}
