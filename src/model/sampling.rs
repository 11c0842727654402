//! Which blocks are read back: a pure function of mode, size and seed, so that anyone can
//! recompute the positions from a certificate.
//!
//! * `full`: everything.
//! * `sample`: the representative sampling of NIST SP 800-88r1, section 4.7. The drive is divided
//!   into 1000 sections; in each, two non-overlapping samples at random places, each at least 5 %
//!   of the section; and the first and the last block. At least 10 % of the drive.
//! * `quick`: 6908 blocks at random places, and the first and the last block.
//!
//! A drive too small for the division (fewer than 20 blocks a section, where 5 % would be less
//! than a block; or fewer than four times the random blocks) is read in full.
//!
//! Random numbers: `draw(i)` is the first 16 bytes, big-endian, of
//! SHA-256(`"nulstil sampling 1"` ‖ seed ‖ i as 8 bytes big-endian).

use sha2::{Digest as _, Sha256};

use super::{Range, VerifyMode};

/// Sections of the `sample` mode (SP 800-88r1 asks for at least 1,000).
pub const SECTIONS: u64 = 1000;

/// Random blocks of the `quick` mode. With all of them right, the unerased part is below
/// [`RESIDUE_PPM`] with 99.9 % confidence.
pub const QUICK_BLOCKS: u64 = 6908;

/// If a part f of all blocks were unerased, n random draws would all miss it with probability
/// (1-f)^n < e^(-fn). That is 0.001 at f = ln(1000) / n = 6.907756 / n; rounded up, in parts per
/// million of the drive.
pub const RESIDUE_PPM: u64 = 6_907_756_u64.div_ceil(QUICK_BLOCKS);

/// What will be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Design {
    extents: Vec<Range>,
    kind: Kind,
}

/// How the extents were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is read.
    Nothing,
    /// Everything is read.
    Full,
    /// Two samples in each of 1000 sections, first and last block.
    Sections,
    /// Random blocks, first and last block.
    RandomBlocks,
}

impl Design {
    /// The design for a drive of `capacity` bytes and blocks of `block` bytes.
    ///
    /// A pure function: the same arguments give the same extents on every machine.
    #[must_use]
    pub fn new(mode: VerifyMode, capacity: u64, block: u32, seed: &[u8; 32]) -> Self {
        let block = u64::from(block.max(1));
        let blocks = capacity.div_ceil(block);
        let kind = match mode {
            VerifyMode::None => Kind::Nothing,
            VerifyMode::Sample if blocks >= SECTIONS * 20 => Kind::Sections,
            VerifyMode::Quick if blocks >= QUICK_BLOCKS * 4 => Kind::RandomBlocks,
            VerifyMode::Full | VerifyMode::Sample | VerifyMode::Quick => Kind::Full,
        };
        let mut spans: Vec<(u64, u64)> = match kind {
            Kind::Nothing => Vec::new(),
            Kind::Full => vec![(0, blocks)],
            Kind::Sections => (0..SECTIONS).flat_map(|s| section(seed, s, blocks)).collect(),
            Kind::RandomBlocks => (0..QUICK_BLOCKS)
                .map(|i| {
                    let at = draw(seed, i, blocks);
                    (at, at + 1)
                })
                .collect(),
        };
        if matches!(kind, Kind::Sections | Kind::RandomBlocks) {
            spans.extend([(0, 1), (blocks - 1, blocks)]);
        }
        spans.sort_unstable();
        let mut extents: Vec<Range> = Vec::with_capacity(spans.len());
        for (start, end) in spans {
            let (start, end) = (start * block, (end * block).min(capacity));
            match extents.last_mut() {
                Some(last) if last.end() >= start => {
                    last.bytes = end.max(last.end()) - last.offset;
                }
                _ => extents.push(Range::between(start, end)),
            }
        }
        Self { extents, kind }
    }

    /// The extents in ascending order; they neither touch nor overlap.
    #[must_use]
    pub fn extents(&self) -> &[Range] {
        &self.extents
    }

    /// How many bytes will be read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.extents.iter().map(|extent| extent.bytes).sum()
    }

    /// How the extents were chosen; `sample` and `quick` read small drives in full.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// For people: what is read back, and what that can show.
    #[must_use]
    pub fn statement(&self) -> String {
        match self.kind {
            Kind::Nothing => "nothing is read back".to_owned(),
            Kind::Full => "every block is read back".to_owned(),
            Kind::Sections => format!(
                "10 % at random places, two in each of {SECTIONS} sections, first and last block \
                 (NIST SP 800-88r1, 4.7)"
            ),
            Kind::RandomBlocks => format!(
                "{QUICK_BLOCKS} random blocks, first and last block; all right means: with 99.9 % \
                 confidence less than {RESIDUE_PPM} millionths of the drive are unerased"
            ),
        }
    }
}

