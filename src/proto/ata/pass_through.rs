//! ATA PASS-THROUGH: an ATA command inside a SCSI command, as the SAT standard lays it out.
//!
//! A command without data asks for the registers back (CK_COND): they are its answer. One with
//! data does not, as hdparm and nwipe have it, because some adapters mishandle that; there the SCSI
//! status speaks, and the drive's state is read again afterwards.

use super::{Command, Width};
use crate::proto::{Data, Malformed};

/// ATA PASS-THROUGH (16), which every command fits.
pub const OPERATION_CODE_16: u8 = 0x85;
/// ATA PASS-THROUGH (12), for old bridges that know no other. An optical drive takes the same code
/// for BLANK, and some NVMe bridges for their own tunnel, so it is the second thing to try.
pub const OPERATION_CODE_12: u8 = 0xa1;

const NON_DATA: u8 = 3;
const PIO_IN: u8 = 4;
const PIO_OUT: u8 = 5;

/// EXTEND in byte 1: a 48-bit command.
const EXTEND: u8 = 0x01;
/// CK_COND in byte 2: give the registers back even if the command succeeds.
const CHECK_CONDITION: u8 = 0x20;
/// T_DIR in byte 2: the data comes from the drive.
const FROM_DEVICE: u8 = 0x08;
/// BYT_BLOK and T_LENGTH in byte 2: COUNT says how many blocks of 512 bytes are moved.
const COUNT_OF_BLOCKS: u8 = 0x06;
/// The bit of DEVICE that says that the address is an LBA.
const LBA_MODE: u8 = 0x40;

/// Bytes 1 and 2 of both forms.
fn transfer(command: &Command) -> [u8; 2] {
    let extend = match command.width {
        Width::Lba28 => 0,
        Width::Lba48 => EXTEND,
    };
    match &command.data {
        Data::None => [NON_DATA << 1 | extend, CHECK_CONDITION],
        Data::In(_) => [PIO_IN << 1 | extend, FROM_DEVICE | COUNT_OF_BLOCKS],
        Data::Out(_) => [PIO_OUT << 1 | extend, COUNT_OF_BLOCKS],
    }
}

/// The DEVICE register: a 28-bit command has the top of its LBA there.
fn device(command: &Command, lba_31_24: u8) -> u8 {
    match command.width {
        Width::Lba28 => LBA_MODE | lba_31_24 & 0x0f,
        Width::Lba48 => LBA_MODE,
    }
}

/// The command in the 16-byte form.
#[must_use]
pub fn cdb16(command: &Command) -> [u8; 16] {
    let [protocol, flags] = transfer(command);
    let [feature_high, feature] = command.feature.to_be_bytes();
    let [count_high, count] = command.count.to_be_bytes();
    let [.., l5, l4, l3, l2, l1, l0] = command.lba.to_be_bytes();
    let device = device(command, l3);
    let [feature_high, count_high, l3, l4, l5] = match command.width {
        Width::Lba28 => [0; 5],
        Width::Lba48 => [feature_high, count_high, l3, l4, l5],
    };
    [
        OPERATION_CODE_16,
        protocol,
        flags,
        feature_high,
        feature,
        count_high,
        count,
        l3,
        l0,
        l4,
        l1,
        l5,
        l2,
        device,
        command.code,
        0,
    ]
}

/// The command in the 12-byte form; `None` for a 48-bit command, which does not fit.
#[must_use]
pub fn cdb12(command: &Command) -> Option<[u8; 12]> {
    if command.width == Width::Lba48 {
        return None;
    }
    let [protocol, flags] = transfer(command);
    let [_, feature] = command.feature.to_be_bytes();
    let [_, count] = command.count.to_be_bytes();
    let [.., l3, l2, l1, l0] = command.lba.to_be_bytes();
    let device = device(command, l3);
    Some([
        OPERATION_CODE_12,
        protocol,
        flags,
        feature,
        count,
        l0,
        l1,
        l2,
        device,
        command.code,
        0,
        0,
    ])
}

