//! What was sent to a drive's firmware and what it answered, as it stands in a certificate.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::device::{Channel, Protocol};
use crate::model::{Exchange, hex};
use crate::proto::{Answer, Command, NoAnswer};

/// Bytes of an answer's data that are put on record.
const RECORDED: usize = 64;

/// Puts a command and its answer on record; the same command again and again takes one place.
pub(super) fn record(
    exchanges: &mut Vec<Exchange>,
    command: &Command,
    answer: &Result<Answer, NoAnswer>,
) {
    let answer = match answer {
        Ok(answer) => {
            let data = answer.data();
            let data = data.get(..RECORDED).unwrap_or(data);
            [hex(&answer.status()), hex(data)].join(" ").trim_end().to_owned()
        }
        Err(none) => none.to_string(),
    };
    let (name, sent) = (command.name(), hex(&command.bytes()));
    match exchanges.last_mut() {
        Some(last) if last.command == name && last.sent == sent => {
            last.times = last.times.saturating_add(1);
            last.last = (last.first != answer).then_some(answer);
        }
        _ => exchanges.push(Exchange {
            command: name.to_owned(),
            sent,
            times: 1,
            first: answer,
            last: None,
        }),
    }
}

/// A way to a drive's firmware that puts everything on record.
pub(super) struct OnRecord<'a> {
    channel: &'a dyn Channel,
    exchanges: Mutex<Vec<Exchange>>,
}

impl<'a> OnRecord<'a> {
    pub(super) fn new(channel: &'a dyn Channel) -> Self {
        Self { channel, exchanges: Mutex::default() }
    }

    pub(super) fn into_exchanges(self) -> Vec<Exchange> {
        self.exchanges.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channel for OnRecord<'_> {
    fn protocol(&self) -> Result<Protocol, String> {
        self.channel.protocol()
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        let answer = self.channel.send(command, timeout);
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        record(&mut exchanges, command, &answer);
        answer
    }
}
