//! How a revert removes data.

use super::super::super::field::be16;
use super::bit;

/// How a revert removes data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRemoval {
    /// Byte 1, bit 0: it is going on now.
    pub processing: bool,
    /// Byte 1, bit 1: it was interrupted. Reserved and 0 in older classes.
    pub interrupted: bool,
    /// Bit 0 of the bytes below: overwrite. For this and the others: none if not supported.
    pub overwrite: Option<DataRemovalMechanism>,
    /// Bit 1: block erase.
    pub block_erase: Option<DataRemovalMechanism>,
    /// Bit 2: cryptographic erase.
    pub crypto_erase: Option<DataRemovalMechanism>,
    /// Bit 5: the vendor's way. (nvme-cli has bit 4; Opal SSC 2.30 and EDK2 have bit 5.)
    pub vendor_erase: Option<DataRemovalMechanism>,
}

/// A way to remove data that the drive supports (byte 2), and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRemovalMechanism {
    /// From two bytes of bytes 4 to 15, in steps of two seconds or two minutes (byte 3). 131,070
    /// seconds or minutes stand for that and longer.
    pub seconds: Option<u32>,
}

impl DataRemoval {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let (state, supported, minutes) = (*data.get(1)?, *data.get(2)?, *data.get(3)?);
        // The outer level is "too short", the inner one "not supported".
        let mechanism = |n: u8| {
            let time = u32::from(be16(data, 4 + 2 * usize::from(n))?);
            let unit = if bit(minutes, n) { 120 } else { 2 };
            let seconds = (time != 0).then_some(time * unit);
            Some(bit(supported, n).then_some(DataRemovalMechanism { seconds }))
        };
        Some(Self {
            processing: bit(state, 0),
            interrupted: bit(state, 1),
            overwrite: mechanism(0)?,
            block_erase: mechanism(1)?,
            crypto_erase: mechanism(2)?,
            vendor_erase: mechanism(5)?,
        })
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let mut data = vec![0, u8::from(self.processing) | u8::from(self.interrupted) << 1];
        let mechanisms =
            [self.overwrite, self.block_erase, self.crypto_erase, None, None, self.vendor_erase];
        let (mut supported, mut minutes, mut times) = (0, 0, Vec::new());
        for (n, mechanism) in mechanisms.into_iter().enumerate() {
            let seconds = mechanism.and_then(|mechanism| mechanism.seconds).unwrap_or(0);
            // Seconds as long as they fit.
            let (unit, time) = match u16::try_from(seconds / 2) {
                Ok(time) => (0, time),
                Err(_) => (1, u16::try_from(seconds / 120).unwrap_or(u16::MAX)),
            };
            supported |= u8::from(mechanism.is_some()) << n;
            minutes |= unit << n;
            times.extend(time.to_be_bytes());
        }
        data.extend([supported, minutes]);
        data.append(&mut times);
        data.resize(32, 0);
        data
    }
}
