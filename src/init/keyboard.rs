//! The keyboard's layout: a file that `loadkeys --bkeymap` made, of Debian's description of it.

use crate::os::Key;

/// How many keys each table has.
const KEYS: usize = 128;

/// Reads the file; nothing if it is not one as a whole. After the word, 256 bytes say which tables
/// (keys that are held besides) follow; each has two bytes for every key.
pub(super) fn parse(bytes: &[u8]) -> Option<Vec<Key>> {
    let (present, tables) = bytes.strip_prefix(b"bkeymap")?.split_at_checked(256)?;
    let present: Vec<u8> = (0..=u8::MAX)
        .zip(present)
        .filter_map(|(table, there)| (*there == 1).then_some(table))
        .collect();
    if tables.len() != present.len() * KEYS * 2 {
        return None;
    }
    let keys =
        present.into_iter().zip(tables.chunks_exact(KEYS * 2)).flat_map(|(table, actions)| {
            let numbered = (0_u8..).zip(actions.chunks_exact(2));
            numbered.filter_map(move |(code, action)| {
                Some(Key { table, code, action: u16::from_le_bytes(action.try_into().ok()?) })
            })
        });
    Some(keys.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_every_table() {
        let mut file = b"bkeymap".to_vec();
        let mut present = [0; 256];
        present[0] = 1;
        present[2] = 1;
        file.extend(present);
        for table in [0_u8, 2] {
            (0..128_u8).for_each(|code| file.extend([code, table]));
        }
        let keys = parse(&file).unwrap();
        assert_eq!(keys.len(), 256);
        assert_eq!(keys[30], Key { table: 0, code: 30, action: 30 });
        assert_eq!(keys[128 + 30], Key { table: 2, code: 30, action: 0x021e });
        assert_eq!(parse(&file[..file.len() - 1]), None);
        assert_eq!(parse(&file[1..]), None);
        assert_eq!(parse(b"bkeymap"), None);
    }
}
