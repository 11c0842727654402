//! NVMe/TCP on the wire (NVM Express TCP Transport Specification 1.0, section 3.6): PDUs without
//! digests, in which a command's data always come with it.

use std::io::{Error, Read, Result};

use nulstil::proto::nvme::Status;

/// PDU types, in byte 0.
pub(super) const INITIALIZE: u8 = 0x00;
const INITIALIZED: u8 = 0x01;
pub(super) const COMMAND: u8 = 0x04;
const RESPONSE: u8 = 0x05;
const DATA_TO_HOST: u8 = 0x07;

/// The common header, and the submission queue entry behind it in a command's PDU.
const HEADER: usize = 8;
pub(super) const ENTRY: usize = 64;

/// The most that a command moves.
pub(super) const TRANSFER: u32 = 128 << 10;

/// A command as it came: its submission queue entry, and the data that came along.
pub(super) struct Entry<'a> {
    entry: &'a [u8; ENTRY],
    pub(super) out: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (entry, out) = body.split_first_chunk()?;
        Some(Self { entry, out })
    }

    pub(super) fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        self.entry[at..at + N].try_into().unwrap()
    }

    pub(super) fn opcode(&self) -> u8 {
        self.entry[0]
    }

    /// FCTYPE of a fabrics command.
    pub(super) fn fabrics(&self) -> u8 {
        self.entry[4]
    }

    pub(super) fn nsid(&self) -> u32 {
        u32::from_le_bytes(self.field(4))
    }

    /// Command dwords 10 to 15.
    pub(super) fn words(&self) -> [u32; 6] {
        std::array::from_fn(|n| u32::from_le_bytes(self.field(40 + 4 * n)))
    }

    /// Room for data at the host: the length in SGL1.
    fn room(&self) -> usize {
        usize::try_from(u32::from_le_bytes(self.field(32))).unwrap()
    }
}

/// Reads a PDU: its type, and what stands behind its common header.
pub(super) fn pdu(stream: &mut impl Read) -> Result<(u8, Vec<u8>)> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let [kind, _, _, _, length @ ..] = header;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap();
    if length < HEADER || length > HEADER + ENTRY + TRANSFER as usize {
        return Err(Error::other("a PDU of an impossible length"));
    }
    let mut body = vec![0; length - HEADER];
    stream.read_exact(&mut body)?;
    Ok((kind, body))
}

/// The common header of a PDU whose data, if any, follow directly.
fn header(kind: u8, flags: u8, bytes: u8, data: usize) -> Vec<u8> {
    let place = if data == 0 { 0 } else { bytes };
    let mut pdu = vec![kind, flags, bytes, place];
    pdu.extend((u32::from(bytes) + u32::try_from(data).unwrap()).to_le_bytes());
    pdu
}

/// ICResp: version 0, no alignment, no digests, and R2T (which nobody sends) with this much at once.
pub(super) fn initialized() -> Vec<u8> {
    let mut pdu = header(INITIALIZED, 0, 128, 0);
    pdu.extend([0; 4]);
    pdu.extend(TRANSFER.to_le_bytes());
    pdu.resize(128, 0);
    pdu
}

/// What ends a command: dwords 0 and 1, the status, and the data that go to the host before.
pub(super) type Done = (u64, Status, Vec<u8>);

/// What goes back: the data, as much of it as there is room for, and the completion queue entry. No
/// host that does one thing at a time looks at the entry's SQHD.
pub(super) fn completed(entry: &Entry<'_>, (result, status, mut data): Done) -> Vec<u8> {
    const LAST: u8 = 0x04;
    let id: [u8; 2] = entry.field(2);
    let mut pdu = Vec::new();
    if status.is_success() && !data.is_empty() {
        data.truncate(entry.room());
        pdu = header(DATA_TO_HOST, LAST, 24, data.len());
        pdu.extend(id);
        // TTAG and DATAO are 0.
        pdu.extend([0; 6]);
        pdu.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        pdu.extend([0; 4]);
        pdu.extend(data);
    }
    pdu.extend(header(RESPONSE, 0, 24, 0));
    pdu.extend(result.to_le_bytes());
    pdu.extend([0; 4]);
    pdu.extend(id);
    pdu.extend((status.raw() << 1).to_le_bytes());
    pdu
}

/// An entry with these fields.
pub(super) fn entry(fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut entry = vec![0; ENTRY];
    for (at, field) in fields {
        entry[*at..at + field.len()].copy_from_slice(field);
    }
    entry
}

#[test]
fn a_command_is_read() {
    // Format NVM of namespace 1 with a cryptographic erase, as command 0201h, and two bytes more.
    let fields: [(usize, &[u8]); 4] =
        [(0, &[0x80, 0x40, 1, 2]), (4, &[1, 0, 0, 0]), (32, &[0, 0x10]), (40, &[0, 4, 0, 0])];
    let mut sent = vec![0x04, 0, 72, 72, 74, 0, 0, 0];
    sent.extend(entry(&fields));
    sent.extend([8, 9, 0xff]);
    let mut stream = sent.as_slice();
    let (kind, body) = pdu(&mut stream).unwrap();
    assert_eq!((kind, stream), (COMMAND, &[0xff][..]));
    let entry = Entry::parse(&body).unwrap();
    assert_eq!((entry.opcode(), entry.nsid(), entry.room()), (0x80, 1, 4096));
    assert_eq!((entry.field(2), entry.words()), ([1, 2], [0x400, 0, 0, 0, 0, 0]));
    assert_eq!(entry.out, [8, 9]);
}

#[test]
fn a_pdu_of_an_impossible_length_is_refused() {
    assert!(pdu(&mut &[4, 0, 72, 0, 7, 0, 0, 0][..]).is_err());
    assert!(pdu(&mut &[4, 0, 72, 0, 0, 0, 0, 1][..]).is_err());
    assert!(pdu(&mut &[4, 0, 72, 0, 72, 0, 0, 0, 1][..]).is_err(), "cut off");
    assert!(Entry::parse(&[0; ENTRY - 1]).is_none());
}

#[test]
fn answers_are_written() {
    let connected = initialized();
    assert_eq!(connected[..16], [1, 0, 128, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
    assert_eq!(connected.len(), 128);

    let entry = entry(&[(2, &[1, 2]), (32, &[3, 0, 0, 0])]);
    let entry = Entry::parse(&entry).unwrap();
    // Data first, no more than there is room for, then the completion.
    let sent = completed(&entry, (0, Status::from_raw(0), vec![7, 8, 9, 10]));
    let data = [7, 4, 24, 24, 27, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 7, 8, 9];
    let end = [5, 0, 24, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0];
    assert_eq!(sent, [&data[..], &end].concat());
    // No data with a failure: invalid opcode, do not retry, above the phase bit.
    let sent = completed(&entry, (0x0605_0403, Status::from_raw(0x4001), vec![7]));
    let end = [5, 0, 24, 0, 24, 0, 0, 0, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 0x80];
    assert_eq!(sent, end);
}
