//! The time of simulated drives.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::device::Time;
use crate::model::Timestamp;

/// A clock that only moves when it is told to, or when nothing else can happen: when every open
/// drive waits for an operation to end, it is at once the moment at which the first of them does.
/// So drives that work at the same time take the time of the slowest, and one that waits for
/// another one, instead of its own operation, stops the clock.
#[derive(Debug, Clone, Default)]
pub struct SimTime(Arc<(Mutex<Clock>, Condvar)>);

#[derive(Debug, Default)]
struct Clock {
    now: Duration,
    /// How many drives were opened: the next one's number.
    opened: u64,
    open: BTreeSet<u64>,
    /// Whose operation ends when. Never is [`Duration::MAX`].
    waiting: Vec<(u64, Duration)>,
}

impl Clock {
    /// Moves on if nothing else can happen, and lets go whose time has come.
    fn go_on(&mut self) {
        let waits = |drive: &u64| self.waiting.iter().any(|(who, _)| who == drive);
        let first = self.waiting.iter().map(|(_, until)| *until).min();
        if let Some(first) = first.filter(|first| *first < Duration::MAX)
            && self.open.iter().all(waits)
        {
            self.now = self.now.max(first);
        }
        self.waiting.retain(|(_, until)| *until > self.now);
    }
}

impl SimTime {
    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.change(|clock| clock.now = clock.now.saturating_add(time));
    }

    /// A place for a drive that is opened.
    pub(super) fn join(&self) -> Waits {
        let number = self.change(|clock| {
            clock.opened += 1;
            clock.open.insert(clock.opened);
            clock.opened
        });
        Waits { number, clock: self.clone() }
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Clock) -> T) -> T {
        let mut clock = self.clock();
        let result = change(&mut clock);
        clock.go_on();
        self.0.1.notify_all();
        result
    }
}

/// One open drive's place at the clock.
#[derive(Debug)]
pub(super) struct Waits {
    number: u64,
    clock: SimTime,
}

impl Waits {
    /// What time it is.
    pub(super) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Until an operation of this drive that takes so long has ended.
    pub(super) fn wait(&self, time: Duration) {
        let until = self.clock.change(|clock| {
            let until = clock.now.saturating_add(time);
            clock.waiting.push((self.number, until));
            until
        });
        let clock = self.clock.clock();
        drop(self.clock.0.1.wait_while(clock, |clock| clock.now < until));
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.clock.change(|clock| clock.open.remove(&self.number));
    }
}

impl Time for SimTime {
    fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.elapsed().as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_unix(1_795_000_000).plus(seconds)
    }

    fn wait(&self, time: Duration) {
        self.pass(time);
    }

    fn cpu(&self) -> Duration {
        Duration::ZERO
    }

    fn elapsed(&self) -> Duration {
        self.clock().now
    }
}
