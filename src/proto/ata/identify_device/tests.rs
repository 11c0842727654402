//! Every word and bit at its place, in both directions, and what is hostile.

use super::*;
use crate::proto::ata::pass_through::{cdb12, cdb16, decode};
use crate::proto::ata::tests::noise;

/// A page without signature that has these words, and in word 0 "an ATA drive".
fn page(words: &[(usize, u16)]) -> [u8; 512] {
    let mut page = [0; 512];
    page[0] = 0x40;
    for (at, word) in words {
        page[at * 2..at * 2 + 2].copy_from_slice(&word.to_le_bytes());
    }
    page
}

fn parse(words: &[(usize, u16)]) -> IdentifyDevice {
    IdentifyDevice::parse(&page(words)).unwrap()
}

/// What a page says that says nothing.
fn silent() -> IdentifyDevice {
    IdentifyDevice { logical_sector_bytes: Some(512), ..Default::default() }
}

#[test]
fn command_byte_by_byte() {
    let cdb = [0x85, 0x08, 0x0e, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xec, 0];
    assert_eq!((command().name(), cdb16(&command())), ("IDENTIFY DEVICE", cdb));
    assert_eq!(decode(&cdb, &[]), Ok(command()));
    let cdb = [0xa1, 0x08, 0x0e, 0, 1, 0, 0, 0, 0x40, 0xec, 0, 0];
    assert_eq!(cdb12(&command()), Some(cdb));
}

/// A drive with something to say in each field.
fn everything() -> (IdentifyDevice, [u8; 512]) {
    let drive = IdentifyDevice {
        serial: Some("WD-WC4MJY3254768".to_owned()),
        firmware: Some("01.01A01".to_owned()),
        model: Some("WDC WD50L0PX-00TXB0".to_owned()),
        world_wide_name: Some(0x5001_4ee2_69fc_2b36),
        sectors28: Some(0x0fff_ffff),
        sectors48: Some(0x0000_ffff_ffff_ffff),
        sectors_extended: Some(0x1234_5678_9abc_def0),
        logical_sector_bytes: Some(4096),
        physical_exponent: 3,
        alignment: Some(0x1234),
        rotation: Some(Rotation::PerMinute(5400)),
        transport: Some(Transport::Serial),
        security: Some(Security {
            enabled: true,
            locked: true,
            frozen: true,
            count_expired: true,
            enhanced_erase: true,
            level_maximum: true,
            normal_erase_time: Some(EraseTime::Minutes(906)),
            enhanced_erase_time: Some(EraseTime::Minutes(2)),
            master_password_identifier: Some(0xfffe),
        }),
        trusted_computing: true,
        sanitize: Some(Sanitize {
            crypto_scramble: true,
            block_erase: true,
            overwrite: true,
            antifreeze_lock: true,
            acs3_commands: true,
        }),
        write_cache: Some(FeatureSet { supported: true, enabled: true }),
        host_protected_area: Some(FeatureSet { supported: true, enabled: true }),
        set_max_security: Some(FeatureSet { supported: true, enabled: true }),
        device_configuration_overlay: true,
        accessible_max_address: true,
        general_purpose_logging: true,
        trim: Some(Trim { deterministic: true, zeroes: true }),
        encrypts_all: true,
    };
    let mut page = page(&[
        (48, 0x4001),
        (53, 0x0002),
        (59, 0xfc00),
        (60, 0xffff),
        (61, 0x0fff),
        (69, 0x4038),
        (82, 0x0420),
        (83, 0x4d00),
        (84, 0x4120),
        (85, 0x0420),
        (86, 0x8100),
        (87, 0x4000),
        (89, 0x81c5),
        (90, 0x0001),
        (92, 0xfffe),
        (100, 0xffff),
        (101, 0xffff),
        (102, 0xffff),
        (106, 0x7003),
        (108, 0x5001),
        (109, 0x4ee2),
        (110, 0x69fc),
        (111, 0x2b36),
        (117, 2048),
        (119, 0x4100),
        (128, 0x013f),
        (169, 0x0001),
        (209, 0x5234),
        (217, 5400),
        (222, 0x1001),
        (230, 0xdef0),
        (231, 0x9abc),
        (232, 0x5678),
        (233, 0x1234),
        (255, 0x00a5),
    ]);
    page[20..40].copy_from_slice(b"DWW-4CJM3Y527486    ");
    page[46..54].copy_from_slice(b"100.A110");
    page[54..94].copy_from_slice(b"DW CDW050LXP0-T0BX 0                    ");
    let sum = page.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    page[511] = (0x100 - sum % 0x100) as u8;
    (drive, page)
}

