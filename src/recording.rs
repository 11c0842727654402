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
    /// Which lines were given as an answer already.
    asked: Mutex<Vec<bool>>,
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
struct Recorder<'a> {
    channel: &'a dyn Channel,
    heard: Mutex<Vec<(Command, Result<Answer, NoAnswer>)>>,
}

impl Channel for Recorder<'_> {
    fn protocol(&self) -> Result<Protocol, String> {
        self.channel.protocol()
    }

    /// Questions only: what changes a drive is not done for a recording.
    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        if !command.only_asks() {
            return Err(NoAnswer::NotSent("only questions are recorded".to_owned()));
        }
        let answer = self.channel.send(command, timeout);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push((command.clone(), answer.clone()));
        answer
    }
}

impl Recording {
    /// Records what `ask` asks a drive, without what names the drive.
    ///
    /// # Errors
    /// The drive has no firmware to speak to: why, in one sentence.
    pub fn of(
        channel: &dyn Channel,
        facts: &DriveFacts,
        ask: impl FnOnce(&dyn Channel),
    ) -> Result<Self, String> {
        let protocol = match channel.protocol()? {
            Protocol::Nvme(id) => Spoken::Nvme(id.get()),
            Protocol::Scsi => Spoken::Scsi,
            Protocol::Mmc(address) => Spoken::Mmc(address),
        };
        let recorder = Recorder { channel, heard: Mutex::new(Vec::new()) };
        ask(&recorder);
        let heard = recorder.heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        let names = Names::of(facts);
        let line = |(command, answer): (Command, Result<Answer, NoAnswer>)| Line {
            command: command.name().to_owned(),
            sent: hex(&command.bytes()),
            answer: came(&command, answer, &names),
        };
        let lines: Vec<_> = heard.into_iter().map(line).collect();
        let header = Header { exchanges: 1, protocol, facts: nobodys(facts) };
        Ok(Self { header, asked: Mutex::new(vec![false; lines.len()]), lines })
    }

