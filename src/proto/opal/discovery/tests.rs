//! Every feature, byte by byte, and what is hostile.

use super::super::super::field::be32;
use super::*;

fn answer(features: &[&[u8]]) -> Vec<u8> {
    let features = features.concat();
    let mut answer = vec![0; 48];
    let length = u32::try_from(44 + features.len()).unwrap();
    answer[..4].copy_from_slice(&length.to_be_bytes());
    answer[7] = 1;
    answer.extend(features);
    answer
}

fn feature(code: u16, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap();
    [&code.to_be_bytes()[..], &[0x10, length], data].concat()
}

fn only(code: u16, data: &[u8]) -> Feature {
    let bytes = answer(&[&feature(code, data)]);
    let discovery = Discovery::parse(&bytes).unwrap();
    assert!(discovery.complete);
    let [feature] = *discovery.features else { panic!("one feature") };
    feature
}

/// A Samsung drive that somebody owns and locked, in blocks as it comes.
fn locked() -> Vec<u8> {
    let mut bytes = answer(&[
        &[0, 1, 0x10, 12, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0, 2, 0x10, 12, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0, 3, 0x10, 28, 1, 0, 0, 0, 0, 0, 0, 0],
        &[0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
        &[2, 1, 0x10, 12, 0, 0, 0, 9, 5, 0, 0, 0, 0, 0, 0, 0],
        &[2, 2, 0x10, 12, 0, 0, 0, 9, 0, 0xa0, 0, 0, 0, 0, 0, 1],
        &[2, 3, 0x10, 16, 0x10, 0x04, 0, 1, 0, 0, 4, 0, 9, 0, 0, 0, 0, 0, 0, 0],
        &[4, 2, 0x10, 12, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xc0, 1, 0x10, 3, 1, 2, 3],
    ]);
    bytes.resize(512, 0);
    bytes
}

#[test]
fn a_locked_drive() {
    let discovery = Discovery::parse(&locked()).unwrap();
    let ssc = Ssc {
        family: SscFamily::Opal2,
        base_com_id: 0x1004,
        com_ids: 1,
        initial_pin: Some(0),
        reverted_pin: Some(0),
    };
    let locking = Locking {
        supported: true,
        enabled: true,
        locked: true,
        media_encryption: true,
        mbr_enabled: true,
        mbr_done: false,
        mbr_shadowing_not_supported: false,
        hardware_reset: false,
    };
    let block_sid =
        BlockSid { owner_has_password: true, blocked: true, cleared_by_hardware_reset: true };
    let expected = [
        Feature::Tper(Tper {
            sync: true,
            asynchronous: false,
            ack_nak: false,
            buffer_management: false,
            streaming: true,
            com_id_management: false,
        }),
        Feature::Locking(locking),
        Feature::Geometry(Geometry {
            alignment_required: true,
            logical_block_bytes: 512,
            alignment_granularity: 8,
            lowest_aligned_lba: 0,
        }),
        Feature::SingleUserMode(SingleUserMode {
            locking_objects: 9,
            any: true,
            all: false,
            policy: true,
        }),
        Feature::DataStore(DataStore { max_tables: 9, max_bytes: 0xa0_0000, alignment: 1 }),
        Feature::Ssc(ssc),
        Feature::BlockSid(block_sid),
        Feature::Other { code: 0xc001, length: 3 },
    ];
    assert_eq!(discovery.features, expected);
    assert_eq!((discovery.locking(), discovery.block_sid()), (Some(locking), Some(block_sid)));
    assert_eq!(discovery.sscs().collect::<Vec<_>>(), [ssc]);
    assert_eq!(discovery.com_id(), Some(0x1004));
}

/// Each bit and number alone, at its own place.
#[test]
fn fields() {
    for n in 0..8 {
        let Feature::Locking(locking) = only(0x0002, &[1 << n]) else { panic!() };
        let bits = [
            locking.supported,
            locking.enabled,
            locking.locked,
            locking.media_encryption,
            locking.mbr_enabled,
            locking.mbr_done,
            locking.mbr_shadowing_not_supported,
            locking.hardware_reset,
        ];
        assert_eq!(bits, [0, 1, 2, 3, 4, 5, 6, 7].map(|bit| bit == n));
        let Feature::Tper(tper) = only(0x0001, &[1 << n]) else { panic!() };
        let bits = [
            tper.sync,
            tper.asynchronous,
            tper.ack_nak,
            tper.buffer_management,
            tper.streaming,
            tper.com_id_management,
        ];
        assert_eq!(bits, [0, 1, 2, 3, 4, 6].map(|bit| bit == n));
        let Feature::SingleUserMode(mode) = only(0x0201, &[1, 2, 3, 4, 1 << n]) else { panic!() };
        assert_eq!(mode.locking_objects, 0x0102_0304);
        assert_eq!([mode.any, mode.all, mode.policy], [0, 1, 2].map(|bit| bit == n));
        let Feature::BlockSid(block) = only(0x0402, &[1 << n, !(1 << n)]) else { panic!() };
        assert_eq!((block.owner_has_password, block.blocked), (n == 0, n == 1));
        assert_eq!(block.cleared_by_hardware_reset, n != 0);
        let data = [1 << n, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        let Feature::NamespaceLocking(locking) = only(0x0403, &data) else { panic!() };
        assert_eq!((locking.ranges, locking.ranges_per_namespace), (n == 7, n == 6));
        assert_eq!((locking.max_keys, locking.unused_keys), (0x0102_0304, 0x0506_0708));
        assert_eq!(locking.max_ranges_per_namespace, 0x090a_0b0c);
    }
    let data: Vec<u8> = (0..28).map(|n| if n == 0 { 0xff } else { n }).collect();
    let geometry = Geometry {
        alignment_required: true,
        logical_block_bytes: 0x0809_0a0b,
        alignment_granularity: 0x0c0d_0e0f_1011_1213,
        lowest_aligned_lba: 0x1415_1617_1819_1a1b,
    };
    assert_eq!(only(0x0003, &data), Feature::Geometry(geometry));
    assert_eq!(only(0x0405, &data), Feature::NamespaceGeometry(geometry));
    let data = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    let store = DataStore { max_tables: 0x0203, max_bytes: 0x0405_0607, alignment: 0x0809_0a0b };
    assert_eq!(only(0x0202, &data), Feature::DataStore(store));
    assert_eq!(only(0x0401, &[]), Feature::LockingRangesControl);
    assert_eq!(only(0x7777, &[0; 255]), Feature::Other { code: 0x7777, length: 255 });
}

#[test]
fn classes() {
    let data = [0x10, 0x04, 0x01, 0x02, 5, 6, 7, 8, 9, 0xaa, 0xff, 12, 13, 14, 15, 16];
    for (code, family, pins, encrypts) in [
        (0x0100, SscFamily::Enterprise, false, true),
        (0x0200, SscFamily::Opal1, false, true),
        (0x0203, SscFamily::Opal2, true, true),
        (0x0301, SscFamily::Opalite, true, true),
        (0x0302, SscFamily::Pyrite1, true, false),
        (0x0303, SscFamily::Pyrite2, true, false),
        (0x0304, SscFamily::Ruby, true, true),
    ] {
        let ssc = Ssc {
            family,
            base_com_id: 0x1004,
            com_ids: 0x0102,
            initial_pin: pins.then_some(0xaa),
            reverted_pin: pins.then_some(0xff),
        };
        assert_eq!(only(code, &data), Feature::Ssc(ssc));
        assert_eq!(family.encrypts(), encrypts);
        let discovery = Discovery::parse(&answer(&[&feature(code, &data)])).unwrap();
        let expected = (family != SscFamily::Enterprise).then_some(0x1004);
        assert_eq!(discovery.com_id(), expected);
    }
    // Opal 1 has four bytes only.
    assert!(matches!(only(0x0200, &data[..4]), Feature::Ssc(_)));
}

#[test]
fn removal_of_data() {
    let mut data = [0; 32];
    data[1] = 0x02;
    data[2] = 0b0010_0111;
    data[3] = 0b0010_0010;
    data[4..10].copy_from_slice(&[0x00, 0x05, 0x01, 0x00, 0x00, 0x00]);
    data[10..14].copy_from_slice(&[0xee; 4]);
    data[14..16].copy_from_slice(&[0xff, 0xff]);
    let takes = |seconds| Some(DataRemovalMechanism { seconds });
    let removal = DataRemoval {
        processing: false,
        interrupted: true,
        overwrite: takes(Some(10)),
        block_erase: takes(Some(256 * 120)),
        crypto_erase: takes(None),
        vendor_erase: takes(Some(65_535 * 120)),
    };
    assert_eq!(only(0x0404, &data), Feature::DataRemoval(removal));
    for (n, supported) in [
        (0, [true, false, false, false]),
        (1, [false, true, false, false]),
        (2, [false, false, true, false]),
        (3, [false; 4]),
        (4, [false; 4]),
        (5, [false, false, false, true]),
    ] {
        data[1] = 1;
        data[2] = 1 << n;
        let Feature::DataRemoval(removal) = only(0x0404, &data) else { panic!() };
        assert!(removal.processing && !removal.interrupted);
        let found =
            [removal.overwrite, removal.block_erase, removal.crypto_erase, removal.vendor_erase];
        assert_eq!(found.map(|mechanism| mechanism.is_some()), supported, "bit {n}");
    }
}

#[test]
fn encoded_as_a_drive_does() {
    let removal: &[u8] = &[4, 4, 0x10, 32, 0, 1, 0x27, 0x20, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0x40, 0];
    let removal = [removal, &[0; 16]].concat();
    let pyrite: &[u8] = &[3, 3, 0x10, 16, 0x07, 0xfe, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0];
    let namespaces: &[u8] = &[4, 3, 0x10, 16, 0xc0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7];
    let control: &[u8] = &[4, 1, 0x10, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let other = answer(&[&removal, pyrite, namespaces, control]);
    let discovery = Discovery::parse(&other).unwrap();
    assert_eq!(discovery.encode(), other);
    let Feature::DataRemoval(removal) = discovery.features[0] else { panic!() };
    let vendor = DataRemovalMechanism { seconds: Some(0x4000 * 120) };
    assert_eq!(removal.vendor_erase, Some(vendor));
    // All but the data of what is not known, and the numbers of authorities in Opal 2.
    let mut expected = locked();
    let opal2 = expected.windows(2).position(|code| code == [2, 3]).unwrap();
    expected[opal2 + 8..opal2 + 13].fill(0);
    let unknown = expected.windows(2).position(|code| code == [0xc0, 1]).unwrap();
    expected[unknown + 4..unknown + 7].fill(0);
    expected.truncate(unknown + 7);
    assert_eq!(Discovery::parse(&locked()).unwrap().encode(), expected);
}

#[test]
fn what_did_not_come_is_missing() {
    let whole = locked();
    let length = usize::try_from(be32(&whole, 0).unwrap()).unwrap() + 4;
    let all = Discovery::parse(&whole).unwrap();
    for end in 48..length {
        let part = Discovery::parse(&whole[..end]).unwrap();
        assert!(!part.complete);
        assert_eq!(part.features, all.features[..part.features.len()]);
        assert!(part.features.len() < all.features.len());
    }
    assert_eq!(Discovery::parse(&whole[..length]).unwrap(), all);
}

#[test]
fn lengths_that_contradict() {
    let why = |bytes: &[u8]| Discovery::parse(bytes).unwrap_err().to_string();
    let mut longer = answer(&[&feature(2, &[0; 12])]);
    longer[51] = 13;
    assert!(why(&longer).contains("longer than the answer"));
    assert!(why(&[0; 512]).contains("length is too short"));
    let short = Malformed::Short { page: PAGE, needed: 48, got: 47 };
    assert_eq!(Discovery::parse(&[0xff; 47]), Err(short));
    // A lock that nothing is said of is not an open one.
    for (code, enough) in [
        (0x0001, 1),
        (0x0002, 1),
        (0x0003, 28),
        (0x0100, 4),
        (0x0200, 4),
        (0x0201, 5),
        (0x0202, 12),
        (0x0203, 11),
        (0x0302, 11),
        (0x0402, 2),
        (0x0403, 16),
        (0x0404, 16),
        (0x0405, 28),
    ] {
        for length in 0..enough {
            let bytes = answer(&[&feature(code, &vec![0; length])]);
            assert!(why(&bytes).contains("too short for what it says"), "{code:x} {length}");
        }
        only(code, &vec![0; enough]);
    }
}

#[test]
fn padding_is_no_feature() {
    let bytes = answer(&[&feature(2, &[7; 12]), &[0; 40]]);
    assert_eq!(Discovery::parse(&bytes).unwrap().features.len(), 1);
    let empty = Discovery::parse(&answer(&[])).unwrap();
    assert_eq!((empty.complete, empty.features.len(), empty.com_id()), (true, 0, None));
    assert_eq!((empty.locking(), empty.block_sid()), (None, None));
}

#[test]
fn hostile() {
    let mut noise = 7_u32;
    for n in 0..3000 {
        let mut bytes = locked();
        for _ in 0..4 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [at, _, _, value] = noise.to_be_bytes();
            bytes[usize::from(at)] = value;
        }
        let end = if n % 2 == 0 { 512 } else { 200 };
        if let Ok(discovery) = Discovery::parse(&bytes[..end]) {
            let again = Discovery::parse(&discovery.encode());
            assert_eq!(again.map(|again| again.features), Ok(discovery.features));
        }
    }
}