#[test]
fn a_full_page_both_ways() {
    let (drive, page) = everything();
    assert_eq!(IdentifyDevice::parse(&page), Ok(drive.clone()));
    assert_eq!(drive.encode(), page);
    assert_eq!(drive.sectors(), Some(0x1234_5678_9abc_def0));
    assert_eq!(drive.physical_sector_bytes(), Some(32768));
}

#[test]
fn a_silent_page_both_ways() {
    assert_eq!(parse(&[]), silent());
    let mut words = page(&[(53, 2), (83, 0x4000), (84, 0x4000), (106, 0x4000), (255, 0xa5)]);
    words[20..40].fill(b' ');
    words[46..94].fill(b' ');
    words[511] = 0xd9;
    assert_eq!(silent().encode(), words);
    assert_eq!(IdentifyDevice::parse(&words), Ok(silent()));
    assert_eq!(silent().sectors(), None);
    assert_eq!(silent().physical_sector_bytes(), Some(512));
}

#[test]
fn trusted_computing() {
    for (word, expected) in [(0x4001, true), (0x4000, false), (0x0001, false), (0xffff, false)] {
        assert_eq!(parse(&[(48, word)]).trusted_computing, expected, "{word:x}");
    }
}

#[test]
fn capacity() {
    let small = parse(&[(60, 0x5678), (61, 0x0234)]);
    assert_eq!(small, IdentifyDevice { sectors28: Some(0x0234_5678), ..silent() });
    assert_eq!(small.sectors(), Some(0x0234_5678));
    let words = [(60, 0xffff), (61, 0x0fff), (100, 0xa9b0), (101, 0x7430), (102, 0x0001)];
    let with = |more: &[(usize, u16)]| parse(&[&words[..], more].concat());
    let large = with(&[(83, 0x4400)]);
    assert_eq!(large.sectors48, Some(0x0001_7430_a9b0));
    assert_eq!(large.sectors(), Some(0x0001_7430_a9b0));
    assert_eq!(with(&[(83, 0x4400), (103, 2)]).sectors(), Some(0x0002_0001_7430_a9b0));
    assert_eq!(with(&[(83, 0x4000)]).sectors48, None, "no 48-bit addresses");
    assert_eq!(with(&[(83, 0x8400)]).sectors48, None, "word 83 is not valid");
    assert_eq!(with(&[(83, 0xc400)]).sectors(), Some(0x0fff_ffff));
    let extended = [(83, 0x4400), (230, 1), (233, 1)];
    let with = |more: &[(usize, u16)]| with(&[&extended[..], more].concat());
    assert_eq!(with(&[(69, 0x0008), (53, 2)]).sectors(), Some(0x0001_0000_0000_0001));
    assert_eq!(with(&[(69, 0x0008)]).sectors(), large.sectors(), "word 69 is not valid");
    assert_eq!(with(&[(53, 2)]).sectors(), large.sectors(), "no such words");
    let empty = parse(&[(60, 5), (83, 0x4400), (53, 2), (69, 8)]);
    assert_eq!(empty.sectors(), Some(5), "zero sectors are not a size");
}

