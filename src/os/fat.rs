//! Whether a block device holds a FAT32 file system with our label: from its first sector alone, so
//! that nothing has to be mounted to know it. After Microsoft's "FAT: General Overview of On-Disk
//! Format" 1.03, the BPB and its FAT32 part.
//!
//! The label is the one in the boot sector, which `mkfs.fat -n` writes. Windows writes a name that a
//! person gives a stick elsewhere (in the root directory), so that renaming ours changes nothing here.

/// The label of every stick of ours.
const LABEL: &[u8; 11] = b"NULSTILDATA";

/// How much of a device has to be read.
pub(super) const SECTOR: usize = 512;

/// Whether this first sector is that of a FAT32 file system with our label.
pub(super) fn is_ours(sector: &[u8]) -> bool {
    let bytes = |at: usize, n: usize| sector.get(at..at.saturating_add(n)).unwrap_or_default();
    let number =
        |at, n| bytes(at, n).iter().rev().fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
    let (sector_bytes, cluster_sectors) = (number(11, 2), number(13, 1));
    let geometry = (512..=4096).contains(&sector_bytes)
        && sector_bytes.is_power_of_two()
        && cluster_sectors.is_power_of_two();
    // What only FAT12 and FAT16 have is zero: root entries, and the two numbers of 16 bits.
    let fat32 = number(17, 2) == 0 && number(19, 2) == 0 && number(22, 2) == 0;
    let tables = number(14, 2) > 0 && number(16, 1) > 0 && number(36, 4) > 0 && number(44, 4) >= 2;
    let extended = number(66, 1) == 0x29 && bytes(510, 2) == [0x55, 0xaa];
    geometry && fat32 && tables && extended && bytes(71, 11) == LABEL
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The first sector that `mkfs.fat -F 32 -n NULSTILDATA` (dosfstools 4.2) writes for 64 MiB.
    pub(in crate::os) fn literal() -> Vec<u8> {
        let mut sector = vec![0; SECTOR];
        sector[..11].copy_from_slice(b"\xeb\x58\x90mkfs.fat");
        sector[11..52].copy_from_slice(&[
            0x00, 0x02, 0x01, 0x20, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x00, 0x00, 0x20,
            0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0xe1, 0x03, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x06, 0x00,
        ]);
        sector[64..67].copy_from_slice(&[0x80, 0x00, 0x29]);
        sector[71..90].copy_from_slice(b"NULSTILDATAFAT32   ");
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        sector
    }

    #[test]
    fn a_stick_of_ours_is_known() {
        assert!(is_ours(&literal()));
        // A drive with blocks of 4096 bytes, of which only the first part is looked at.
        let mut large = literal();
        large[12] = 0x10;
        large.resize(4096, 7);
        assert!(is_ours(&large));
    }

    /// Each of these bytes speaks against it, alone.
    #[test]
    fn nothing_else_is_taken_for_one() {
        for (at, byte) in [
            (12, 0x00),
            (12, 0x03),
            (12, 0x20),
            (13, 0),
            (13, 3),
            (14, 0),
            (16, 0),
            (17, 1),
            (19, 1),
            (22, 1),
            (44, 1),
            (66, 0x28),
            (71, b'n'),
            (81, b' '),
            (510, 0),
            (511, 0),
        ] {
            let mut sector = literal();
            sector[at] = byte;
            if at == 14 {
                sector[15] = 0;
            }
            assert!(!is_ours(&sector), "byte {at} is {byte}");
        }
        let mut no_table = literal();
        no_table[36..40].fill(0);
        assert!(!is_ours(&no_table));
        // A FAT16 file system has its label elsewhere, and the text may stand anywhere.
        let mut fat16 = literal();
        fat16[17] = 0;
        fat16[18] = 2;
        assert!(!is_ours(&fat16));
        for length in [0, 1, 81, 82, 510, 511] {
            assert!(!is_ours(&literal()[..length]), "cut to {length}");
        }
        assert!(!is_ours(&[0xff; 512]) && !is_ours(&[0; 512]) && !is_ours(LABEL));
    }
}
