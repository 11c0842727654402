//! SCSI commands and their answers (SPC-5, SBC-4): SAS drives, USB bridges, UFS.
//!
//! One file per command: a small struct that says what is asked, `command()` for its bytes, and
//! the answer. [`decode::Request`] is the way back, for a simulated drive.

pub mod decode;
pub mod format_unit;
pub mod inquiry;
pub mod log_sense;
pub mod mode_sense;
pub mod protection;
pub mod read_capacity;
pub mod report_luns;
pub mod report_supported_operation_codes;
pub mod request_sense;
pub mod sanitize;
pub mod security_protocol;
pub mod sense;
pub mod start_stop_unit;
pub mod test_unit_ready;
pub mod vpd;

use super::Data;

/// One command, ready to be sent.
///
/// Only `proto` makes them, so that there is no command here that a typed request cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    cdb: Vec<u8>,
    data: Data,
}

impl Command {
    /// A command of 6, 10, 12 or 16 bytes.
    pub(in crate::proto) fn new<const N: usize>(
        name: &'static str,
        cdb: [u8; N],
        data: Data,
    ) -> Self {
        const { assert!(matches!(N, 6 | 10 | 12 | 16)) };
        Self { name, cdb: cdb.to_vec(), data }
    }

    /// The command's name in its specification, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The command descriptor block: 6, 10, 12 or 16 bytes.
    #[must_use]
    pub fn cdb(&self) -> &[u8] {
        &self.cdb
    }

    /// The data that goes with it.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }
}

/// Reads every truncation of `page`, the page with each bit flipped in turn, and random bytes:
/// nothing may panic.
#[cfg(test)]
fn hostile<T>(page: &[u8], read: impl Fn(&[u8]) -> T) {
    for end in 0..=page.len() {
        read(&page[..end]);
    }
    let mut changed = page.to_vec();
    for bit in 0..page.len() * 8 {
        changed[bit / 8] ^= 1 << (bit % 8);
        read(&changed);
        changed[bit / 8] ^= 1 << (bit % 8);
    }
    // SplitMix64: the same bytes in every run.
    let mut state = 0_u64;
    for round in 0..2_000_usize {
        let mut noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (z >> 56) as u8
        })
        .take(round % 600)
        .collect();
        read(&noise);
        // With the page's own start the noise gets past the first check.
        for (to, from) in noise.iter_mut().zip(page.iter().take(4)) {
            *to = *from;
        }
        read(&noise);
    }
}
