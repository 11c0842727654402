//! A drive's firmware as it answered once: harmless questions and their answers, as JSON lines,
//! without anything that says whose drive it is. A recording can be asked again like the drive.
//!
//! The first line says what was asked ([`Header`]), and each line after it is one [`Line`].

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::device::{Channel, Protocol};
use crate::model::{DriveFacts, hex, unhex};
use crate::proto::nvme::{NamespaceId, Status};
use crate::proto::{Answer, Command, NoAnswer};

/// What stands in place of every character and byte that names one drive. As the first byte of a
/// world wide name it is one that is registered (NAA 5).
const NOBODY: u8 = b'X';

/// A recording.
#[derive(Debug)]
pub struct Recording {
    header: Header,
    lines: Vec<Line>,
    /// The next answer to a question that was asked more than once.
    asked: Mutex<Vec<usize>>,
}

/// The first line of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The layout: 1.
    pub exchanges: u32,
    /// What the drive understands.
    pub protocol: Spoken,
    /// What discovery said of it.
    pub facts: DriveFacts,
}

/// [`Protocol`], written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoken {
    /// With this namespace.
    Nvme(u32),
    /// SCSI, and perhaps ATA.
    Scsi,
    /// With this relative address.
    Mmc(u16),
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// The command's name, for people.
    pub command: String,
    /// See [`Command::bytes`], hexadecimal.
    pub sent: String,
    /// What came.
    pub answer: Came,
}

/// What came back, its bytes hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// See [`Answer::Nvme`].
    Nvme {
        /// The status field.
        status: u16,
        /// The data.
        data: String,
    },
    /// See [`Answer::Scsi`].
    Scsi {
        /// The status byte.
        status: u8,
        /// The sense data.
        sense: String,
        /// The data.
        data: String,
    },
    /// See [`Answer::Mmc`].
    Mmc {
        /// The response.
        response: [u32; 4],
        /// The data.
        data: String,
    },
    /// See [`NoAnswer::NotSent`].
    NotSent(String),
    /// See [`NoAnswer::Lost`].
    Lost(String),
    /// See [`NoAnswer::Gone`].
    Gone(String),
}

/// Passes commands on and writes down what came back.
#[derive(Debug)]
pub struct Recorder<C> {
    channel: C,
    lines: Mutex<Vec<(Command, Result<Answer, NoAnswer>)>>,
}

impl<C: Channel> Recorder<C> {
    /// Listens to a channel.
    pub const fn new(channel: C) -> Self {
        Self { channel, lines: Mutex::new(Vec::new()) }
    }

    /// What was said, without what names the drive. `None` if there was nobody to speak to.
    pub fn finish(self, facts: &DriveFacts) -> Option<Recording> {
        let protocol = match self.channel.protocol().ok()? {
            Protocol::Nvme(id) => Spoken::Nvme(id.get()),
            Protocol::Scsi => Spoken::Scsi,
            Protocol::Mmc(address) => Spoken::Mmc(address),
        };
        let names = Names::of(facts);
        let heard = self.lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        let lines = heard.into_iter().map(|(command, answer)| Line {
            command: command.name().to_owned(),
            sent: hex(&command.bytes()),
            answer: came(&command, answer, &names),
        });
        let lines: Vec<_> = lines.collect();
        let asked = Mutex::new(vec![0; lines.len()]);
        let header = Header { exchanges: 1, protocol, facts: nobodys(facts) };
        Some(Recording { header, lines, asked })
    }
}

impl<C: Channel> Channel for Recorder<C> {
    fn protocol(&self) -> Result<Protocol, String> {
        self.channel.protocol()
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        let answer = self.channel.send(command, timeout);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((command.clone(), answer.clone()));
        answer
    }
}

