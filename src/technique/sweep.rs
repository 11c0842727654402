//! The machine under both the overwrite and the read-back: it visits stretches of a drive once,
//! in order. What fails is left for the end, so that the healthy part is done first; then it is
//! halved down to the physical block, each block is tried three times, and what still fails is
//! listed. Two limits make sure that a dying drive ends.

use std::time::Duration;

use crate::model::{Range, RangeList};

/// How many stretches are visited in one step: enough to keep a drive busy with small ones.
const BATCH: usize = 64;

/// How often one physical block is tried before it is listed.
const TRIES: u32 = 3;

/// When a sweep stops looking for the good blocks between bad ones.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Physical block size in bytes: the smallest piece worth trying.
    pub granule: u64,
    /// Time that may be spent in operations that fail, and in looking around them. When it is
    /// used up, all that is left is listed as it stands.
    pub trouble: Duration,
    /// Bad physical blocks after which failed stretches are listed whole, not halved any further.
    pub bad_blocks: u64,
}

/// What is still to be visited: enough to go on after a power cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    /// Bytes done.
    pub done_bytes: u64,
    /// Stretches given up.
    pub bad: RangeList,
    /// Stretches not visited yet, or to be tried again.
    pub ranges: Vec<Range>,
    /// Failures so far.
    pub retries: u64,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write, or read and compare, these stretches, in their order and from the start on. They
    /// may be long and many; a part of them is a good answer.
    Visit(Vec<Range>),
    /// Nothing is left.
    Done,
}

/// What became of the last [`Step::Visit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// This many bytes from the start are done, counted over all stretches. Nothing failed.
    Moved(u64),
    /// `moved` bytes from the start are done, then an operation over `failed` bytes failed.
    Failed {
        /// Bytes done before it.
        moved: u64,
        /// Length of the operation that failed, in bytes.
        failed: u64,
    },
    /// The drive ends here now: nothing beyond this byte can be reached.
    Shrunk(u64),
    /// The drive is gone.
    Gone,
}

/// The machine. See the module's head.
#[derive(Debug)]
pub struct Sweep {
    limits: Limits,
    /// The main visit: stretches in reverse order, the next one last.
    ahead: Vec<Range>,
    /// What failed in the main visit, in the order in which it failed.
    failed: Vec<Range>,
    /// Pieces of failed stretches, the next one last.
    pieces: Vec<Range>,
    /// How often the piece on top has been tried.
    tries: u32,
    done_bytes: u64,
    bad: RangeList,
    bad_blocks: u64,
    retries: u64,
    trouble: Duration,
}

impl Sweep {
    /// A sweep over `ranges`.
    #[must_use]
    pub fn new(ranges: Vec<Range>, limits: Limits) -> Self {
        Self::resumed(
            Remainder { done_bytes: 0, bad: RangeList::default(), ranges, retries: 0 },
            limits,
        )
    }

    /// A sweep that goes on where another one was when it gave its [`Sweep::remainder`].
    #[must_use]
    pub fn resumed(from: Remainder, limits: Limits) -> Self {
        let mut ahead = from.ranges;
        ahead.retain(|range| range.bytes > 0);
        ahead.reverse();
        Self {
            limits: Limits { granule: limits.granule.max(1), ..limits },
            ahead,
            failed: Vec::new(),
            pieces: Vec::new(),
            tries: 0,
            done_bytes: from.done_bytes,
            bad: from.bad,
            bad_blocks: 0,
            retries: from.retries,
            trouble: Duration::ZERO,
        }
    }

    /// The next thing to do. Asking twice without an answer gives the same step.
    #[must_use]
    pub fn poll(&self) -> Step {
        // Pieces of failed stretches go one by one: each has tries of its own.
        let ranges: Vec<Range> = match self.pieces.last() {
            Some(piece) => vec![*piece],
            None => self.ahead.iter().rev().take(BATCH).copied().collect(),
        };
        if ranges.is_empty() { Step::Done } else { Step::Visit(ranges) }
    }