#[test]
fn sector_sizes() {
    let sizes = |words: &[(usize, u16)]| {
        let drive = parse(words);
        (drive.logical_sector_bytes, drive.physical_sector_bytes(), drive.alignment)
    };
    assert_eq!(sizes(&[(106, 0x6003)]), (Some(512), Some(4096), None), "512e");
    assert_eq!(sizes(&[(106, 0x5000), (117, 2048)]), (Some(4096), Some(4096), None), "4Kn");
    assert_eq!(sizes(&[(106, 0x0003)]).1, Some(512), "the word is not valid");
    assert_eq!(sizes(&[(106, 0xe003)]).1, Some(512), "nor so");
    assert_eq!(sizes(&[(106, 0x4003)]).1, Some(512), "the exponent is not meant");
    assert_eq!(sizes(&[(117, 2048)]).0, Some(512), "the size is not meant");
    assert_eq!(sizes(&[(106, 0x5000), (118, 1)]).0, Some(0x2_0000));
    assert_eq!(sizes(&[(106, 0x5000)]).0, None, "no sector has no bytes");
    assert_eq!(sizes(&[(106, 0x5000), (117, 255)]).0, None, "nor fewer than 512");
    assert_eq!(sizes(&[(106, 0x5000), (117, 256)]).0, Some(512));
    assert_eq!(sizes(&[(106, 0x700f), (117, 0xffff), (118, 0xffff)]), (None, None, None));
    assert_eq!(sizes(&[(209, 0x4001)]).2, Some(1));
    assert_eq!(sizes(&[(209, 0x0001)]).2, None);
}

#[test]
fn names() {
    let name = |words: &[(usize, u16)]| parse(words).world_wide_name;
    let wwn = [(108, 0x5001), (109, 2), (110, 3), (111, 4)];
    let with = |more| name(&[&wwn[..], &[more]].concat());
    assert_eq!(with((84, 0x4100)), Some(0x5001_0002_0003_0004));
    assert_eq!(with((87, 0x4100)), Some(0x5001_0002_0003_0004));
    assert_eq!(with((84, 0x0100)), None);
    assert_eq!(with((84, 0x4000)), None);
    assert_eq!(with((87, 0x4000)), None);
    assert_eq!(name(&[(84, 0x4100)]), None);
    let mut page = page(&[]);
    page[20..24].copy_from_slice(b"BADC");
    assert_eq!(IdentifyDevice::parse(&page).unwrap().serial.as_deref(), Some("ABCD"));
}

#[test]
fn kinds() {
    let rotation = |word| parse(&[(217, word)]).rotation;
    assert_eq!(rotation(1), Some(Rotation::NonRotating));
    assert_eq!(rotation(7200), Some(Rotation::PerMinute(7200)));
    assert_eq!(rotation(0x0401), Some(Rotation::PerMinute(0x0401)));
    assert_eq!(rotation(0xfffe), Some(Rotation::PerMinute(0xfffe)));
    for unknown in [0, 2, 0x0400, 0xffff] {
        assert_eq!(rotation(unknown), None);
    }
    let transport = |words: &[(usize, u16)]| parse(words).transport;
    assert_eq!(transport(&[(222, 0x0020)]), Some(Transport::Parallel));
    assert_eq!(transport(&[(222, 0x107f)]), Some(Transport::Serial));
    assert_eq!(transport(&[(222, 0xe001)]), Some(Transport::Pcie));
    assert_eq!(transport(&[(222, 0x2001)]), None);
    assert_eq!(transport(&[(76, 0x0f06)]), Some(Transport::Serial));
    assert_eq!(transport(&[(222, 0xffff), (76, 0xffff)]), None);

    let (rotation, transport) = (Some(Rotation::NonRotating), Some(Transport::Pcie));
    let encoded = IdentifyDevice { rotation, transport, ..silent() }.encode();
    assert_eq!((&encoded[434..436], &encoded[444..446]), (&[1, 0][..], &[0x01, 0xe0][..]));
    let parallel = IdentifyDevice { transport: Some(Transport::Parallel), ..silent() };
    assert_eq!(parallel.encode()[444..446], [1, 0]);
    let security = Some(Security::default());
    let encoded = IdentifyDevice { security, ..silent() }.encode();
    assert_eq!(encoded[178..186], [0; 8], "no times and no identifier");
}

