//! The registers that an ATA PASS-THROUGH brings back inside sense data, in three layouts.
//!
//! Only the first has all of them. What an adapter does not say stays unknown: the sanitize status
//! for one, which is in an upper byte, can be read from [`Answer::Descriptor`] and nothing else.

use super::{DEVICE_FAULT, ERROR, High, READY, Registers};

/// What sense data says of the registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Descriptor format: all of them, the upper bytes if the command was a 48-bit one.
    Descriptor(Registers),
    /// Fixed format, as many bridges and HBAs answer, and as Linux 6.11 and later (and stable
    /// kernels from mid-2024 on) report a command that failed. It tells of the upper bytes only
    /// whether one of them is not zero, and bridges are known to get even that wrong, so they are
    /// `None` here.
    ///
    /// Checked against SAT-5's tables 212 and 213 as quoted in the Linux commit "ata: libata-scsi:
    /// Fix offsets for the fixed format sense data": LBA 7:0 comes first. openSeaChest reads the
    /// three LBA bytes the other way round.
    Fixed(Registers),
    /// The same registers five and eight bytes further on: what libata made of a command that
    /// failed before that commit. Every plain refusal comes with 05/21/04, "unaligned write", then.
    LegacyLibata(Registers),
    /// Nothing that can be believed: another kind of sense data; registers that were left empty; or
    /// registers that tell of a success while the sense key tells of a failure.
    None,
}

/// Current sense data in descriptor and in fixed format. The deferred kinds, 73h and 71h, tell of
/// an earlier command.
const DESCRIPTOR: u8 = 0x72;
const FIXED: u8 = 0x70;
/// Bit 7 of byte 0 in fixed format: the INFORMATION field has something in it.
const VALID: u8 = 0x80;

/// RECOVERED ERROR, the highest sense key that does not tell of a failure.
const RECOVERED: u8 = 0x1;
/// ATA PASS-THROUGH INFORMATION AVAILABLE, the additional sense code and its qualifier.
const INFORMATION_AVAILABLE: [u8; 2] = [0x00, 0x1d];
/// What a failure is given: ABORTED COMMAND by SAT, and ILLEGAL REQUEST, UNALIGNED WRITE COMMAND by
/// libata where the drive gave no better reason.
const ABORTED: u8 = 0xb;
const ILLEGAL_REQUEST: u8 = 0x5;
const UNALIGNED_WRITE: [u8; 2] = [0x21, 0x04];

/// The descriptor's type, and the length that follows its first two bytes.
const ATA_STATUS_RETURN: [u8; 2] = [0x09, 0x0c];

impl Answer {
    /// The registers in `sense`: as many bytes as the adapter wrote into a buffer of 64 or more.
    #[must_use]
    pub fn parse(sense: &[u8]) -> Self {
        let parsed = match sense.first().map(|code| code & !VALID) {
            Some(DESCRIPTOR) => descriptor(sense).map(Self::Descriptor),
            Some(FIXED) => fixed(sense),
            _ => None,
        };
        parsed.unwrap_or(Self::None)
    }

    /// The registers, in whatever layout they came.
    #[must_use]
    pub fn registers(&self) -> Option<&Registers> {
        match self {
            Self::Descriptor(registers)
            | Self::Fixed(registers)
            | Self::LegacyLibata(registers) => Some(registers),
            Self::None => None,
        }
    }

    /// The sense data in which an adapter of this kind passes the registers on.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let codes = |registers: &Registers| match registers.succeeded() {
            true => (RECOVERED, INFORMATION_AVAILABLE),
            false => (ABORTED, [0x00, 0x00]),
        };
        match *self {
            Self::Descriptor(r) => {
                let (key, [asc, ascq]) = codes(&r);
                let [_, l2, l1, l0] = r.lba.to_be_bytes();
                let High { count, lba } = r.high.unwrap_or(High { count: 0, lba: 0 });
                let [_, l5, l4, l3] = lba.to_be_bytes();
                let extend = u8::from(r.high.is_some());
                let header = [DESCRIPTOR, key, asc, ascq, 0, 0, 0, 14];
                let registers =
                    [extend, r.error, count, r.count, l3, l0, l4, l1, l5, l2, r.device, r.status];
                [&header[..], &ATA_STATUS_RETURN, &registers].concat()
            }
            Self::Fixed(r) => {
                let (key, codes) = codes(&r);
                let head = [FIXED | VALID, 0, key, r.error, r.status, r.device, r.count, 10];
                [&head[..], &specific(&r), &codes, &[0; 4]].concat()
            }
            Self::LegacyLibata(r) => {
                let key = ILLEGAL_REQUEST;
                let head = [FIXED, 0, key, 0, 0, 0, 0, 10, r.error, r.status, r.device, r.count];
                [&head[..], &UNALIGNED_WRITE, &[0; 2], &specific(&r)].concat()
            }
            Self::None => Vec::new(),
        }
    }
}

