//! A PDF that somebody says has a certificate in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::bundle::pdf;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = pdf::attached(bytes, 4096) {
        assert!(found.len() <= 4096);
    }
});