#[test]
fn security_bit_by_bit() {
    let security = |w128| parse(&[(128, w128)]).security;
    let off = Security::default();
    assert_eq!(security(0x0001), Some(off));
    assert_eq!(security(0x0003), Some(Security { enabled: true, ..off }));
    assert_eq!(security(0x0005), Some(Security { locked: true, ..off }));
    assert_eq!(security(0x0009), Some(Security { frozen: true, ..off }));
    assert_eq!(security(0x0011), Some(Security { count_expired: true, ..off }));
    assert_eq!(security(0x0021), Some(Security { enhanced_erase: true, ..off }));
    assert_eq!(security(0x0101), Some(Security { level_maximum: true, ..off }));
    assert_eq!(security(0x00c1), Some(off), "reserved bits");
    for none in [0x0000, 0x0020, 0xffff] {
        assert_eq!(security(none), None);
    }
    let identifier =
        |w92| parse(&[(128, 1), (92, w92)]).security.unwrap().master_password_identifier;
    assert_eq!(identifier(0xfffe), Some(0xfffe));
    assert_eq!((identifier(0), identifier(0xffff)), (None, None));
}

#[test]
fn erase_times_in_both_encodings() {
    let times = |w89, w90| {
        let security = parse(&[(128, 1), (89, w89), (90, w90)]).security.unwrap();
        (security.normal_erase_time, security.enhanced_erase_time)
    };
    let minutes = |minutes| Some(EraseTime::Minutes(minutes));
    let more = |minutes| Some(EraseTime::MoreThanMinutes(minutes));
    assert_eq!(times(0, 0x8000), (None, None));
    assert_eq!(times(1, 0x8001), (minutes(2), minutes(2)));
    assert_eq!(times(49, 196), (minutes(98), minutes(392)));
    assert_eq!(times(0xfe, 0xff), (minutes(508), more(508)));
    // 66,442 minutes, says udev of a WD5000NMZW.
    assert_eq!(times(0x81c5, 0x80ff), (minutes(906), minutes(510)));
    assert_eq!(times(0xfffe, 0xffff), (minutes(65532), more(65532)));
    assert_eq!(times(0x0101, 0x0100), (minutes(2), None), "eight bits count without bit 15");
    for time in [None, minutes(2), minutes(508), minutes(510), minutes(65532), more(508)]
        .into_iter()
        .chain([more(65532)])
    {
        assert_eq!(erase_time(erase_time_word(time)), time);
    }
    assert_eq!(erase_time_word(minutes(1_000_000)), 0xfffe, "never the one that means more");
}

#[test]
fn sanitize_bit_by_bit() {
    let sanitize = |w59| parse(&[(59, w59)]).sanitize;
    let bare = Sanitize::default();
    assert_eq!(sanitize(0x1000), Some(bare));
    assert_eq!(sanitize(0x9000), Some(Sanitize { block_erase: true, ..bare }));
    assert_eq!(sanitize(0x5000), Some(Sanitize { overwrite: true, ..bare }));
    assert_eq!(sanitize(0x3000), Some(Sanitize { crypto_scramble: true, ..bare }));
    assert_eq!(sanitize(0x1800), Some(Sanitize { acs3_commands: true, ..bare }));
    assert_eq!(sanitize(0x1400), Some(Sanitize { antifreeze_lock: true, ..bare }));
    // As Seagate's Exos 7E8 manual has it, for a drive that does not encrypt.
    let exos = Sanitize { overwrite: true, acs3_commands: true, antifreeze_lock: true, ..bare };
    assert_eq!(sanitize(0x5c10), Some(exos));
    for none in [0x0000, 0xe110, 0xffff] {
        assert_eq!(sanitize(none), None);
    }
}

