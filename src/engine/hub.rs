//! Every console that listens. One that does not read what it is told is given up: it may come again,
//! and is told everything as it stands then.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::Report;

/// How many lines may wait for a console.
const WAITING: usize = 4096;

/// A console, as long as it is connected.
pub type ConsoleId = u64;

/// The consoles.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Mutex<Consoles>>);

#[derive(Debug, Default)]
struct Consoles {
    next: ConsoleId,
    lines: BTreeMap<ConsoleId, SyncSender<String>>,
}

impl Hub {
    /// A new console: what it is told, one line each.
    #[must_use]
    pub fn join(&self) -> (ConsoleId, Receiver<String>) {
        let (sender, lines) = sync_channel(WAITING);
        self.with(|all| {
            let id = all.next;
            all.next = all.next.wrapping_add(1);
            all.lines.insert(id, sender);
            (id, lines)
        })
    }

    /// A console went away.
    pub fn leave(&self, console: ConsoleId) {
        self.with(|all| all.lines.remove(&console));
    }

    /// Whether nobody listens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.with(|all| all.lines.is_empty())
    }

    /// Tells one console.
    pub fn tell(&self, console: ConsoleId, report: &Report) {
        let Ok(line) = serde_json::to_string(report) else { return };
        self.with(|all| {
            let sent = all.lines.get(&console).is_some_and(|to| to.try_send(line).is_ok());
            if !sent {
                all.lines.remove(&console);
            }
        });
    }

    /// Tells every console.
    pub fn tell_all(&self, report: &Report) {
        let Ok(line) = serde_json::to_string(report) else { return };
        self.with(|all| all.lines.retain(|_, to| to.try_send(line.clone()).is_ok()));
    }

    fn with<T>(&self, f: impl FnOnce(&mut Consoles) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_does_not_listen_holds_up_nobody() {
        let hub = Hub::default();
        let ((deaf, unread), (_, lines)) = (hub.join(), hub.join());
        let report = Report::Declined(crate::engine::Declined::Working);
        for _ in 0..WAITING {
            hub.tell_all(&report);
            assert!(lines.try_recv().is_ok());
        }
        hub.tell_all(&report);
        assert!(lines.try_recv().is_ok(), "the other one hears everything");
        hub.tell(deaf, &report);
        assert_eq!(unread.iter().count(), WAITING, "it was given up, and its line ends");
    }
}