impl Recording {
    /// What discovery said of the drive.
    #[must_use]
    pub const fn facts(&self) -> &DriveFacts {
        &self.header.facts
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines: Vec<_> = serde_json::to_string(&self.header).into_iter().collect();
        lines.extend(self.lines.iter().filter_map(|line| serde_json::to_string(line).ok()));
        lines.push(String::new());
        lines.join("\n")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Which line is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |number: usize, why: &dyn std::fmt::Display| format!("line {number}: {why}");
        let mut texts = (1..).zip(text.lines());
        let (_, first) = texts.next().ok_or("the file is empty")?;
        let header: Header = serde_json::from_str(first).map_err(|error| wrong(1, &error))?;
        if header.exchanges != 1 {
            return Err("line 1: a layout that this version does not know".to_owned());
        }
        let lines = texts
            .map(|(number, text)| {
                let line: Line =
                    serde_json::from_str(text).map_err(|error| wrong(number, &error))?;
                // Every byte can be read now, so that nothing is left out later.
                answered(&line.answer).ok_or_else(|| wrong(number, &"not hexadecimal"))?;
                Ok(line)
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self { header, asked: Mutex::new(vec![0; lines.len()]), lines })
    }
}

impl Channel for Recording {
    fn protocol(&self) -> Result<Protocol, String> {
        match self.header.protocol {
            Spoken::Nvme(id) => NamespaceId::new(id)
                .map(Protocol::Nvme)
                .ok_or_else(|| "its namespace has no number".to_owned()),
            Spoken::Scsi => Ok(Protocol::Scsi),
            Spoken::Mmc(address) => Ok(Protocol::Mmc(address)),
        }
    }

    /// The same question gets its answers in their order, and then the last one again.
    fn send(&self, command: &Command, _timeout: Duration) -> Result<Answer, NoAnswer> {
        let sent = hex(&command.bytes());
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut same = (self.lines.iter().zip(asked.iter_mut()))
            .filter(|(line, _)| line.sent == sent)
            .peekable();
        while let Some((line, times)) = same.next() {
            if *times == 0 || same.peek().is_none() {
                *times += 1;
                return answered(&line.answer)
                    .unwrap_or_else(|| Err(NoAnswer::NotSent("not hexadecimal".to_owned())));
            }
        }
        Err(NoAnswer::NotSent("the recording does not have this command".to_owned()))
    }
}

fn answered(came: &Came) -> Option<Result<Answer, NoAnswer>> {
    Some(match came {
        Came::Nvme { status, data } => {
            Ok(Answer::Nvme { status: Status::from_raw(*status), data: unhex(data)? })
        }
        Came::Scsi { status, sense, data } => {
            Ok(Answer::Scsi { status: *status, sense: unhex(sense)?, data: unhex(data)? })
        }
        Came::Mmc { response, data } => {
            Ok(Answer::Mmc { response: *response, data: unhex(data)? })
        }
        Came::NotSent(why) => Err(NoAnswer::NotSent(why.clone())),
        Came::Lost(why) => Err(NoAnswer::Lost(why.clone())),
        Came::Gone(why) => Err(NoAnswer::Gone(why.clone())),
    })
}

fn came(command: &Command, answer: Result<Answer, NoAnswer>, names: &Names) -> Came {
    let data = |mut data: Vec<u8>| {
        names.erase(command, &mut data);
        hex(&data)
    };
    match answer {
        Ok(Answer::Nvme { status, data: bytes }) => {
            Came::Nvme { status: status.raw(), data: data(bytes) }
        }
        Ok(Answer::Scsi { status, sense, data: bytes }) => {
            Came::Scsi { status, sense: hex(&sense), data: data(bytes) }
        }
        Ok(Answer::Mmc { response, data: bytes }) => Came::Mmc { response, data: data(bytes) },
        Err(NoAnswer::NotSent(why)) => Came::NotSent(why),
        Err(NoAnswer::Lost(why)) => Came::Lost(why),
        Err(NoAnswer::Gone(why)) => Came::Gone(why),
    }
}

/// The facts without the drive's names; numbers of this boot go too.
fn nobodys(facts: &DriveFacts) -> DriveFacts {
    let mut facts = facts.clone();
    let blank = |text: &mut String| *text = "X".repeat(text.chars().count());
    facts.path = "/dev/recorded".to_owned();
    facts.refusal = None;
    let identity = &mut facts.identity;
    identity.diskseq = None;
    identity.serial_number.iter_mut().for_each(blank);
    if let Some(wwn) = &mut identity.wwn {
        let kind = wwn.split_once('.').map(|(kind, _)| format!("{kind}.")).unwrap_or_default();
        let rest = wwn.len().saturating_sub(kind.len());
        *wwn = format!("{kind}{}", "58".repeat(rest.div_ceil(2)).get(..rest).unwrap_or_default());
    }
    facts
}

/// What names a drive, as bytes that may turn up in any answer.
struct Names(Vec<Vec<u8>>);

impl Names {
    fn of(facts: &DriveFacts) -> Self {
        let identity = &facts.identity;
        let mut names = Vec::new();
        if let Some(serial) = &identity.serial_number {
            let serial = serial.trim().as_bytes().to_vec();
            // ATA swaps the two characters of each word, wherever the words begin.
            names.push(swapped(&serial));
            names.push(serial);
        }
        let number = identity.wwn.as_deref().and_then(|wwn| wwn.split_once('.'));
        names.extend(number.and_then(|(_, digits)| unhex(&digits.to_ascii_lowercase())));
        // What is this short turns up by chance.
        names.retain(|name| name.len() >= 6);
        Self(names)
    }