/// The COMMAND-SPECIFIC INFORMATION of fixed format: flags on the upper bytes, then LBA 23:0 with
/// its lowest byte first.
fn specific(registers: &Registers) -> [u8; 4] {
    let [_, l2, l1, l0] = registers.lba.to_be_bytes();
    let flags = registers
        .high
        .map_or(0, |high| 0x80 | u8::from(high.count != 0) << 6 | u8::from(high.lba != 0) << 5);
    [flags, l0, l1, l2]
}

/// The ATA status return descriptor, wherever it stands among the others.
fn descriptor(sense: &[u8]) -> Option<Registers> {
    let [_, key, _, _, _, _, _, length, rest @ ..] = sense else { return None };
    let mut rest = rest.get(..usize::from(*length)).unwrap_or(rest);
    while let [kind, length, tail @ ..] = rest {
        let (body, next) = tail.split_at_checked(usize::from(*length))?;
        if [*kind, *length] == ATA_STATUS_RETURN {
            let [extend, error, c1, c0, l3, l0, l4, l1, l5, l2, device, status] =
                *body.first_chunk()?;
            let high = High { count: c1, lba: u32::from_be_bytes([0, l5, l4, l3]) };
            let registers = Registers {
                error,
                status,
                device,
                count: c0,
                lba: u32::from_be_bytes([0, l2, l1, l0]),
                high: (extend & 1 == 1).then_some(high),
            };
            return credible(key & 0x0f, registers);
        }
        rest = next;
    }
    None
}

fn fixed(sense: &[u8]) -> Option<Answer> {
    let key = sense.get(2)? & 0x0f;
    let codes: [u8; 2] = *sense.get(12..)?.first_chunk()?;
    let at = |information: usize, specific: usize| {
        let [error, status, device, count] = *sense.get(information..)?.first_chunk()?;
        let [l0, l1, l2] = *sense.get(specific..)?.first_chunk()?;
        let lba = u32::from_be_bytes([0, l2, l1, l0]);
        credible(key, Registers { error, status, device, count, lba, high: None })
    };
    // Without the code that says so, the same bytes may hold something else, a block address for
    // one. They are registers only if they tell of a failure, as the sense key does.
    let failed = |registers: &Registers| {
        key > RECOVERED
            && registers.status & READY != 0
            && registers.status & (ERROR | DEVICE_FAULT) != 0
    };
    if codes == INFORMATION_AVAILABLE {
        at(3, 9).map(Answer::Fixed)
    } else if sense.first()? & VALID != 0 {
        at(3, 9).filter(failed).map(Answer::Fixed)
    } else {
        at(8, 17).filter(failed).map(Answer::LegacyLibata)
    }
}