    /// The answer to the last step, and how long the part of it that failed took.
    pub fn handle(&mut self, reply: Reply, took: Duration) {
        let Step::Visit(visited) = self.poll() else { return };
        let most = visited.iter().map(|range| range.bytes).sum();
        match reply {
            Reply::Moved(bytes) => self.advance(bytes.min(most)),
            Reply::Failed { moved, failed } => {
                self.retries += 1;
                self.advance(moved.min(most));
                if moved < most {
                    self.fail(failed);
                }
                self.trouble += took;
                if self.trouble > self.limits.trouble {
                    self.give_up();
                }
            }
            Reply::Shrunk(capacity) => self.cut(capacity),
            Reply::Gone => self.give_up(),
        }
        self.refill();
    }

    /// What has been done and what is left.
    #[must_use]
    pub fn remainder(&self) -> Remainder {
        let pieces = self.pieces.iter().rev();
        let ranges = pieces.chain(self.ahead.iter().rev()).chain(&self.failed).copied().collect();
        Remainder {
            done_bytes: self.done_bytes,
            bad: self.bad.clone(),
            ranges,
            retries: self.retries,
        }
    }

    fn current(&self) -> Option<Range> {
        self.pieces.last().or(self.ahead.last()).copied()
    }

    fn stack(&mut self) -> &mut Vec<Range> {
        if self.pieces.is_empty() { &mut self.ahead } else { &mut self.pieces }
    }

    /// The first `bytes` of what was visited are done.
    fn advance(&mut self, mut bytes: u64) {
        while bytes > 0
            && let Some(current) = self.current()
        {
            let part = bytes.min(current.bytes);
            self.done_bytes += part;
            self.drop_front(part);
            bytes -= part;
        }
    }

    fn drop_front(&mut self, bytes: u64) {
        self.tries = 0;
        let stack = self.stack();
        if let Some(range) = stack.pop()
            && range.bytes > bytes
        {
            stack.push(Range::between(range.offset + bytes, range.end()));
        }
    }

    /// The first `bytes` of the current stretch failed.
    fn fail(&mut self, bytes: u64) {
        let Some(current) = self.current() else { return };
        let bytes = bytes.clamp(1, current.bytes.max(1));
        let piece = Range { offset: current.offset, bytes };
        if self.pieces.is_empty() {
            self.drop_front(bytes);
            self.failed.push(piece);
        } else if self.within_one_granule(piece) {
            self.tries += 1;
            if self.tries >= TRIES {
                self.bad.push(piece);
                self.bad_blocks += 1;
                self.drop_front(bytes);
            }
        } else {
            self.drop_front(bytes);
            if self.bad_blocks >= self.limits.bad_blocks {
                self.bad.push(piece);
            } else {
                self.halve(piece);
            }
        }
    }

    fn within_one_granule(&self, piece: Range) -> bool {
        let granule = self.limits.granule;
        piece.offset / granule == piece.end().saturating_sub(1) / granule
    }

    /// Puts both halves of a piece that lies in more than one physical block on the stack, cut at
    /// such a block, the first half on top.
    fn halve(&mut self, piece: Range) {
        let granule = self.limits.granule;
        let middle = (piece.offset + piece.bytes / 2).next_multiple_of(granule);
        let middle = middle.min(piece.end().saturating_sub(1) / granule * granule);
        self.pieces.push(Range::between(middle, piece.end()));
        self.pieces.push(Range::between(piece.offset, middle));
    }

    /// When nothing is ahead, the failed stretches are taken up, first failed first.
    fn refill(&mut self) {
        if self.pieces.is_empty() && self.ahead.is_empty() && !self.failed.is_empty() {
            self.pieces = std::mem::take(&mut self.failed);
            self.pieces.reverse();
            self.tries = 0;
        }
    }

    /// Lists everything that is left.
    fn give_up(&mut self) {
        let mut rest = self.remainder().ranges;
        rest.sort_by_key(|range| range.offset);
        for range in rest {
            self.bad.push(range);
        }
        self.ahead.clear();
        self.failed.clear();
        self.pieces.clear();
    }

