//! The one place where time is read.
#![expect(clippy::disallowed_methods, reason = "everywhere else time is an argument")]

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// The wall clock.
#[must_use]
pub fn now() -> Timestamp {
    let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        // A clock before 1970 is wrong, but it is what the machine says.
        Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
    };
    Timestamp::from_unix(seconds)
}

/// The clocks of the running system.
#[cfg(feature = "tool")]
#[derive(Debug)]
pub struct SystemClock {
    began: std::time::Instant,
}

#[cfg(feature = "tool")]
impl SystemClock {
    /// Starts counting.
    #[must_use]
    pub fn start() -> Self {
        Self { began: std::time::Instant::now() }
    }
}

#[cfg(feature = "tool")]
impl crate::device::Time for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn elapsed(&self) -> std::time::Duration {
        self.began.elapsed()
    }

    fn wait(&self, time: std::time::Duration) {
        std::thread::sleep(time);
    }

    fn cpu(&self) -> std::time::Duration {
        use nix::time::{ClockId, clock_gettime};
        // Zero where the kernel does not say: the number is for people, nothing follows from it.
        clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)
            .map_or_else(|_| Default::default(), Into::into)
    }
}
