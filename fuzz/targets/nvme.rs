//! Pages of NVMe drives: none may make a parser panic, and what is read stays the same when it is
//! sent and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::proto::nvme::{
    IdentifyController, IdentifyNamespace, NamespaceList, PersistentEventLog, SanitizeLog,
    SmartLog, Status,
};

macro_rules! again {
    ($page:ty, $bytes:expr) => {
        if let Ok(page) = <$page>::parse($bytes) {
            assert_eq!(<$page>::parse(&page.encode()).as_ref(), Ok(&page));
        }
    };
}

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else { return };
    match which % 6 {
        // Text that is none is kept as hexadecimal digits: that is not sent as it came.
        0 => drop(IdentifyController::parse(bytes).map(|page| page.encode())),
        1 => again!(IdentifyNamespace, bytes),
        2 => again!(SanitizeLog, bytes),
        3 => again!(SmartLog, bytes),
        4 => {
            if let Ok(log) = PersistentEventLog::parse(bytes) {
                let _ = log.is_complete();
            }
        }
        _ => {
            if let Ok(list) = NamespaceList::parse(bytes) {
                assert!(list.ids().is_sorted(), "{list:?}");
            }
            if let Some(raw) = bytes.first_chunk() {
                let _ = Status::from_raw(u16::from_le_bytes(*raw)).to_string();
            }
        }
    }
});
