//! One command on its way to a drive's firmware, and one answer on its way back, whatever the
//! protocol.

use super::{ata, mmc, nvme, opal, scsi};

/// A command of any protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// For the admin queue of an NVMe controller.
    Nvme(nvme::Admin),
    /// For an ATA drive, through SCSI / ATA Translation.
    Ata(ata::Command),
    /// For a SCSI drive.
    Scsi(scsi::Command),
    /// For an MMC card.
    Mmc(mmc::Command),
}

/// What came back. An answer is no success: each protocol says in its own way how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// From an NVMe controller.
    Nvme {
        /// The status field of the completion.
        status: nvme::Status,
        /// Bytes that came.
        data: Vec<u8>,
    },
    /// From a SCSI target, or a translator that speaks for an ATA drive.
    Scsi {
        /// The SCSI status byte: 00h good, 02h check condition.
        status: u8,
        /// Sense data, empty if there is none.
        sense: Vec<u8>,
        /// Bytes that came.
        data: Vec<u8>,
    },
    /// From an MMC card.
    Mmc {
        /// The response words.
        response: [u32; 4],
        /// Bytes that came.
        data: Vec<u8>,
    },
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The command never reached the drive: this adapter or kernel does not pass it on.
    #[error("the command was not passed on ({0})")]
    NotSent(String),
    /// It was sent, and a time-out or a reset came in between: it may have been carried out.
    #[error("the answer was lost ({0})")]
    Lost(String),
    /// The drive is gone.
    #[error("the drive is gone ({0})")]
    Gone(String),
}

impl Command {
    /// The command's name in its specification.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nvme(command) => command.name(),
            Self::Ata(command) => command.name(),
            Self::Scsi(command) => command.name(),
            Self::Mmc(command) => command.name(),
        }
    }

    /// The command itself, without what it carries, which may be a password: opcode, namespace and
    /// dwords 10 to 15 of NVMe (big-endian, as people write them); an ATA or SCSI command
    /// descriptor block; opcode and argument of MMC.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Nvme(command) => {
                let mut bytes = vec![command.opcode()];
                bytes.extend(command.nsid().to_be_bytes());
                bytes.extend(command.words().iter().flat_map(|word| word.to_be_bytes()));
                bytes
            }
            Self::Ata(command) => ata::pass_through::cdb16(command).to_vec(),
            Self::Scsi(command) => command.cdb().to_vec(),
            Self::Mmc(command) => {
                let mut bytes = vec![command.opcode()];
                bytes.extend(command.argument().to_be_bytes());
                bytes
            }
        }
    }

    /// Whether it only asks: it changes no stored byte, no setting and no state of the drive, so
    /// that it may be sent beside whoever uses it. Of what is not known this is not said.
    #[must_use]
    pub fn only_asks(&self) -> bool {
        match self {
            // Identify, Get Features; Get Log Page with no action of its own (also the one that
            // makes a copy of the persistent events, which only keeps others from making one until
            // it is given up), and none of the vendor's; Security Receive.
            Self::Nvme(command) => {
                let [first, ..] = command.words();
                let [page, action, rest @ ..] = first.to_le_bytes();
                match (command.opcode(), rest) {
                    (0x06 | 0x0a, _) => true,
                    (0x02, _) => page < 0xc0 && (page == 0x0d || action & 0x7f == 0),
                    (0x82, [high, protocol]) => {
                        tells_everybody(protocol, u16::from_be_bytes([high, action]))
                    }
                    _ => false,
                }
            }
            Self::Ata(command) => {
                let cdb = ata::pass_through::cdb16(command);
                let [_, _, _, feature_high, feature, count_high, count, .., code, _] = cdb;
                let [.., middle, _, high, _, _, _] = cdb;
                match (code, feature) {
                    // READ NATIVE MAX ADDRESS (EXT), IDENTIFY.
                    (0x27 | 0xec | 0xf8, _) => true,
                    // READ LOG EXT. Its features reset counters of one log and make another anew.
                    (0x2f, 0x00) => feature_high == 0,
                    // TRUSTED RECEIVE.
                    (0x5c, protocol) => {
                        tells_everybody(protocol, u16::from_be_bytes([high, middle]))
                    }
                    // GET NATIVE MAX ADDRESS EXT, SMART READ DATA, SMART RETURN STATUS,
                    // DEVICE CONFIGURATION IDENTIFY.
                    (0x78, 0x00) | (0xb0, 0xd0 | 0xda) | (0xb1, 0xc2) => true,
                    // SANITIZE STATUS EXT can be told to clear a failure.
                    (0xb4, 0x00) => (count_high, count) == (0, 0),
                    _ => false,
                }
            }
            // TEST UNIT READY, REQUEST SENSE, INQUIRY, MODE SENSE, READ CAPACITY (10), REPORT LUNS; LOG SENSE
            // can save parameters, and SECURITY PROTOCOL IN take somebody's answer; READ CAPACITY
            // (16) and REPORT SUPPORTED OPERATION CODES share their codes with others.
            Self::Scsi(command) => match command.cdb() {
                [0x00 | 0x03 | 0x12 | 0x1a | 0x25 | 0x5a, ..]
                | [0x9e, 0x10, ..]
                | [0xa0, ..]
                | [0xa3, 0x0c, ..] => true,
                [0x4d, flags, ..] => flags & 3 == 0,
                [0xa2, protocol, high, low, ..] => {
                    tells_everybody(*protocol, u16::from_be_bytes([*high, *low]))
                }
                _ => false,
            },
            // SEND_EXT_CSD; SEND_STATUS, which can also interrupt what the card is doing (bit 0).
            Self::Mmc(command) => match command.opcode() {
                8 => true,
                13 => command.argument() & 0xffff == 0,
                _ => false,
            },
        }
    }
}