/// Some adapters say that registers are there and fill in nothing: a drive's STATUS is never zero.
/// And what the key calls a failure is not made a success by a register.
fn credible(key: u8, registers: Registers) -> Option<Registers> {
    let contradiction = key > RECOVERED && registers.succeeded();
    (registers.status != 0 && !contradiction).then_some(registers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::Width;
    use crate::proto::ata::tests::noise;

    const ALL: Registers = Registers {
        error: 0x04,
        status: 0x51,
        device: 0x4d,
        count: 0xc0,
        lba: 0xb2_b1b0,
        high: Some(High { count: 0xc1, lba: 0xb5_b4b3 }),
    };
    const LOW: Registers = Registers { high: None, ..ALL };

    const DESCRIPTOR_SENSE: [u8; 22] = [
        0x72, 0x0b, 0x00, 0x00, 0, 0, 0, 14, 0x09, 0x0c, 0x01, 0x04, 0xc1, 0xc0, 0xb3, 0xb0, 0xb4,
        0xb1, 0xb5, 0xb2, 0x4d, 0x51,
    ];
    const FIXED_SENSE: [u8; 18] =
        [0xf0, 0, 0x0b, 0x04, 0x51, 0x4d, 0xc0, 10, 0xe0, 0xb0, 0xb1, 0xb2, 0x00, 0x00, 0, 0, 0, 0];
    const LEGACY_SENSE: [u8; 20] = [
        0x70, 0, 0x05, 0, 0, 0, 0, 10, 0x04, 0x51, 0x4d, 0xc0, 0x21, 0x04, 0, 0, 0xe0, 0xb0, 0xb1,
        0xb2,
    ];

    #[test]
    fn each_register_in_each_layout() {
        assert_eq!(Answer::parse(&DESCRIPTOR_SENSE), Answer::Descriptor(ALL));
        assert_eq!(Answer::parse(&FIXED_SENSE), Answer::Fixed(LOW));
        assert_eq!(Answer::parse(&LEGACY_SENSE), Answer::LegacyLibata(LOW));
        assert_eq!(Answer::Descriptor(ALL).encode(), DESCRIPTOR_SENSE);
        assert_eq!(Answer::Fixed(ALL).encode(), FIXED_SENSE);
        assert_eq!(Answer::LegacyLibata(ALL).encode(), LEGACY_SENSE);
        assert!(Answer::None.encode().is_empty());
        let mut short = DESCRIPTOR_SENSE;
        for at in [10, 12, 14, 16, 18] {
            short[at] = 0;
        }
        assert_eq!(Answer::Descriptor(LOW).encode(), short);
        assert_eq!(Answer::Fixed(LOW).encode()[8], 0);
        let flags = |count, lba| {
            let high = Some(High { count, lba });
            Answer::Fixed(Registers { high, ..ALL }).encode()[8]
        };
        assert_eq!([flags(0, 0), flags(1, 0), flags(0, 1)], [0x80, 0xc0, 0xa0]);
        assert_eq!(Answer::Fixed(LOW).registers(), Some(&LOW));
        assert_eq!(Answer::None.registers(), None);
    }

    #[test]
    fn success_as_linux_gives_it() {
        // From Linux commit 84a9a8cd9d0a, after IDENTIFY DEVICE.
        let sense = [
            0x72, 0x01, 0x00, 0x1d, 0x00, 0x00, 0x00, 0x0e, 0x09, 0x0c, 0x00, 0x00, 0x00, 0x01,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x50,
        ];
        let Answer::Descriptor(registers) = Answer::parse(&sense) else { panic!() };
        assert!(registers.succeeded());
        assert_eq!((registers.count, registers.high), (1, None));
        // The longest that Linux hands over has zeros behind it.
        let padded = [&sense[..], &[0; 74]].concat();
        assert_eq!(Answer::parse(&padded), Answer::Descriptor(registers));
        // From truenas/linux pull request 197, after CHECK POWER MODE, on the few kernels that gave
        // a success in fixed format too.
        let sense = [0xf0, 0, 1, 0, 0x50, 0, 0xff, 0x0a, 0, 0, 0, 0, 0, 0x1d, 0, 0, 0, 0];
        let Answer::Fixed(registers) = Answer::parse(&sense) else { panic!() };
        assert!(registers.succeeded());
        assert_eq!(registers.count, 0xff);
        // What the encoder makes of a success is the same.
        let done = Registers { device: 0, ..Registers::done(Width::Lba28, 0xff, 0) };
        assert_eq!(Answer::Fixed(done).encode(), sense);
        assert_eq!(Answer::parse(&Answer::Descriptor(done).encode()), Answer::Descriptor(done));
    }

    #[test]
    fn a_refusal_as_old_linux_gives_it() {
        let mut sense = [0; 32];
        sense[..14].copy_from_slice(&[0x70, 0, 5, 0, 0, 0, 0, 10, 0x04, 0x51, 0x40, 1, 0x21, 4]);
        let Answer::LegacyLibata(registers) = Answer::parse(&sense) else { panic!() };
        assert!(registers.aborted());
        assert_eq!((registers.device, registers.count, registers.lba), (0x40, 1, 0));
    }

    #[test]
    fn the_descriptor_is_found_among_others() {
        let information = [0x00, 0x0a, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut sense = DESCRIPTOR_SENSE[..8].to_vec();
        sense[7] = 26;
        sense.extend(information);
        sense.extend(&DESCRIPTOR_SENSE[8..]);
        assert_eq!(Answer::parse(&sense), Answer::Descriptor(ALL));
        sense[7] = 25;
        assert_eq!(Answer::parse(&sense), Answer::None, "the sense data ends within it");
        let mut other = DESCRIPTOR_SENSE;
        other[9] = 0x0b;
        assert_eq!(Answer::parse(&other), Answer::None, "another length is another layout");
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        let mut short = DESCRIPTOR_SENSE;
        short[10] = 0;
        assert_eq!(Answer::parse(&short), Answer::Descriptor(LOW), "no EXTEND, no upper bytes");
        // SAT's flags may say that the upper bytes are zero. That is not taken for an answer.
        let mut fixed = FIXED_SENSE;
        fixed[8] = 0x80;
        assert_eq!(Answer::parse(&fixed), Answer::Fixed(LOW));
    }

    #[test]
    fn nothing_is_believed_that_contradicts_itself() {
        let none = |sense: &[u8], why| assert_eq!(Answer::parse(sense), Answer::None, "{why}");
        let with = |sense: &[u8], changes: &[(usize, u8)]| {
            let mut sense = sense.to_vec();
            changes.iter().for_each(|(at, byte)| sense[*at] = *byte);
            sense
        };
        none(&with(&DESCRIPTOR_SENSE, &[(0, 0x73)]), "deferred");
        none(&with(&FIXED_SENSE, &[(0, 0xf1)]), "deferred");
        none(
            &with(&DESCRIPTOR_SENSE, &[(21, 0x50)]),
            "done, says the drive; aborted, says the key",
        );
        none(&with(&FIXED_SENSE, &[(4, 0x50), (13, 0x1d)]), "the same");
        none(&with(&DESCRIPTOR_SENSE, &[(1, 1), (21, 0x00)]), "registers left empty");
        none(&with(&FIXED_SENSE, &[(2, 1), (4, 0x00), (13, 0x1d)]), "the same");
        none(&with(&FIXED_SENSE, &[(2, 1), (4, 0x50)]), "a success without the code for registers");
        none(&with(&FIXED_SENSE, &[(2, 1)]), "a recovered error of another kind");
        none(&with(&LEGACY_SENSE, &[(9, 0x50)]), "a success where only failures are");
        none(&with(&LEGACY_SENSE, &[(2, 1)]), "no failure");
        none(&with(&LEGACY_SENSE, &[(9, 0x58)]), "neither done nor failed");
        none(&with(&LEGACY_SENSE, &[(9, 0x11)]), "no drive that is not ready says how it went");
        // A medium error with a block address, and a unit attention.
        none(&[0xf0, 0, 3, 0x00, 0x12, 0xd6, 0x87, 10, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0], "LBA");
        none(&[0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0, 0, 0, 0, 0, 0, 0], "reset");
        // The key may be softer than the registers: they are what fails, then.
        let soft = with(&DESCRIPTOR_SENSE, &[(1, 0)]);
        assert_eq!(Answer::parse(&soft), Answer::Descriptor(ALL));
        let soft = with(&FIXED_SENSE, &[(2, 1), (13, 0x1d)]);
        assert_eq!(Answer::parse(&soft), Answer::Fixed(LOW));
    }

    #[test]
    fn hostile_sense_data() {
        for sense in [&DESCRIPTOR_SENSE[..], &LEGACY_SENSE] {
            for bytes in 0..sense.len() {
                assert_eq!(Answer::parse(&sense[..bytes]), Answer::None, "{bytes}");
            }
        }
        for bytes in 0..14 {
            assert_eq!(Answer::parse(&FIXED_SENSE[..bytes]), Answer::None, "{bytes}");
        }
        for mut sense in noise(40) {
            for code in [sense[0], 0x70, 0xf0, 0x72] {
                sense[0] = code;
                let key = if code == 0x72 { sense[1] } else { sense[2] } & 0x0f;
                let answer = Answer::parse(&sense);
                let done = answer.registers().is_some_and(Registers::succeeded);
                assert!(!done || key <= 1, "{sense:02x?}");
            }
        }
    }
}
