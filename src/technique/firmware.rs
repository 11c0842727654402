//! What every technique has in common that has the drive's own firmware erase it.

use std::time::Duration;

use crate::model::Completion;
use crate::proto::{Answer, Command, NoAnswer};

/// What a machine wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Send this and say what came back.
    Send {
        /// The command.
        command: Command,
        /// How long the drive may take to answer.
        timeout: Duration,
    },
    /// The drive can be read and written now: plant what is to be gone afterwards, then say
    /// [`Machine::planted`]. It may also be left for good here: nothing was begun.
    Plant,
    /// Ask again at this time.
    WaitUntil(Duration),
    /// It is over.
    Done(Completion),
}

/// One erase by the drive's own firmware, from before the command to its end. Sends nothing by
/// itself and reads no clock: `now` is time since some fixed moment.
pub trait Machine: Send {
    /// What to do next. Asked twice, it says the same.
    fn poll(&mut self, now: Duration) -> Ask;

    /// What came back of the last [`Ask::Send`].
    fn handle(&mut self, answer: Result<Answer, NoAnswer>, now: Duration);

    /// What [`Ask::Plant`] asked for is done.
    fn planted(&mut self);

    /// How far the drive says it is, in parts of 65,536.
    fn progress(&self) -> Option<u16>;

    /// Whether the drive can be left as it is now, if somebody wants the run to stop.
    fn may_be_left(&self) -> bool {
        true
    }
}

/// Notices that nothing moves forward any more. Some drives stay at the same hundredth for a week,
/// and one that swings to and fro is no nearer to its end.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// The furthest it came, and when it came there.
    furthest: Option<(u64, Duration)>,
}

impl Watchdog {
    /// As long as this without any progress, and the outcome is unknown.
    pub(super) const LIMIT: Duration = Duration::from_secs(3600);

    pub(super) const fn new() -> Self {
        Self { furthest: None }
    }

    /// Told how far the drive says it is; whether it has come no further for too long.
    pub(super) fn stuck(&mut self, done: u64, now: Duration) -> bool {
        match self.furthest {
            Some((furthest, since)) if done <= furthest => now.saturating_sub(since) >= Self::LIMIT,
            _ => {
                self.furthest = Some((done, now));
                false
            }
        }
    }
}

/// How often in a row a question may go wrong before the drive counts as silent.
pub(super) const TRIES: u32 = 5;

/// The time for a command that only asks, or only starts something.
pub(super) const SHORT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_further_is_progress() {
        let at = |seconds: u64| Duration::from_secs(seconds);
        let limit = Watchdog::LIMIT.as_secs();
        let mut forward = Watchdog::new();
        assert!((0..4 * limit).all(|s| !forward.stuck(s / (limit - 1), at(s))));
        for swing in [1, 2, 3] {
            let mut watchdog = Watchdog::new();
            let mut stuck = (0..=limit + swing).map(|s| watchdog.stuck(7 + s % swing, at(s)));
            assert!(stuck.any(|stuck| stuck), "{swing}");
        }
    }
}
