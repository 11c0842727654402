//! Where markers are planted before an erase by firmware, where samples are taken, and what a
//! block holds.

use std::collections::BTreeSet;

use crate::model::{Content, Range, sampling::draw};

/// How many blocks are marked, on a drive that has room for them.
const MARKERS: u64 = 256;

/// How many other blocks are read before and afterwards, and how many are drawn anew afterwards.
const SAMPLES: u64 = 1024;

/// A block of this size can be written alone on every drive whose physical blocks are known.
const LARGEST_BLOCK: u64 = 4096;

/// Sectors of 512 bytes at which address arithmetic has gone wrong: 28-bit commands, 32-bit
/// numbers (also of 4096-byte blocks).
const LIMITS: [u64; 3] = [1 << 28, 1 << 32, 8 << 32];

/// The places that follow from a seed.
#[derive(Debug, PartialEq, Eq)]
pub struct Places {
    /// Blocks to be marked, in ascending order: the first, the last, both sides of each limit of
    /// addressing and of a former hidden area, and random ones.
    pub markers: Vec<Range>,
    /// Other blocks, in ascending order.
    pub samples: Vec<Range>,
}

impl Places {
    /// The places on a drive of `capacity` bytes with blocks of `logical` and `physical` bytes, which
    /// ended at byte offset `former_end` before it showed what it hid.
    #[must_use]
    pub fn new(
        seed: &[u8; 32],
        capacity: u64,
        logical: u32,
        physical: u32,
        former_end: Option<u64>,
    ) -> Self {
        let block = u64::from(logical).max(u64::from(physical).min(LARGEST_BLOCK)).max(1);
        let blocks = capacity / block;
        let mut draws = 0..;
        let mut marked = BTreeSet::new();
        if blocks > 0 {
            marked.extend([0, blocks - 1]);
            let limits = LIMITS.map(|sectors| sectors * 512 / block);
            for limit in limits.into_iter().chain(former_end.map(|end| end / block)) {
                let sides = [limit.saturating_sub(1), limit];
                marked.extend(sides.into_iter().filter(|block| *block < blocks));
            }
        }
        let markers = pick(seed, &mut draws, blocks, MARKERS, marked.clone(), &BTreeSet::new());
        let samples = pick(seed, &mut draws, blocks, SAMPLES, BTreeSet::new(), &markers);
        let ranges = |places: BTreeSet<u64>| {
            places.into_iter().map(|n| Range { offset: n * block, bytes: block }).collect()
        };
        Self { markers: ranges(markers), samples: ranges(samples) }
    }
}

/// Draws until there are `wanted`, or a quarter of the drive; none of `others`.
fn pick(
    seed: &[u8; 32],
    draws: &mut std::ops::RangeFrom<u64>,
    blocks: u64,
    wanted: u64,
    mut places: BTreeSet<u64>,
    others: &BTreeSet<u64>,
) -> BTreeSet<u64> {
    let wanted = wanted.min(blocks / 4);
    while (places.len() as u64) < wanted {
        let Some(i) = draws.next() else { break };
        let place = draw(seed, i, blocks);
        if !others.contains(&place) {
            places.insert(place);
        }
    }
    places
}

/// Counts what a block holds.
pub fn count(content: &mut Content, block: Option<&[u8]>) {
    let kind = match block {
        None => &mut content.unreadable,
        Some(bytes) => match repeats(bytes) {
            Some([0]) => &mut content.zeros,
            Some([0xff]) => &mut content.ones,
            Some(_) => &mut content.repeating,
            None => &mut content.other,
        },
    };
    *kind += 1;
}