/// The command in a CDB of either form, with the data that was sent along: what a simulated drive
/// does with the bytes it is given.
///
/// # Errors
/// The bytes are not of the forms that [`cdb16`] and [`cdb12`] make, or the data is not as long as
/// COUNT says.
pub fn decode(cdb: &[u8], data: &[u8]) -> Result<Command, Malformed> {
    const PAGE: &str = "ATA PASS-THROUGH";
    let invalid = |why| Malformed::Invalid { page: PAGE, why };
    let (protocol, flags, high, low, device, code) = match *cdb {
        [OPERATION_CODE_16, t, f, fh, fl, ch, cl, l3, l0, l4, l1, l5, l2, device, code, _] => {
            (t, f, [fh, ch, l5, l4, l3], [fl, cl, l2, l1, l0], device, code)
        }
        [OPERATION_CODE_12, t, f, fl, cl, l0, l1, l2, device, code, _, _] if t & EXTEND == 0 => {
            (t, f, [0; 5], [fl, cl, l2, l1, l0], device, code)
        }
        _ => return Err(invalid("neither of the two forms")),
    };
    if device & LBA_MODE == 0 {
        return Err(invalid("the address is not an LBA"));
    }
    let [fh, ch, l5, l4, l3] = high;
    let [fl, cl, l2, l1, l0] = low;
    let (width, l3) = match protocol & EXTEND {
        0 if high == [0; 5] => (Width::Lba28, device & 0x0f),
        0 => return Err(invalid("a 28-bit command with upper bytes")),
        _ => (Width::Lba48, l3),
    };
    let count = u16::from_be_bytes([ch, cl]);
    let bytes = u32::from(count) * 512;
    let data = match (protocol & !EXTEND, flags) {
        (0x06, CHECK_CONDITION) => Data::None,
        (0x08, 0x0e) => Data::In(bytes),
        (0x0a, 0x06) if u32::try_from(data.len()) == Ok(bytes) => Data::Out(data.to_vec()),
        (0x0a, 0x06) => return Err(invalid("the data is not as long as COUNT says")),
        _ => return Err(invalid("a transfer that this tool does not ask for")),
    };
    Ok(Command {
        code,
        feature: u16::from_be_bytes([fh, fl]),
        count,
        lba: u64::from_be_bytes([0, 0, l5, l4, l3, l2, l1, l0]),
        width,
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ata::tests::noise;

    /// A command with a different value in each byte of each register.
    fn distinct(width: Width, data: Data) -> Command {
        match width {
            Width::Lba28 => {
                Command { code: 0xec, feature: 0x12, count: 0x02, lba: 0xf4_5678a, width, data }
            }
            Width::Lba48 => Command {
                code: 0xb4,
                feature: 0x1112,
                count: 0x0102,
                lba: 0x2122_2324_2526,
                width,
                data,
            },
        }
    }

    #[test]
    fn each_register_in_its_byte() {
        assert_eq!(
            cdb16(&distinct(Width::Lba48, Data::None)),
            [
                0x85, 0x07, 0x20, 0x11, 0x12, 0x01, 0x02, 0x23, 0x26, 0x22, 0x25, 0x21, 0x24, 0x40,
                0xb4, 0x00
            ]
        );
        assert_eq!(
            cdb16(&distinct(Width::Lba28, Data::In(1024))),
            [
                0x85, 0x08, 0x0e, 0x00, 0x12, 0x00, 0x02, 0x00, 0x8a, 0x00, 0x67, 0x00, 0x45, 0x4f,
                0xec, 0x00
            ]
        );
        assert_eq!(
            cdb12(&distinct(Width::Lba28, Data::Out(vec![0; 1024]))),
            Some([0xa1, 0x0a, 0x06, 0x12, 0x02, 0x8a, 0x67, 0x45, 0x4f, 0xec, 0x00, 0x00])
        );
        assert_eq!(cdb12(&distinct(Width::Lba48, Data::None)), None);
    }

    #[test]
    fn protocols_and_flags() {
        let of = |width, data| {
            let cdb = cdb16(&distinct(width, data));
            [cdb[1], cdb[2]]
        };
        let out = || Data::Out(vec![0; 512]);
        assert_eq!(of(Width::Lba28, Data::None), [0x06, 0x20]);
        assert_eq!(of(Width::Lba28, Data::In(512)), [0x08, 0x0e]);
        assert_eq!(of(Width::Lba28, out()), [0x0a, 0x06]);
        assert_eq!(of(Width::Lba48, Data::None), [0x07, 0x20]);
        assert_eq!(of(Width::Lba48, Data::In(512)), [0x09, 0x0e]);
        assert_eq!(of(Width::Lba48, out()), [0x0b, 0x06]);
    }

    #[test]
    fn both_forms_are_read_back() {
        for data in [Data::None, Data::In(1024), Data::Out((0..1024).map(|i| i as u8).collect())] {
            let sent = if let Data::Out(sent) = &data { sent.clone() } else { Vec::new() };
            let command = distinct(Width::Lba28, data.clone());
            assert_eq!(decode(&cdb16(&command), &sent), Ok(command.clone()));
            assert_eq!(decode(&cdb12(&command).unwrap(), &sent), Ok(command));
            let data = match data {
                Data::In(_) => Data::In(0x102 * 512),
                Data::Out(_) => Data::Out(vec![7; 0x102 * 512]),
                Data::None => Data::None,
            };
            let sent = if let Data::Out(sent) = &data { sent.clone() } else { Vec::new() };
            let command = distinct(Width::Lba48, data);
            assert_eq!(decode(&cdb16(&command), &sent), Ok(command));
        }
    }

    #[test]
    fn what_this_tool_does_not_send_is_not_a_command() {
        let out = distinct(Width::Lba28, Data::Out(vec![0; 1024]));
        assert!(decode(&cdb16(&out), &[0; 512]).is_err(), "half the data");
        let good = cdb16(&distinct(Width::Lba28, Data::In(1024)));
        let with = |at: usize, byte| {
            let mut cdb = good;
            cdb[at] = byte;
            decode(&cdb, &[])
        };
        assert!(with(2, 0x0e).is_ok());
        assert!(with(0, 0x86).is_err(), "another operation code");
        assert!(with(1, 0x0c).is_err(), "DMA");
        assert!(with(2, 0x2e).is_err(), "data and registers");
        assert!(with(2, 0x06).is_err(), "data in the other direction");
        assert!(with(7, 0x01).is_err(), "28 bits with an upper byte");
        assert!(with(13, 0x0f).is_err(), "no LBA");
        let mut short = cdb12(&distinct(Width::Lba28, Data::None)).unwrap();
        short[1] |= 1;
        assert!(decode(&short, &[]).is_err(), "48 bits in twelve bytes");
        for bytes in 0..16 {
            assert!(decode(&good[..bytes], &[]).is_err());
        }
        for mut noise in noise(16) {
            let _ = decode(&noise, &noise);
            noise[0] = 0x85;
            let _ = decode(&noise, &noise);
        }
    }
}