#[test]
fn feature_sets() {
    let valid = [(83, 0x4000), (87, 0x4000)];
    let with = |more: &[(usize, u16)]| parse(&[&valid[..], more].concat());
    let on = |supported, enabled| Some(FeatureSet { supported, enabled });
    let none = with(&[]);
    assert_eq!(none.write_cache, on(false, false));
    let cases = [
        (with(&[(82, 0x0020)]), on(true, false), on(false, false), on(false, false)),
        (with(&[(85, 0x0020)]), on(false, true), on(false, false), on(false, false)),
        (with(&[(82, 0x0400)]), on(false, false), on(true, false), on(false, false)),
        (with(&[(85, 0x0400)]), on(false, false), on(false, true), on(false, false)),
        (with(&[(83, 0x4100)]), on(false, false), on(false, false), on(true, false)),
        (with(&[(86, 0x0100)]), on(false, false), on(false, false), on(false, true)),
    ];
    for (drive, write_cache, host_protected_area, set_max_security) in cases {
        let expected =
            IdentifyDevice { write_cache, host_protected_area, set_max_security, ..none.clone() };
        assert_eq!(drive, expected);
        assert_eq!(IdentifyDevice::parse(&drive.encode()), Ok(expected));
    }
    assert_eq!(parse(&[(82, 0x0420), (85, 0x0420), (83, 0x4000)]).write_cache, None);
    assert_eq!(parse(&[(82, 0x0420), (85, 0x0420), (87, 0x4000)]).write_cache, None);

    let overlay = |w83| parse(&[(83, w83)]).device_configuration_overlay;
    assert!(overlay(0x4800) && !overlay(0x4000) && !overlay(0x0800));
    let logs = |w84| parse(&[(84, w84)]).general_purpose_logging;
    assert!(logs(0x4020) && !logs(0x4000) && !logs(0x0020));
    let amax = |w86, w87, w119| parse(&[(86, w86), (87, w87), (119, w119)]).accessible_max_address;
    assert!(amax(0x8000, 0x4000, 0x4100));
    assert!(!amax(0x0000, 0x4000, 0x4100), "word 119 is not announced");
    assert!(!amax(0x8000, 0x0000, 0x4100), "nor is what announces it");
    assert!(!amax(0x8000, 0x4000, 0x0100) && !amax(0x8000, 0x4000, 0x4000));
}

#[test]
fn trim_and_encryption() {
    let trim = |w169, w69, w53| parse(&[(169, w169), (69, w69), (53, w53)]).trim;
    let bare = Trim::default();
    assert_eq!(trim(1, 0, 2), Some(bare));
    assert_eq!(trim(1, 0x4000, 2), Some(Trim { deterministic: true, ..bare }));
    assert_eq!(trim(1, 0x0020, 2), Some(Trim { zeroes: true, ..bare }));
    assert_eq!(trim(1, 0x4020, 0), Some(bare), "word 69 is not valid");
    assert_eq!(trim(1, 0xffff, 2), Some(bare), "nor has it been written");
    assert_eq!((trim(0, 0x4020, 2), trim(2, 0, 2), trim(0xffff, 0, 2)), (None, None, None));
    assert!(parse(&[(69, 0x0010), (53, 2)]).encrypts_all);
    assert!(!parse(&[(69, 0x0010)]).encrypts_all);
}

#[test]
fn hostile_pages() {
    let (drive, good) = everything();
    for bytes in 0..512 {
        assert!(IdentifyDevice::parse(&good[..bytes]).is_err());
    }
    let longer = [&good[..], &[7; 100]].concat();
    assert_eq!(IdentifyDevice::parse(&longer), Ok(drive));
    for at in [1, 300, 509, 511] {
        let mut bad = good;
        bad[at] ^= 1;
        assert!(IdentifyDevice::parse(&bad).is_err(), "checksum: {at}");
    }
    let mut unsigned = good;
    unsigned[510] = 0;
    assert!(IdentifyDevice::parse(&unsigned).is_ok(), "old drives have no checksum");
    assert!(IdentifyDevice::parse(&page(&[(0, 0x85c0)])).is_err(), "a packet device");
    assert!(IdentifyDevice::parse(&[0; 512]).is_err());
    assert!(IdentifyDevice::parse(&[0xff; 512]).is_err());
    for mut noise in noise(512) {
        noise[1] &= 0x7f;
        noise[510] = 0;
        let drive = IdentifyDevice::parse(&noise).unwrap();
        let _ = (drive.encode(), drive.sectors(), drive.physical_sector_bytes());
    }
}