    /// How many questions it holds.
    #[must_use]
    pub const fn questions(&self) -> usize {
        self.lines.len()
    }

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
                match answered(&line.answer) {
                    Some(_) => Ok(line),
                    None => Err(wrong(number, &"not hexadecimal")),
                }
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self { header, asked: Mutex::new(vec![false; lines.len()]), lines })
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
        while let Some((line, given)) = same.next() {
            if !*given || same.peek().is_none() {
                *given = true;
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
        Came::Mmc { response, data } => Ok(Answer::Mmc { response: *response, data: unhex(data)? }),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bus, Capabilities, DriveKind, Identity, Medium};
    use crate::proto::nvme::Identify;
    use crate::proto::{ata, scsi};

    const SERIAL: &str = "S4ENNX0N123456";

    fn facts() -> DriveFacts {
        let identity = Identity {
            kind: DriveKind::BlockDevice,
            bus: Bus::Sata,
            medium: Medium::Ssd,
            vendor: None,
            model: Some("MODEL".to_owned()),
            serial_number: Some(SERIAL.to_owned()),
            firmware: None,
            wwn: Some("naa.5002538e40123456".to_owned()),
            unit: None,
            capacity_bytes: 1 << 20,
            logical_block_bytes: 512,
            physical_block_bytes: 512,
            diskseq: Some(7),
            sources: Default::default(),
        };
        let capabilities = Capabilities::default();
        DriveFacts { path: "/dev/sda".to_owned(), identity, capabilities, refusal: None }
    }

    fn erased(command: &Command, mut data: Vec<u8>) -> Vec<u8> {
        Names::of(&facts()).erase(command, &mut data);
        data
    }

    #[test]
    fn ata_names_are_gone_and_the_checksum_is_right() {
        let identify = ata::identify_device::IdentifyDevice {
            serial: Some(SERIAL.to_owned()),
            model: Some("MODEL".to_owned()),
            world_wide_name: Some(0x5002_538e_4012_3456),
            sectors28: Some(2048),
            ..Default::default()
        };
        let page = identify.encode().to_vec();
        let page = erased(&Command::Ata(ata::identify_device::command()), page);
        // It checks the sum.
        let found = ata::identify_device::IdentifyDevice::parse(&page).unwrap();
        assert_eq!(found.serial.as_deref(), Some("XXXXXXXXXXXXXX"));
        assert_eq!(found.world_wide_name, Some(0x5858_5858_5858_5858));
        assert_eq!((found.model, found.sectors28), (identify.model.clone(), Some(2048)));
        assert_eq!(page.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0);
        // A drive without a checksum gets none.
        let mut plain = identify.encode().to_vec();
        plain[510] = 0;
        plain[511] = 0;
        let plain = erased(&Command::Ata(ata::identify_device::command()), plain);
        assert_eq!(plain[510..], [0, 0]);
    }

    #[test]
    fn nvme_names_are_gone() {
        let mut page = vec![1; 4096];
        page[4..24].copy_from_slice(b"S4ENNX0N123456      ");
        page[24..64].copy_from_slice(&[b'M'; 40]);
        let page = erased(&Command::Nvme(Identify::Controller.command()), page);
        assert_eq!(&page[4..24], b"XXXXXXXXXXXXXX      ");
        assert_eq!((page[3], page[24], page[63]), (1, b'M', b'M'));
        assert_eq!((page[111], page[112], page[127], page[128]), (1, b'X', b'X', 1));
        assert_eq!((page[767], page[768], page[1023], page[1024]), (1, b'X', b'X', 1));

        let one = NamespaceId::new(1).unwrap();
        let mut page = vec![1; 4096];
        page[104..120].fill(0);
        let page = erased(&Command::Nvme(Identify::Namespace(one).command()), page);
        // What is not there stays not there.
        assert_eq!(page[104..120], [0; 16]);
        assert_eq!((page[103], page[120], page[127], page[128]), (1, b'X', b'X', 1));
    }

    #[test]
    fn scsi_names_are_gone() {
        let page = |code| Command::Scsi(scsi::inquiry::Inquiry::Page(code).command());
        let serial = [&[0, 0x80, 0, 14][..], SERIAL.as_bytes()].concat();
        assert_eq!(erased(&page(0x80), serial), [&[0, 0x80, 0, 14][..], &[b'X'; 14]].concat());
        let naa = [0x50, 2, 0x53, 0x8e, 0x40, 0x12, 0x34, 0x56];
        let head = [0, 0x83, 0, 18, 1, 3, 0, 8];
        let designators = [&head[..], &naa, &[1, 0x14, 0, 2, 9, 9]].concat();
        let expected = [&head[..], &[b'X'; 8], &[1, 0x14, 0, 2, b'X', b'X']].concat();
        assert_eq!(erased(&page(0x83), designators), expected);
        // A designator that says that it is longer than the page.
        assert_eq!(erased(&page(0x83), vec![0, 0x83, 0, 5, 1, 3, 0, 200, 7])[8], b'X');
    }

    /// Wherever a known name turns up, in whatever page.
    #[test]
    fn known_names_are_gone_everywhere() {
        let sense = Command::Scsi(scsi::test_unit_ready::TestUnitReady.command());
        let naa = [0x50, 2, 0x53, 0x8e, 0x40, 0x12, 0x34, 0x56];
        let page = [b"a", SERIAL.as_bytes(), b"b4SNEXNN021436 5", &naa, b"c"].concat();
        let found = erased(&sense, page);
        let text = String::from_utf8_lossy(&found);
        assert!(!text.contains(SERIAL), "{text}");
        assert!(found.starts_with(b"aXXXXXXXXXXXXXXb") && found.ends_with(b"XXXXXXXXc"), "{text}");
        let swapped = swapped(SERIAL.as_bytes());
        assert_eq!(swapped, b"4SNEXNN0214365");
        assert_eq!(erased(&sense, swapped), [b'X'; 14]);
    }

    #[test]
    fn the_facts_name_nobody() {
        let facts = nobodys(&facts());
        let text = serde_json::to_string(&facts).unwrap();
        assert!(!text.contains(SERIAL) && !text.contains("5002538e"), "{text}");
        assert_eq!(facts.identity.wwn.as_deref(), Some("naa.5858585858585858"));
        assert_eq!(facts.identity.diskseq, None);
    }

    /// Gives 1, 2, 3 and so on.
    #[derive(Default)]
    struct Counting(Mutex<u8>);

    impl Channel for Counting {
        fn protocol(&self) -> Result<Protocol, String> {
            Ok(Protocol::Mmc(1))
        }

        fn send(&self, _: &Command, _: Duration) -> Result<Answer, NoAnswer> {
            let mut number = self.0.lock().unwrap();
            *number += 1;
            if *number == 3 {
                return Err(NoAnswer::Lost("why".to_owned()));
            }
            Ok(Answer::Mmc { response: [(*number).into(), 0, 0, 9], data: vec![*number] })
        }
    }

    #[test]
    fn what_was_recorded_is_what_is_answered() {
        use crate::proto::mmc;
        let status = Command::Mmc(mmc::status::command(1));
        let page = Command::Mmc(mmc::ext_csd::command());
        let erase = Command::Mmc(mmc::sanitize::command());
        let time = Duration::ZERO;
        let ask = |channel: &dyn Channel| {
            for command in [&status, &page, &status, &erase] {
                let _ = channel.send(command, time);
            }
        };
        let recorded = Recording::of(&Counting::default(), &facts(), ask).unwrap();
        assert_eq!(recorded.questions(), 3);
        let read = Recording::parse(&recorded.text()).unwrap();
        assert_eq!(read.text(), recorded.text());
        assert_eq!(read.protocol(), Ok(Protocol::Mmc(1)));
        let answer = |n: u8| Ok(Answer::Mmc { response: [n.into(), 0, 0, 9], data: vec![n] });
        let lost = || Err(NoAnswer::Lost("why".to_owned()));
        assert_eq!(read.send(&status, time), answer(1));
        assert_eq!(read.send(&status, time), lost());
        assert_eq!(read.send(&status, time), lost());
        assert_eq!(read.send(&page, time), answer(2));
        assert!(matches!(read.send(&erase, time), Err(NoAnswer::NotSent(_))));
    }

    #[test]
    fn nonsense_is_no_recording() {
        let good = Recording::of(&Counting::default(), &facts(), |channel| {
            let _ =
                channel.send(&Command::Mmc(crate::proto::mmc::ext_csd::command()), Duration::ZERO);
        })
        .unwrap()
        .text();
        assert!(Recording::parse(&good).is_ok());
        for (from, to) in [
            ("\"exchanges\":1", "\"exchanges\":2"),
            ("\"data\":\"01\"", "\"data\":\"0\""),
            ("\"data\":\"01\"", "\"data\":\"0g\""),
            ("\"answer\"", "\"other\""),
            ("{", "["),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(Recording::parse(&bad).is_err(), "{bad}");
        }
        assert!(Recording::parse("").is_err());
    }
}