/// Whether what a drive tells by this security protocol is told to anybody, and again: the list of
/// its protocols, and Level 0 Discovery. An answer that waits for somebody's session is gone once
/// it is taken.
const fn tells_everybody(protocol: u8, specific: u16) -> bool {
    protocol == 0 || protocol == opal::PROTOCOL && specific == opal::DISCOVERY_COM_ID
}

impl Answer {
    /// The answer's status: the NVMe status field, the SCSI status byte and sense data, or the
    /// first response word of MMC (big-endian).
    #[must_use]
    pub fn status(&self) -> Vec<u8> {
        match self {
            Self::Nvme { status, .. } => status.raw().to_be_bytes().to_vec(),
            Self::Scsi { status, sense, .. } => [&[*status], sense.as_slice()].concat(),
            Self::Mmc { response: [first, ..], .. } => first.to_be_bytes().to_vec(),
        }
    }

    /// The bytes that came.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        match self {
            Self::Nvme { data, .. } | Self::Scsi { data, .. } | Self::Mmc { data, .. } => data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::nvme::{
        FormatNvm, FormatTarget, Identify, IdentifyNamespace, NamespaceId, Sanitize, SanitizeLog,
        SecureErase,
    };
    use crate::proto::{Data, ata, mmc, nvme, scsi};

    #[test]
    fn what_erases_is_no_question() {
        let one = NamespaceId::new(1).unwrap();
        let mut page = vec![0; 4096];
        page[128 + 2] = 9;
        let found = IdentifyNamespace::parse(&page).unwrap();
        let format =
            FormatNvm::keeping(FormatTarget::Namespace(one), SecureErase::UserData, &found);
        for (command, expected) in [
            (Command::Nvme(Identify::Controller.command()), true),
            (Command::Nvme(SanitizeLog::command()), true),
            (Command::Nvme(format.command()), false),
            (Command::Nvme(Sanitize::ExitFailureMode.command()), false),
            (Command::Ata(ata::identify_device::command()), true),
            (Command::Mmc(mmc::ext_csd::command()), true),
            (Command::Mmc(mmc::status::command(1)), true),
            (Command::Mmc(mmc::sanitize::command()), false),
            (Command::Scsi(scsi::test_unit_ready::TestUnitReady.command()), true),
        ] {
            assert_eq!(command.only_asks(), expected, "{}", command.name());
        }
    }

