//! Signed notes, checkpoints, lists of hashes and proofs of inclusion, as C2SP describes them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::log::{Checkpoint, Inclusion, Leaves, Note, leaf};

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    match which % 3 {
        0 => {
            let Ok(note) = Note::parse(bytes) else { return };
            assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note.clone()));
            if let Ok(checkpoint) = Checkpoint::parse(&note) {
                let text = checkpoint.note().map(|note| note.text().to_owned());
                assert_eq!(text.as_deref(), Ok(note.text()));
            }
        }
        1 => {
            let Ok(proof) = Inclusion::parse(bytes) else { return };
            assert_eq!(Inclusion::parse(proof.to_string().as_bytes()), Ok(proof.clone()));
            // Nobody knows a path from this entry to a checkpoint of the fuzzer's choice, but for a
            // log of this one entry.
            if let Ok(checkpoint) = proof.check(&leaf(b"never in a log")) {
                assert_eq!(checkpoint.size, 1);
            }
        }
        _ => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            if let Ok(leaves) = Leaves::parse(text) {
                assert_eq!(leaves.to_string(), text);
            }
        }
    }
});
