//! Stretches of a drive, in bytes.

use serde::{Deserialize, Serialize};

/// A stretch of a drive: `bytes` bytes from `offset` on. Both are multiples of the logical block
/// size, except at the end of a disk image of odd size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Range {
    /// First byte.
    pub offset: u64,
    /// Length in bytes.
    pub bytes: u64,
}

impl Range {
    /// The stretch from byte `start` up to but not including byte `end`; empty if `end <= start`.
    #[must_use]
    pub const fn between(start: u64, end: u64) -> Self {
        Self { offset: start, bytes: end.saturating_sub(start) }
    }

    /// The first byte after the stretch.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.bytes)
    }
}

/// How many ranges a [`RangeList`] names one by one.
const LISTED: usize = 256;

/// Stretches of a drive, joined where they touch. The totals are always exact; only the first
/// 256 stretches are named, so that a certificate of a dying drive stays readable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RangeList {
    /// Sum of all stretches in bytes.
    pub total_bytes: u64,
    /// Number of separate stretches, listed or not.
    pub count: u64,
    /// The first stretches, in the order in which they were found.
    pub ranges: Vec<Range>,
}

impl RangeList {
    /// Adds a stretch; one that continues the last one is joined with it.
    pub fn push(&mut self, range: Range) {
        if range.bytes == 0 {
            return;
        }
        self.total_bytes += range.bytes;
        let all_listed = self.count == self.ranges.len() as u64;
        match self.ranges.last_mut() {
            Some(last) if all_listed && last.end() == range.offset => last.bytes += range.bytes,
            _ => {
                self.count += 1;
                if all_listed && self.ranges.len() < LISTED {
                    self.ranges.push(range);
                }
            }
        }
    }

    /// Whether there is no stretch at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.total_bytes == 0 && self.count == 0 && self.ranges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_stretches_join_and_totals_stay_exact() {
        let mut list = RangeList::default();
        list.push(Range { offset: 512, bytes: 512 });
        list.push(Range { offset: 1024, bytes: 512 });
        list.push(Range { offset: 4096, bytes: 512 });
        list.push(Range { offset: 9, bytes: 0 });
        assert_eq!(list.total_bytes, 1536);
        assert_eq!(list.count, 2);
        assert_eq!(list.ranges[0], Range { offset: 512, bytes: 1024 });
        for i in 0..1000 {
            list.push(Range { offset: 1_000_000 + i * 1024, bytes: 512 });
        }
        assert_eq!((list.count, list.ranges.len()), (1002, 256));
        assert_eq!(list.total_bytes, 1536 + 1000 * 512);
    }
}
