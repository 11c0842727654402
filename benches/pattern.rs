//! How fast patterns are made and compared, by the size of the operation, on one thread: what a
//! drive must be slower than, times the processors there are.

use divan::{Bencher, black_box, counter::BytesCount};
use nulstil::pattern::{Pattern, StreamKey};

fn main() {
    divan::main();
}

/// Sizes of operations in KiB: from what stays in a processor's cache to what does not.
const KIB: [usize; 4] = [64, 512, 1024, 4096];

/// Where on the drive: far enough that the block counter has more than 32 bits.
const OFFSET: u64 = 1 << 40;

fn zeros() -> Pattern {
    Pattern::Constant(0)
}

/// AES-128 in counter mode.
fn stream() -> Pattern {
    Pattern::Stream(StreamKey::new([9; 16]))
}

fn fill(bencher: Bencher<'_, '_>, pattern: &Pattern, kib: usize) {
    let mut buffer = vec![0xa7; kib << 10];
    bencher
        .counter(BytesCount::new(buffer.len()))
        .bench_local(|| pattern.fill(OFFSET, black_box(&mut buffer)));
}

#[divan::bench(args = KIB)]
fn fill_zeros(bencher: Bencher<'_, '_>, kib: usize) {
    fill(bencher, &zeros(), kib);
}

#[divan::bench(args = KIB)]
fn fill_stream(bencher: Bencher<'_, '_>, kib: usize) {
    fill(bencher, &stream(), kib);
}

/// Compares with what stands there, in which the last byte differs or none.
fn compare(bencher: Bencher<'_, '_>, pattern: &Pattern, kib: usize, differs: bool) {
    let mut data = vec![0; kib << 10];
    let mut scratch = data.clone();
    pattern.fill(OFFSET, &mut data);
    if differs && let Some(last) = data.last_mut() {
        *last ^= 1;
    }
    bencher.counter(BytesCount::new(data.len())).bench_local(|| {
        let mut found = 0_u64;
        pattern.differences(OFFSET, black_box(&data), 512, &mut scratch, &mut |_, _| found += 1);
        assert_eq!(found, u64::from(differs));
    });
}

#[divan::bench(args = KIB)]
fn compare_zeros(bencher: Bencher<'_, '_>, kib: usize) {
    compare(bencher, &zeros(), kib, false);
}

#[divan::bench(args = KIB)]
fn compare_stream(bencher: Bencher<'_, '_>, kib: usize) {
    compare(bencher, &stream(), kib, false);
}

/// One wrong block has the operation looked at block by block.
#[divan::bench(args = KIB)]
fn find_in_zeros(bencher: Bencher<'_, '_>, kib: usize) {
    compare(bencher, &zeros(), kib, true);
}

/// The same, which makes the key stream a second time.
#[divan::bench(args = KIB)]
fn find_in_stream(bencher: Bencher<'_, '_>, kib: usize) {
    compare(bencher, &stream(), kib, true);
}
