//! Answers of SCSI drives, and commands as a drive reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nulstil::proto::scsi::{
    decode, inquiry, log_sense, mode_sense, read_capacity, report_supported_operation_codes, sense,
    vpd,
};

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else { return };
    match which % 5 {
        0 => {
            if let Ok(found) = sense::Sense::parse(bytes) {
                let _ = found.meaning();
                for again in [found.fixed().to_vec(), found.descriptors()] {
                    let again = sense::Sense::parse(&again);
                    assert_eq!(
                        again.map(|s| (s.key, s.asc, s.ascq, s.progress)),
                        Ok((found.key, found.asc, found.ascq, found.progress))
                    );
                }
            }
        }
        1 => {
            let _ = inquiry::Standard::parse(bytes);
            let _ = read_capacity::Capacity::parse(bytes);
            let _ = mode_sense::Mode::parse(bytes);
            let _ = report_supported_operation_codes::Support::parse(bytes);
        }
        2 => {
            let _ = vpd::supported_pages::parse(bytes);
            let _ = vpd::unit_serial_number::parse(bytes);
            let _ = vpd::device_identification::logical_unit_name(bytes);
            let _ = vpd::extended_inquiry_data::protection_types(bytes);
            let _ = vpd::ata_information::parse(bytes);
            let _ = vpd::block_limits::parse(bytes);
            let _ = vpd::block_device_characteristics::BlockDeviceCharacteristics::parse(bytes);
            let _ = vpd::logical_block_provisioning::LogicalBlockProvisioning::parse(bytes);
        }
        3 => {
            let _ = log_sense::Temperature::parse(bytes);
            let _ = log_sense::SolidStateMedia::parse(bytes);
            let _ = log_sense::InformationalExceptions::parse(bytes);
        }
        _ => {
            let (cdb, out) = bytes.split_at(bytes.len().min(16));
            let _ = decode::Request::decode(cdb, out);
        }
    }
});
