//! What an eMMC says of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::proto::mmc::{ext_csd::ExtCsd, status::Status};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(page) = ExtCsd::parse(bytes) {
        let _ = (page.addressing(), page.erased_byte(), page.erase_timeout_ms());
        let _ = (page.erase_group_bytes(), page.boot_area_bytes(), page.rpmb_bytes());
        assert_eq!(ExtCsd::parse(&page.bytes()).as_ref(), Ok(&page));
    }
    if let Some(word) = bytes.first_chunk() {
        let status = Status::from_bits(u32::from_le_bytes(*word));
        let _ = (status.errors(), status.state(), status.ready(), status.locked());
    }
});