    /// Lists everything that is left beyond `capacity`.
    fn cut(&mut self, capacity: u64) {
        let bad = &mut self.bad;
        for stack in [&mut self.pieces, &mut self.ahead, &mut self.failed] {
            for range in stack.iter_mut() {
                let end = range.end();
                bad.push(Range::between(range.offset.max(capacity), end));
                *range = Range::between(range.offset, end.min(capacity));
            }
            stack.retain(|range| range.bytes > 0);
        }
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { granule: 4096, trouble: Duration::from_secs(600), bad_blocks: 4096 };

    /// Runs a sweep against a drive on which `bad` says which bytes fail, in operations of
    /// `chunk` bytes; returns the sweep and what was visited.
    fn run(mut sweep: Sweep, chunk: u64, bad: impl Fn(Range) -> bool) -> (Sweep, Vec<Range>) {
        let mut visited = Vec::new();
        for _ in 0..1_000_000 {
            let Step::Visit(ranges) = sweep.poll() else { return (sweep, visited) };
            let range = ranges[0];
            let operation = Range { offset: range.offset, bytes: range.bytes.min(chunk) };
            if bad(operation) {
                let reply = Reply::Failed { moved: 0, failed: operation.bytes };
                sweep.handle(reply, Duration::from_millis(1));
            } else {
                visited.push(operation);
                sweep.handle(Reply::Moved(operation.bytes), Duration::ZERO);
            }
        }
        panic!("the sweep does not end");
    }

    fn touches(range: Range, offset: u64, bytes: u64) -> bool {
        range.offset < offset + bytes && offset < range.end()
    }

    fn whole(bytes: u64) -> Vec<Range> {
        vec![Range { offset: 0, bytes }]
    }

    #[test]
    fn a_bad_sector_costs_one_physical_block() {
        let (sweep, visited) = run(Sweep::new(whole(64 << 20), LIMITS), 1 << 20, |range| {
            touches(range, 20_000_000, 512)
        });
        let left = sweep.remainder();
        assert_eq!(left.bad.ranges, [Range { offset: 20_000_000 / 4096 * 4096, bytes: 4096 }]);
        assert_eq!(left.done_bytes, (64 << 20) - 4096);
        assert_eq!(visited.iter().map(|range| range.bytes).sum::<u64>(), left.done_bytes);
        assert!(left.ranges.is_empty());
    }

    #[test]
    fn the_healthy_part_comes_first() {
        let (_, visited) =
            run(Sweep::new(whole(16 << 20), LIMITS), 1 << 20, |range| touches(range, 0, 512));
        let first: Vec<_> = visited.iter().take(15).map(|range| range.bytes).collect();
        assert_eq!(first, [1 << 20; 15]);
    }

    #[test]
    fn a_block_that_works_on_the_third_try_is_good() {
        let mut sweep = Sweep::new(whole(4096), LIMITS);
        let fail = Reply::Failed { moved: 0, failed: 4096 };
        for _ in 0..3 {
            assert_eq!(sweep.poll(), Step::Visit(vec![Range { offset: 0, bytes: 4096 }]));
            sweep.handle(fail, Duration::ZERO);
        }
        sweep.handle(Reply::Moved(4096), Duration::ZERO);
        assert_eq!(sweep.poll(), Step::Done);
        assert!(sweep.remainder().bad.is_empty());
        assert_eq!(sweep.remainder().retries, 3);
    }

    #[test]
    fn everything_bad_ends_and_is_listed() {
        for size in [1 << 20, (1 << 20) + 512, 512, 4096 + 512] {
            let (sweep, _) = run(Sweep::new(whole(size), LIMITS), 1 << 20, |_| true);
            let left = sweep.remainder();
            assert_eq!((left.done_bytes, left.bad.total_bytes), (0, size));
            assert_eq!(left.bad.count, 1, "touching stretches are one");
        }
    }

    #[test]
    fn the_time_for_trouble_runs_out() {
        let limits = Limits { trouble: Duration::from_millis(10), ..LIMITS };
        let (sweep, visited) =
            run(Sweep::new(whole(1 << 30), limits), 1 << 20, |range| range.offset >= 1 << 29);
        let left = sweep.remainder();
        assert_eq!(left.done_bytes, 1 << 29);
        assert_eq!(left.bad.total_bytes, 1 << 29);
        assert_eq!(visited.len(), 512);
    }

    #[test]
    fn after_many_bad_blocks_stretches_are_listed_whole() {
        let limits = Limits { bad_blocks: 8, ..LIMITS };
        let mut operations = 0_u64;
        let (sweep, _) = run(Sweep::new(whole(64 << 20), limits), 1 << 20, |_| true);
        operations += sweep.remainder().retries;
        assert_eq!(sweep.remainder().bad.total_bytes, 64 << 20);
        assert!(operations < 300, "{operations} operations on a dead drive");
    }

    #[test]
    fn a_shrunk_drive_loses_its_end_only() {
        let mut sweep = Sweep::new(whole(1 << 20), LIMITS);
        sweep.handle(Reply::Moved(1 << 18), Duration::ZERO);
        sweep.handle(Reply::Shrunk(1 << 19), Duration::ZERO);
        assert_eq!(sweep.poll(), Step::Visit(vec![Range { offset: 1 << 18, bytes: 1 << 18 }]));
        sweep.handle(Reply::Moved(1 << 18), Duration::ZERO);
        assert_eq!(sweep.poll(), Step::Done);
        assert_eq!(sweep.remainder().bad.ranges, [Range { offset: 1 << 19, bytes: 1 << 19 }]);
    }

    /// Many small stretches go in one step, and what is done of them is counted over all.
    #[test]
    fn small_stretches_are_visited_together() {
        let ranges: Vec<Range> =
            (0..200).map(|n| Range { offset: n * 65_536, bytes: 4096 }).collect();
        let mut sweep = Sweep::new(ranges.clone(), LIMITS);
        assert_eq!(sweep.poll(), Step::Visit(ranges[..64].to_vec()));
        // Two and a half of them, then the rest of the third fails.
        sweep.handle(Reply::Failed { moved: 10_240, failed: 2048 }, Duration::ZERO);
        let Step::Visit(next) = sweep.poll() else { panic!("there is more") };
        assert_eq!(next[0], ranges[3]);
        let (sweep, _) = run(sweep, 4096, |_| false);
        let left = sweep.remainder();
        assert_eq!((left.done_bytes, left.bad.total_bytes), (200 * 4096, 0));
        assert_eq!(left.retries, 1);
    }

    #[test]
    fn gone_is_gone() {
        let mut sweep = Sweep::new(whole(1 << 20), LIMITS);
        sweep.handle(Reply::Moved(4096), Duration::ZERO);
        sweep.handle(Reply::Gone, Duration::ZERO);
        assert_eq!(sweep.poll(), Step::Done);
        assert_eq!(sweep.remainder().bad.total_bytes, (1 << 20) - 4096);
    }

    proptest::proptest! {
        /// Wherever it is cut off and resumed, every byte is either done or listed, exactly once.
        #[test]
        fn nothing_is_lost_at_a_power_cut(
            size in 1_u64..200, cut in 0_usize..400, bad in proptest::collection::vec(0_u64..200, 0..6)
        ) {
            let size = size * 512;
            let fails = |range: Range| bad.iter().any(|block| touches(range, block * 512, 512));
            let mut sweep = Sweep::new(whole(size), Limits { granule: 1024, ..LIMITS });
            for _ in 0..cut {
                let Step::Visit(ranges) = sweep.poll() else { break };
                let range = ranges[0];
                let operation = Range { offset: range.offset, bytes: range.bytes.min(8192) };
                sweep.handle(if fails(operation) {
                    Reply::Failed { moved: 0, failed: operation.bytes }
                } else {
                    Reply::Moved(operation.bytes)
                }, Duration::ZERO);
            }
            let left = sweep.remainder();
            let open: u64 = left.ranges.iter().map(|range| range.bytes).sum();
            proptest::prop_assert_eq!(left.done_bytes + left.bad.total_bytes + open, size);
            let (sweep, _) = run(Sweep::resumed(left, Limits { granule: 1024, ..LIMITS }), 8192, fails);
            let left = sweep.remainder();
            proptest::prop_assert_eq!(left.done_bytes + left.bad.total_bytes, size);
            // A physical block is listed exactly if a bad sector lies in it.
            let blocks: std::collections::BTreeSet<u64> =
                bad.iter().filter(|b| **b * 512 < size).map(|b| b * 512 / 1024 * 1024).collect();
            let expected: u64 = blocks.iter().map(|b| (size - b).min(1024)).sum();
            proptest::prop_assert_eq!(left.bad.total_bytes, expected);
        }
    }
}