    /// Takes every name out of an answer: from the fields where a page has one, and wherever else
    /// one of those that are known turns up.
    fn erase(&self, command: &Command, data: &mut [u8]) {
        match command {
            Command::Nvme(admin) => match (admin.opcode(), admin.words().first()) {
                // Identify Controller: serial number, FRU globally unique id, subsystem NQN.
                (0x06, Some(0x01)) => {
                    for (at, bytes) in [(4, 20), (112, 16), (768, 256)] {
                        blank(data, at, bytes);
                    }
                }
                // Identify Namespace: NGUID and EUI64.
                (0x06, Some(0x00)) => blank(data, 104, 24),
                _ => {}
            },
            Command::Ata(_) => {
                // IDENTIFY DEVICE: serial number, world wide name, current media serial number.
                if matches!(command.bytes().get(14), Some(0xec)) {
                    identify_device(data);
                }
            }
            Command::Scsi(scsi) => match scsi.cdb() {
                // INQUIRY: a maker's own bytes; the unit serial number; every designator; the
                // ATA information page with IDENTIFY DEVICE data in it.
                [0x12, 0x00, ..] => blank(data, 36, 20),
                [0x12, 0x01, 0x80 | 0x83, ..] => {
                    let rest = data.len().saturating_sub(4);
                    if matches!(data.get(1), Some(0x80)) {
                        blank(data, 4, rest);
                    } else {
                        designators(data);
                    }
                }
                [0x12, 0x01, 0x89, ..] => {
                    if let Some(identify) = data.get_mut(60..) {
                        identify_device(identify);
                    }
                }
                _ => {}
            },
            Command::Mmc(_) => {}
        }
        for name in &self.0 {
            let found: Vec<usize> = (data.windows(name.len()).enumerate())
                .filter_map(|(at, window)| (window == name).then_some(at))
                .collect();
            for at in found {
                blank(data, at, name.len());
            }
        }
    }
}

fn swapped(text: &[u8]) -> Vec<u8> {
    text.chunks(2).flat_map(|pair| pair.iter().rev().copied()).collect()
}

/// Overwrites what is neither zero nor a space: those say that there is nothing.
fn blank(data: &mut [u8], at: usize, bytes: usize) {
    let field = data.iter_mut().skip(at).take(bytes);
    field.filter(|byte| !matches!(byte, 0 | b' ')).for_each(|byte| *byte = NOBODY);
}

/// The identifiers of VPD page 83h, each behind its header of four bytes.
fn designators(data: &mut [u8]) {
    let mut at = 4;
    while let Some(length) = data.get(at + 3).copied().map(usize::from) {
        blank(data, at + 4, length);
        at += 4 + length;
    }
}

/// Serial number (words 10 to 19), world wide name (108 to 111) and current media serial number
/// (176 to 205) of IDENTIFY DEVICE data, with its checksum made right again.
fn identify_device(data: &mut [u8]) {
    for (word, words) in [(10, 10), (108, 4), (176, 30)] {
        blank(data, word * 2, words * 2);
    }
    let Some((page, _)) = data.split_first_chunk_mut::<512>() else { return };
    let [rest @ .., signature, sum] = page;
    if *signature == 0xa5 {
        let others = rest.iter().fold(*signature, |sum, byte| sum.wrapping_add(*byte));
        *sum = others.wrapping_neg();
    }
}
