//! How fast a drive is, and when it will be done.

use std::time::Duration;

use crate::device::Time;
use crate::model::{Speed, Timestamp};

/// Measures how fast bytes are moved.
pub(super) struct Meter {
    began: Duration,
    cpu: Duration,
    /// Where the present window began: time, and bytes by then.
    window: Option<(Duration, u64)>,
    ceiling: Option<u64>,
}

impl Meter {
    /// How long a window is of which the rate is taken, and how long they are opened.
    const WINDOW: Duration = Duration::from_millis(250);
    const FIRST: Duration = Duration::from_secs(5);

    pub(super) fn start(time: &dyn Time) -> Self {
        Self { began: time.elapsed(), cpu: time.cpu(), window: None, ceiling: None }
    }

    pub(super) fn told(&mut self, now: Duration, done: u64) {
        let (opened, before) = *self.window.get_or_insert((now, done));
        let took = now.saturating_sub(opened);
        if took >= Self::WINDOW && opened < self.began + Self::FIRST {
            let rate = mean(done.saturating_sub(before), took);
            self.ceiling = self.ceiling.max(Some(rate));
            self.window = Some((now, done));
        }
    }

    pub(super) fn read(&self, time: &dyn Time, bytes: u64) -> Speed {
        let took = time.elapsed().saturating_sub(self.began);
        let cpu = time.cpu().saturating_sub(self.cpu);
        Speed {
            bytes,
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            ceiling_bytes_per_second: self.ceiling,
            cpu_millis: u64::try_from(cpu.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Bytes per second.
pub(super) fn mean(bytes: u64, took: Duration) -> u64 {
    let mean = u128::from(bytes) * 1_000_000 / took.as_micros().max(1);
    u64::try_from(mean).unwrap_or(u64::MAX)
}

/// When it will be done, told so that it stays where it is: people plan by it.
#[derive(Default)]
pub(super) struct Forecast {
    /// Bytes per second of the latest stage that has run for long enough to tell.
    rate: Option<u64>,
    told: Option<Timestamp>,
}

impl Forecast {
    /// The first moments of a stage go into caches, and say nothing about the rest.
    const SETTLING: Duration = Duration::from_secs(3);
    /// A new forecast replaces the old one if they differ by more than this many seconds, or by a
    /// twentieth of what is left.
    const SLACK: i64 = 30;

    /// The end, with so many bytes `left`, where the present stage has moved `rate` bytes per
    /// second for the time that it `took`.
    pub(super) fn end(
        &mut self,
        now: Timestamp,
        left: u64,
        rate: u64,
        took: Duration,
    ) -> Option<Timestamp> {
        if took >= Self::SETTLING && rate > 0 {
            self.rate = Some(rate);
        }
        let left = i64::try_from(left.checked_div(self.rate?)?).ok()?;
        let fresh = now.plus(left);
        let slack = Self::SLACK.max(left / 20);
        let holds = |told: &Timestamp| told.unix().abs_diff(fresh.unix()) <= slack.unsigned_abs();
        let told = self.told.filter(|told| holds(told) && told.unix() >= now.unix());
        self.told = Some(told.unwrap_or(fresh));
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    /// The seconds from `at` to the end that is told.
    fn after(forecast: &mut Forecast, at: i64, left: u64, rate: u64, took: u64) -> Option<i64> {
        let start: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let end = forecast.end(start.plus(at), left, rate, Duration::from_secs(took))?;
        Some(end.unix() - start.unix())
    }

    #[test]
    fn the_first_moment_says_nothing() {
        let mut forecast = Forecast::default();
        assert_eq!(after(&mut forecast, 1, 3600 * MB, 100 * MB, 1), None);
        assert_eq!(after(&mut forecast, 3, 3600 * MB, 2 * MB, 3), Some(3 + 1800));
        // Nor does the first moment of the next stage, which goes on with what was known.
        assert_eq!(after(&mut forecast, 4, 3600 * MB, 900 * MB, 1), Some(3 + 1800));
    }

    #[test]
    fn it_stays_where_it_is_until_it_is_wrong() {
        let mut forecast = Forecast::default();
        assert_eq!(after(&mut forecast, 10, 3600 * MB, MB, 10), Some(3610));
        // A minute more or less in an hour changes nothing; an eighth does.
        assert_eq!(after(&mut forecast, 20, 3660 * MB, MB, 20), Some(3610));
        assert_eq!(after(&mut forecast, 20, 3500 * MB, MB, 20), Some(3610));
        assert_eq!(after(&mut forecast, 30, 3150 * MB, MB, 30), Some(3180));
        // Nothing is said to have ended that has not.
        assert_eq!(after(&mut forecast, 3190, 5 * MB, MB, 3190), Some(3195));
    }

    #[test]
    fn a_drive_that_stands_still_keeps_its_end_and_does_not_divide_by_nothing() {
        let mut forecast = Forecast::default();
        assert_eq!(after(&mut forecast, 10, 3600 * MB, 0, 10), None);
        assert_eq!(after(&mut forecast, 20, 3600 * MB, MB, 20), Some(3620));
        assert_eq!(after(&mut forecast, 25, 3600 * MB, 0, 25), Some(3620));
    }
}