/// The two samples of section `s`, as block numbers.
fn section(seed: &[u8; 32], s: u64, blocks: u64) -> [(u64, u64); 2] {
    let start = scale(blocks, s);
    let len = scale(blocks, s + 1) - start;
    let size = len.div_ceil(20);
    // Two numbers in the room that both samples together leave free: sorted, and the second moved
    // up by one sample, they never overlap.
    let room = len - 2 * size + 1;
    let (x, y) = (draw(seed, 2 * s, room), draw(seed, 2 * s + 1, room));
    let (a, b) = (start + x.min(y), start + x.max(y) + size);
    [(a, a + size), (b, b + size)]
}

/// Where section `s` begins: `blocks * s / SECTIONS`, without overflow.
fn scale(blocks: u64, s: u64) -> u64 {
    (blocks / SECTIONS) * s + (blocks % SECTIONS) * s / SECTIONS
}

/// The `i`-th random number below `bound`.
pub(crate) fn draw(seed: &[u8; 32], i: u64, bound: u64) -> u64 {
    let digest = Sha256::new()
        .chain_update(b"nulstil sampling 1")
        .chain_update(seed)
        .chain_update(i.to_be_bytes())
        .finalize();
    let wide = digest.iter().take(16).fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
    // The remainder is below `bound`, so it fits.
    u64::try_from(wide % u128::from(bound.max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [7; 32];

    #[test]
    fn the_sample_keeps_the_rule_of_800_88() {
        for blocks in [20_000_u64, 20_001, 999_983, 7_814_037_168] {
            for s in [0, 1, 499, 998, 999] {
                let [(a, b), (c, d)] = section(&SEED, s, blocks);
                let (start, end) = (scale(blocks, s), scale(blocks, s + 1));
                assert!(start <= a && b <= c && d <= end, "{blocks} {s}: {a} {b} {c} {d}");
                assert!((b - a) * 20 >= end - start && (d - c) * 20 >= end - start);
            }
            assert_eq!((scale(blocks, 0), scale(blocks, SECTIONS)), (0, blocks));
            let design = Design::new(VerifyMode::Sample, blocks * 512, 512, &SEED);
            assert_eq!(design.kind(), Kind::Sections);
            assert!(design.bytes() * 10 >= blocks * 512);
            assert!(design.bytes() * 9 < blocks * 512 + 9 * 2 * 1000 * 512);
            assert_eq!(design.extents()[0].offset, 0);
            assert_eq!(design.extents().last().unwrap().end(), blocks * 512);
            assert!(design.extents().windows(2).all(|w| w[0].end() < w[1].offset));
        }
    }

    #[test]
    fn every_place_can_be_hit() {
        // A sample that never reached the last block of a section would be a hiding place.
        let (mut first, mut last) = (false, false);
        for n in 0..400_u32 {
            let mut seed = SEED;
            seed[..4].copy_from_slice(&n.to_be_bytes());
            let [(a, _), (_, d)] = section(&seed, 3, 40_000);
            first |= a == 120;
            last |= d == 160;
        }
        assert!(first && last);
    }

    #[test]
    fn small_drives_are_read_in_full() {
        for (mode, blocks) in [(VerifyMode::Sample, 19_999), (VerifyMode::Quick, 27_631)] {
            let design = Design::new(mode, blocks * 512, 512, &SEED);
            assert_eq!(design.kind(), Kind::Full);
            assert_eq!(design.bytes(), blocks * 512);
        }
        assert_eq!(Design::new(VerifyMode::None, 1 << 30, 512, &SEED).bytes(), 0);
    }

    #[test]
    fn quick_says_what_it_can_say() {
        assert_eq!(RESIDUE_PPM, 1000);
        let design = Design::new(VerifyMode::Quick, 1 << 40, 4096, &SEED);
        assert_eq!(design.kind(), Kind::RandomBlocks);
        let blocks = design.bytes() / 4096;
        assert!(blocks <= QUICK_BLOCKS + 2 && blocks > QUICK_BLOCKS - 20);
    }

    #[test]
    fn an_image_of_odd_size_ends_where_it_ends() {
        let design = Design::new(VerifyMode::Full, 1000, 512, &SEED);
        assert_eq!(design.extents(), [Range { offset: 0, bytes: 1000 }]);
        let design = Design::new(VerifyMode::Sample, 20_000 * 512 + 3, 512, &SEED);
        assert_eq!(design.extents().last().unwrap().end(), 20_000 * 512 + 3);
    }

    /// Literal values, made with Python's hashlib: another implementation finds the same places.
    #[test]
    fn draws_are_reproducible_elsewhere() {
        assert_eq!(draw(&[0; 32], 0, 1_000_003), 53_173);
        assert_eq!(draw(&[7; 32], 5, 1 << 40), 816_356_325_329);
    }
}
