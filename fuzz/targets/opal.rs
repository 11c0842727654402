//! Level 0 discovery and the session of a PSID revert, from the drive's side and from ours.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::proto::opal::{Answer, Discovery, Request};

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else { return };
    match which % 3 {
        0 => {
            if let Ok(found) = Discovery::parse(bytes) {
                let _ = (found.locking(), found.block_sid(), found.com_id());
            }
        }
        1 => {
            let _ = Answer::parse(bytes, 0x07fe);
        }
        _ => {
            let _ = Request::decode(bytes);
        }
    }
});
