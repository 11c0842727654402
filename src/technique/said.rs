//! The raw fields on which the choice of a technique rests, taken out of the answers on their way
//! to the survey: an auditor sees what the drive said, not only what was made of it. Serial numbers
//! and names are not among them; those are in the identity.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::survey::Firmware;
use crate::device::{Channel, Protocol};
use crate::model::{Bus, Field, hex};
use crate::proto::{Answer, Command, NoAnswer};

/// What a drive's firmware is, and the fields that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// What was made of the answers.
    pub firmware: Firmware,
    /// The answers, as far as a choice rests on them.
    pub said: Vec<Field>,
}

impl Survey {
    /// See [`Firmware::ask`].
    #[must_use]
    pub fn ask(channel: &dyn Channel, bus: Bus) -> Self {
        let listener = Listener { channel, said: Mutex::default() };
        let firmware = Firmware::ask(&listener, bus);
        let said = std::mem::take(&mut *listener.said());
        Self { firmware, said }
    }
}

/// Passes everything on, and keeps the fields that go by.
struct Listener<'a> {
    channel: &'a dyn Channel,
    said: Mutex<Vec<Field>>,
}

impl Listener<'_> {
    fn said(&self) -> MutexGuard<'_, Vec<Field>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channel for Listener<'_> {
    fn protocol(&self) -> Result<Protocol, String> {
        self.channel.protocol()
    }

    fn send(&self, command: &Command, timeout: Duration) -> Result<Answer, NoAnswer> {
        let answer = self.channel.send(command, timeout);
        let mut said = self.said();
        for field in fields(command, &answer) {
            // What was asked again counts as it was answered last.
            said.retain(|known| known.name != field.name);
            said.push(field);
        }
        drop(said);
        answer
    }
}

/// A field's name in its standard, its first byte and how many bytes it has.
type Place = (&'static str, usize, usize);

/// The fields of each page, with the byte offsets that the parsers in [`crate::proto`] have.
const PAGES: &[(&str, &[Place])] = &[
    (
        "Identify (controller)",
        &[("OACS", 256, 2), ("LPA", 261, 1), ("SANICAP", 328, 4), ("NN", 516, 4), ("FNA", 524, 1)],
    ),
    ("Identify (namespace)", &[("FPI", 32, 1), ("DLFEAT", 33, 1)]),
    ("Identify (active namespaces)", &[("active namespaces, the first four", 0, 16)]),
    ("Identify (allocated namespaces)", &[("allocated namespaces, the first four", 0, 16)]),
    ("Get Log Page (sanitize status)", &[("Sanitize Status log, bytes 0 to 19", 0, 20)]),
    (
        "IDENTIFY DEVICE",
        &[
            ("IDENTIFY DEVICE, word 59", 118, 2),
            ("IDENTIFY DEVICE, words 82 to 90", 164, 18),
            ("IDENTIFY DEVICE, word 92", 184, 2),
            ("IDENTIFY DEVICE, word 128", 256, 2),
        ],
    ),
    ("READ CAPACITY (16)", &[("READ CAPACITY (16)", 0, 16)]),
    ("REQUEST SENSE", &[("REQUEST SENSE", 0, 18)]),
    (
        "SEND_EXT_CSD",
        &[
            ("SECURE_REMOVAL_TYPE", 16, 1),
            ("USER_WP", 171, 1),
            ("ERASE_GROUP_DEF", 175, 1),
            ("ERASED_MEM_CONT", 181, 1),
            ("EXT_CSD_REV", 192, 1),
            ("SEC_COUNT", 212, 4),
            ("HC_ERASE_GRP_SIZE", 224, 1),
            ("SEC_FEATURE_SUPPORT", 231, 1),
        ],
    ),
];

fn fields(command: &Command, answer: &Result<Answer, NoAnswer>) -> Vec<Field> {
    let field = |name: String, at: usize, bytes: usize| {
        let value = match answer {
            Ok(answer) => match answer.data().get(at..at.saturating_add(bytes)) {
                Some(value) => hex(value),
                None => format!("not told, status {}", hex(&answer.status())),
            },
            Err(none) => format!("not told: {none}"),
        };
        Field { name, value }
    };
    match (command.name(), command.bytes().as_slice()) {
        // It has no data: the registers come as sense data.
        (name @ "SANITIZE STATUS EXT", _) => {
            let status = answer.as_ref().map(Answer::status);
            let value = status.map_or_else(|none| format!("not told: {none}"), |all| hex(&all));
            vec![Field { name: format!("{name}, status and sense data"), value }]
        }
        (name @ "REPORT SUPPORTED OPERATION CODES", [_, _, _, code, high, low, ..]) => {
            vec![field(format!("{name}, {code:02x}h/{high:02x}{low:02x}h"), 0, 4)]
        }
        ("INQUIRY", [_, 1, page @ (0xb1 | 0xb2), ..]) => {
            vec![field(format!("VPD page {page:02x}h, bytes 0 to 8"), 0, 8)]
        }
        (name, _) => (PAGES.iter())
            .filter(|(page, _)| *page == name)
            .flat_map(|(_, places)| *places)
            .map(|(name, at, bytes)| field((*name).to_owned(), *at, *bytes))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::nvme::{Identify, SanitizeLog, Status};

    #[test]
    fn fields_are_taken_as_they_came() {
        let mut page = vec![0; 4096];
        page[4..24].copy_from_slice(b"SERIAL              ");
        page[256..258].copy_from_slice(&[0x12, 0x00]);
        page[328..332].copy_from_slice(&[7, 0, 0, 0x60]);
        page[524] = 4;
        let answer = Ok(Answer::Nvme { status: Status::from_raw(0), data: page });
        let said = fields(&Command::Nvme(Identify::Controller.command()), &answer);
        let value = |name: &str| said.iter().find(|f| f.name == name).unwrap().value.clone();
        assert_eq!((value("OACS"), value("SANICAP")), ("1200".to_owned(), "07000060".to_owned()));
        assert_eq!(value("FNA"), "04");
        assert!(said.iter().all(|field| !field.value.contains(&hex(b"SERIAL"))));
        let refused = Ok(Answer::Nvme { status: Status::from_raw(0x4002), data: Vec::new() });
        let said = fields(&Command::Nvme(SanitizeLog::command()), &refused);
        assert_eq!(said[0].value, "not told, status 4002");
    }

    /// Where the standards keep serial numbers, names and world wide names.
    #[test]
    fn no_field_lies_where_a_name_is() {
        let names: &[(&str, &[(usize, usize)])] = &[
            ("Identify (controller)", &[(4, 72), (768, 1024)]),
            ("Identify (namespace)", &[(104, 128)]),
            ("IDENTIFY DEVICE", &[(20, 40), (46, 94), (216, 224), (352, 412)]),
        ];
        for (page, names) in names {
            let (_, places) = PAGES.iter().find(|(name, _)| name == page).unwrap();
            for (field, at, bytes) in *places {
                let apart = |name: &(usize, usize)| at + bytes <= name.0 || *at >= name.1;
                assert!(names.iter().all(apart), "{field}");
            }
        }
        assert!(PAGES.iter().flat_map(|(_, places)| *places).all(|(_, _, bytes)| *bytes <= 20));
    }
}
