//! The three ways in which TCG's bytes travel.

use std::num::NonZeroU8;

use crate::proto::ata::trusted;
use crate::proto::nvme::{SecurityReceive, SecuritySend};
use crate::proto::opal::{Message, PROTOCOL, RECEIVE_BYTES};
use crate::proto::scsi::security_protocol::{Length, SecurityProtocolIn, SecurityProtocolOut};
use crate::proto::{Answer, Command, NoAnswer};

/// How a drive's security protocols are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Security Send and Receive.
    Nvme,
    /// TRUSTED SEND and RECEIVE. Linux passes them on only where `libata.allow_tpm` is 1.
    Ata,
    /// SECURITY PROTOCOL OUT and IN, which Linux also translates for an ATA drive. Lengths are in
    /// bytes: Linux' translation takes those for ATA drives, and uses them itself
    /// (`sd_sec_submit` in `drivers/scsi/sd.c`).
    Scsi,
}

impl Way {
    /// The command that fetches an answer.
    #[must_use]
    pub fn receive(self, com_id: u16) -> Command {
        match self {
            Self::Nvme => {
                let bytes = RECEIVE_BYTES;
                let receive = SecurityReceive { protocol: PROTOCOL, specific: com_id, bytes };
                Command::Nvme(receive.command())
            }
            Self::Ata => {
                const BLOCKS: NonZeroU8 = NonZeroU8::new((RECEIVE_BYTES / 512) as u8).unwrap();
                let protocol = trusted::Protocol { number: PROTOCOL, specific: com_id };
                match trusted::Request::Receive(protocol, BLOCKS).command() {
                    Some(command) => Command::Ata(command),
                    None => Self::Scsi.receive(com_id),
                }
            }
            Self::Scsi => {
                let length = Length::Bytes(RECEIVE_BYTES);
                let receive = SecurityProtocolIn { protocol: PROTOCOL, specific: com_id, length };
                Command::Scsi(receive.command())
            }
        }
    }

    /// The command that sends a message; none if it is too long for the way, which no message of
    /// ours is.
    #[must_use]
    pub fn send(self, message: &Message) -> Option<Command> {
        let (specific, payload) = (message.com_id(), message.bytes().to_vec());
        match self {
            Self::Nvme => {
                let send = SecuritySend { protocol: PROTOCOL, specific, payload };
                Some(Command::Nvme(send.command()))
            }
            Self::Ata => {
                let protocol = trusted::Protocol { number: PROTOCOL, specific };
                trusted::Request::Send(protocol, payload.into()).command().map(Command::Ata)
            }
            Self::Scsi => {
                let send = SecurityProtocolOut::bytes(PROTOCOL, specific, payload)?;
                Some(Command::Scsi(send.command()))
            }
        }
    }

    /// The bytes that came, or why none did, in a few words.
    pub(super) fn received(answer: Result<Answer, NoAnswer>) -> Result<Vec<u8>, String> {
        match answer {
            Ok(Answer::Nvme { status, data }) if status.is_success() => Ok(data),
            Ok(Answer::Scsi { status: 0, data, .. }) => Ok(data),
            Ok(Answer::Nvme { status, .. }) => Err(status.to_string()),
            Ok(Answer::Scsi { status, .. }) => {
                Err(format!("the adapter or the drive refused it, SCSI status {status:02x}h"))
            }
            Ok(_) => Err("an answer of another protocol".to_owned()),
            Err(none) => Err(none.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::opal::Request;

    #[test]
    fn a_question_only_asks_and_a_message_does_not() {
        let message = Request::Properties.message(0x07fe);
        for (way, receive, send) in [
            (Way::Nvme, "Security Receive", "Security Send"),
            (Way::Ata, "TRUSTED RECEIVE", "TRUSTED SEND"),
            (Way::Scsi, "SECURITY PROTOCOL IN", "SECURITY PROTOCOL OUT"),
        ] {
            let (asks, says) = (way.receive(1), way.send(&message).unwrap());
            assert_eq!((asks.name(), asks.only_asks()), (receive, true));
            assert!(!way.receive(0x07fe).only_asks(), "an answer that somebody waits for");
            assert_eq!((says.name(), says.only_asks()), (send, false));
        }
    }
}
