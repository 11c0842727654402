//! Answers of ATA drives and of those who translate for them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::proto::ata::{
    accessible_max_address, device_configuration, identify_device, identify_device_data_log,
    max_address, pass_through, pending_defects, read_log, sanitize_device, security, sense, smart,
    trusted,
};

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else { return };
    match which % 6 {
        0 => {
            if let Ok(page) = identify_device::IdentifyDevice::parse(bytes) {
                let _ = (page.sectors(), page.physical_sector_bytes());
            }
        }
        1 => {
            let answer = sense::Answer::parse(bytes);
            if let Some(registers) = answer.registers() {
                let _ = (registers.succeeded(), registers.aborted(), registers.like_after_reset());
                let _ = sanitize_device::Answer::parse(registers);
                let _ = smart::Health::parse(registers);
            }
        }
        2 => {
            let _ = device_configuration::DeviceConfiguration::parse(bytes);
            let _ = identify_device_data_log::SecurityPage::parse(bytes);
        }
        3 => {
            let _ = pending_defects::PendingDefects::parse(bytes);
            let _ = smart::attributes(bytes);
        }
        _ => {
            let (cdb, data) = bytes.split_at(bytes.len().min(16));
            let Ok(command) = pass_through::decode(cdb, data) else { return };
            // What is understood is a command that would be sent just so.
            let again = pass_through::decode(&pass_through::cdb16(&command), data);
            if let Ok(again) = again {
                assert_eq!(again, command);
            }
            let _ = (
                security::Request::decode(&command),
                sanitize_device::Request::decode(&command),
                max_address::Request::decode(&command),
                accessible_max_address::Request::decode(&command),
                device_configuration::Request::decode(&command),
                read_log::ReadLog::decode(&command),
                smart::Request::decode(&command),
                trusted::Request::decode(&command),
            );
        }
    }
});