    /// Every operation code that a SCSI or ATA command may have, one at a time.
    #[test]
    fn codes_that_only_ask() {
        let scsi: Vec<u8> = (0..=u8::MAX)
            .filter(|code| {
                let mut cdb = [0; 6];
                cdb[0] = *code;
                Command::Scsi(scsi::Command::new("", cdb, crate::proto::Data::None)).only_asks()
            })
            .collect();
        assert_eq!(scsi, [0x00, 0x03, 0x12, 0x1a, 0x25, 0x4d, 0x5a, 0xa0, 0xa2]);
        let mut ata = Vec::new();
        for code in 0..=u8::MAX {
            for feature in 0..=u8::MAX {
                let mut cdb = [0x85, 3 << 1, 0x20, 0, feature, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0];
                cdb[14] = code;
                let Ok(command) = ata::pass_through::decode(&cdb, &[]) else { continue };
                if Command::Ata(command).only_asks() {
                    ata.push((code, feature));
                }
            }
        }
        let any: Vec<_> = (0..=u8::MAX)
            .map(|feature| (0x27, feature))
            .chain([(0x2f, 0), (0x5c, 0)])
            .chain([(0x78, 0), (0xb0, 0xd0), (0xb0, 0xda), (0xb1, 0xc2), (0xb4, 0)])
            .chain([0xec, 0xf8].into_iter().flat_map(|c| (0..=u8::MAX).map(move |f| (c, f))))
            .collect();
        assert_eq!(ata, any);
        // SANITIZE STATUS EXT that clears a failure.
        let cdb = [0x85, 3 << 1 | 1, 0x20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xb4, 0];
        let clears = ata::pass_through::decode(&cdb, &[]).unwrap();
        assert!(!Command::Ata(clears).only_asks());
    }

    /// One bit or field in a command that else only asks.
    #[test]
    fn questions_that_do_something() {
        let scsi =
            |cdb: [u8; 12]| Command::Scsi(scsi::Command::new("", cdb, Data::None)).only_asks();
        assert!(scsi([0x4d, 0, 0x42, 0, 0, 0, 0, 0, 4, 0, 0, 0]));
        assert!(!scsi([0x4d, 1, 0x42, 0, 0, 0, 0, 0, 4, 0, 0, 0]), "LOG SENSE that saves");
        let ata =
            |cdb: [u8; 16]| Command::Ata(ata::pass_through::decode(&cdb, &[]).unwrap()).only_asks();
        let log = |feature| [0x85, 9, 0x0e, 0, feature, 0, 1, 0, 0x11, 0, 0, 0, 0, 0x40, 0x2f, 0];
        assert!(ata(log(0)) && !ata(log(1)), "a log whose counters are reset");
        let wait = mmc::status::command(1);
        assert!(Command::Mmc(wait).only_asks());
        // Level 0 Discovery and the list of protocols; not the answer in somebody's session, nor
        // a ComID that the drive gives away.
        for (protocol, specific, expected) in
            [(0, 0, true), (1, 1, true), (1, 0x07fe, false), (1, 0x0100, false), (2, 0, false)]
        {
            let nvme = nvme::SecurityReceive { protocol, specific, bytes: 512 };
            assert_eq!(Command::Nvme(nvme.command()).only_asks(), expected, "{specific}");
            let [high, low] = specific.to_be_bytes();
            assert_eq!(scsi([0xa2, protocol, high, low, 0, 0, 0, 0, 2, 0, 0, 0]), expected);
            let number = protocol;
            let protocol = ata::trusted::Protocol { number, specific };
            let receive = ata::trusted::Request::Receive(protocol, std::num::NonZeroU8::MIN);
            assert_eq!(Command::Ata(receive.command().unwrap()).only_asks(), expected);
        }
    }
}