/// The shortest pattern of 1, 2, 4, 8 or 16 bytes that a block consists of.
#[must_use]
pub fn repeats(block: &[u8]) -> Option<&[u8]> {
    [1, 2, 4, 8, 16].into_iter().find_map(|period| {
        let (pattern, _) = block.split_at_checked(period)?;
        block.chunks(period).all(|part| pattern.starts_with(part)).then_some(pattern)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_lie_where_addresses_go_wrong() {
        let capacity = (1_u64 << 33) * 512;
        let places = Places::new(&[1; 32], capacity, 512, 4096, None);
        let offsets: Vec<u64> = places.markers.iter().map(|range| range.offset).collect();
        for at in [0, capacity - 4096, (1 << 28) * 512 - 4096, (1 << 28) * 512, (1 << 32) * 512] {
            assert!(offsets.contains(&at), "{at}");
        }
        assert_eq!(places.markers.len() as u64, MARKERS);
        assert_eq!(places.samples.len() as u64, SAMPLES);
        let all: BTreeSet<_> =
            places.markers.iter().chain(&places.samples).map(|range| range.offset).collect();
        assert_eq!(all.len() as u64, MARKERS + SAMPLES, "a place was drawn twice");
        let in_order = |ranges: &[Range]| ranges.is_sorted_by_key(|range| range.offset);
        assert!(in_order(&places.markers) && in_order(&places.samples));
        let fits = |range: &Range| range.bytes == 4096 && range.end() <= capacity;
        assert!(places.markers.iter().chain(&places.samples).all(fits));
        assert_ne!(places, Places::new(&[2; 32], capacity, 512, 4096, None));
        assert_eq!(places, Places::new(&[1; 32], capacity, 512, 4096, None));
    }

    #[test]
    fn markers_lie_on_both_sides_of_a_former_end() {
        let end = 700_000 * 512;
        let offsets = |former_end| -> Vec<u64> {
            let places = Places::new(&[1; 32], 1 << 30, 512, 512, former_end);
            places.markers.iter().map(|range| range.offset).collect()
        };
        let marked = offsets(Some(end));
        assert!(marked.contains(&end) && marked.contains(&(end - 512)));
        assert_eq!(marked.len() as u64, MARKERS);
        assert!(!offsets(None).contains(&end));
        // In the middle of a block that is written whole, both sides are that block.
        let places = Places::new(&[1; 32], 1 << 30, 512, 4096, Some(4096 * 100 + 512));
        assert!(places.markers.iter().any(|range| range.offset == 4096 * 100));
        for nonsense in [0, 1 << 30, u64::MAX] {
            assert!(offsets(Some(nonsense)).iter().all(|offset| offset + 512 <= 1 << 30));
        }
    }

    #[test]
    fn a_small_drive_has_fewer() {
        for capacity in [0, 511, 512, 4096, 100 * 512, 1 << 20] {
            let places = Places::new(&[1; 32], capacity, 512, 512, None);
            let blocks = (capacity / 512) as usize;
            assert!(places.markers.len() <= (blocks / 4).max(2), "{capacity}");
            assert!(places.markers.iter().all(|range| range.end() <= capacity), "{capacity}");
        }
        assert_eq!(Places::new(&[1; 32], 1 << 20, 512, 512, None).markers.len() as u64, MARKERS);
        // Blocks that are larger than what is usual are not split.
        let large = Places::new(&[1; 32], 1 << 30, 8192, 8192, None);
        assert!(large.markers.iter().all(|range| range.bytes == 8192));
    }

    #[test]
    fn content_is_told_apart() {
        let mut content = Content::default();
        let noise: Vec<u8> = (0..512_u32).map(|n| ((n * n) >> 3) as u8).collect();
        let periodic = [0x33, 0xcc, 0x55, 0xaa].repeat(128);
        let mut almost = vec![0; 512];
        almost[511] = 1;
        for block in [
            Some(&[0; 512][..]),
            Some(&[0xff; 512]),
            Some(&[7; 512]),
            Some(&periodic),
            Some(&noise),
            Some(&almost),
            None,
        ] {
            count(&mut content, block);
        }
        let expected = Content { zeros: 1, ones: 1, repeating: 2, other: 2, unreadable: 1 };
        assert_eq!(content, expected);
    }
}
