//! What a pass writes, and what read-back expects: a function of the byte offset alone, so that
//! any block can be made again, in any order, now or years later.
//!
//! The random stream is AES-128 in counter mode (NIST SP 800-38A): the 16 bytes at byte offset
//! `o` are the encryption of `o / 16` as a 128-bit big-endian number. Any block can be made with
//! `openssl enc -aes-128-ctr -K <key> -iv <o / 16 in 32 hex digits>` over zeros. AES-128, not 256:
//! the stream hides nothing, it only has to be unpredictable to the drive.

use aes::Aes128;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::model::{CipherKey, Pass, hex, unhex};

/// The key of one random pass on one drive.
#[derive(Clone)]
pub struct StreamKey(Zeroizing<[u8; 16]>);

impl std::fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StreamKey({})", self.commitment())
    }
}

impl StreamKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key written as 32 hexadecimal digits, as a journal keeps it.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Some(Self::new(unhex(text)?.try_into().ok()?))
    }

    /// The key as 32 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(self.0.as_slice())
    }

    /// SHA-256 of the key, hexadecimal: what the certificate commits to.
    #[must_use]
    pub fn commitment(&self) -> String {
        hex(&Sha256::digest(self.0.as_slice()))
    }

    /// The key as the certificate carries it.
    #[must_use]
    pub fn evidence(&self, reveal: bool) -> CipherKey {
        CipherKey { sha256: self.commitment(), revealed: reveal.then(|| self.to_hex()) }
    }
}

/// What stands, or should stand, at every offset of a drive.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Every byte the same.
    Constant(u8),
    /// The key stream.
    Stream(StreamKey),
}

impl Pattern {
    /// The pattern of a pass; `None` if a random pass has no key.
    #[must_use]
    pub fn of(pass: Pass, key: Option<&StreamKey>) -> Option<Self> {
        Some(match pass {
            Pass::Zeros => Self::Constant(0),
            Pass::Ones => Self::Constant(0xff),
            Pass::Byte { value } => Self::Constant(value),
            Pass::Random => Self::Stream(key?.clone()),
        })
    }

    /// Puts into `buffer` what stands at byte `offset`, which is a multiple of 16.
    pub fn fill(&self, offset: u64, buffer: &mut [u8]) {
        match self {
            Self::Constant(byte) => buffer.fill(*byte),
            Self::Stream(key) => {
                let mut stream = ctr::Ctr128BE::<Aes128>::new(
                    &(*key.0).into(),
                    &u128::from(offset / 16).to_be_bytes().into(),
                );
                debug_assert!(offset.is_multiple_of(16));
                stream.write_keystream(buffer);
            }
        }
    }

    /// Whether `data`, read at byte `offset`, is what should stand there. `scratch` is at least
    /// as long as `data`; its content does not matter.
    #[must_use]
    pub fn matches(&self, offset: u64, data: &[u8], scratch: &mut [u8]) -> bool {
        match self {
            // Without a way out in the middle the compiler makes vector code of it, which is
            // several times as fast; the way out is between the pieces.
            Self::Constant(byte) => data
                .chunks(4096)
                .all(|piece| piece.iter().fold(0, |differ, have| differ | (have ^ byte)) == 0),
            Self::Stream(_) => match scratch.get_mut(..data.len()) {
                Some(expected) => {
                    self.fill(offset, expected);
                    data == expected
                }
                None => false,
            },
        }
    }

    /// Gives every block of `block` bytes in `data`, read at byte `offset`, that is not what should
    /// stand there to `found`, with its offset and what is there. `scratch` as for
    /// [`Self::matches`].
    pub fn differences(
        &self,
        offset: u64,
        data: &[u8],
        block: u32,
        scratch: &mut [u8],
        found: &mut dyn FnMut(u64, &[u8]),
    ) {
        if self.matches(offset, data, scratch) {
            return;
        }
        let size = block.max(1) as usize;
        for (at, have) in (offset..).step_by(size).zip(data.chunks(size)) {
            if !self.matches(at, have, scratch) {
                found(at, have);
            }
        }
    }

    /// What should stand in the `bytes` bytes at `offset`, in words for a certificate.
    #[must_use]
    pub fn describe(&self, offset: u64, bytes: usize) -> String {
        match self {
            Self::Constant(byte) => format!("every byte 0x{byte:02x}"),
            Self::Stream(_) => {
                let mut block = vec![0; bytes];
                self.fill(offset, &mut block);
                format!("key stream, SHA-256 {}", hex(&Sha256::digest(&block)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Pattern {
        let key: [u8; 16] = std::array::from_fn(|i| i as u8);
        Pattern::Stream(StreamKey::new(key))
    }

    /// Literals made with `head -c 16 /dev/zero | openssl enc -aes-128-ctr
    /// -K 000102030405060708090a0b0c0d0e0f -iv <offset / 16> -nopad`.
    #[test]
    fn openssl_makes_the_same_blocks() {
        for (offset, expected) in [
            (0, "c6a13b37878f5b826f4f8162a1c8d879"),
            (512, "6456641ed4449570e2bb13ea553f72b5"),
            ((1 << 45) + 4096, "a80b3eda3fa3e63e629b3ef055cb8e8f"),
        ] {
            let mut block = [0xaa; 16];
            stream().fill(offset, &mut block);
            assert_eq!(hex(&block), expected, "offset {offset}");
        }
    }

    #[test]
    fn any_order_any_size() {
        let mut whole = vec![0; 64 * 1024];
        stream().fill(1 << 32, &mut whole);
        for (at, len) in [(0, 512), (512, 4096), (48 * 1024, 16 * 1024), (65_520, 16)] {
            let mut part = vec![0; len];
            stream().fill((1 << 32) + at as u64, &mut part);
            assert_eq!(part, whole[at..at + len]);
        }
    }

    #[test]
    fn one_wrong_bit_is_seen() {
        for pattern in [Pattern::Constant(0), Pattern::Constant(0xff), stream()] {
            let (mut data, mut scratch) = (vec![0; 4096], vec![0; 4096]);
            pattern.fill(8192, &mut data);
            assert!(pattern.matches(8192, &data, &mut scratch));
            for at in [0, 7, 8, 2049, 4095] {
                data[at] ^= 0x10;
                assert!(!pattern.matches(8192, &data, &mut scratch), "{pattern:?} at {at}");
                data[at] ^= 0x10;
            }
        }
        // The right bytes at the wrong place: a drive that wraps around or misdirects writes.
        let (mut data, mut scratch) = (vec![0; 4096], vec![0; 4096]);
        stream().fill(8192, &mut data);
        assert!(!stream().matches(4096, &data, &mut scratch));
    }

    #[test]
    fn keys_do_not_show() {
        let key = StreamKey::from_hex("00112233445566778899aabbccddeeff").unwrap();
        assert!(!format!("{key:?}").contains("00112233"));
        assert_eq!(key.to_hex(), "00112233445566778899aabbccddeeff");
        assert!(StreamKey::from_hex("0011").is_none());
    }
}
