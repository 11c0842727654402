//! The Merkle tree of RFC 6962, section 2.1, over SHA-256.

use sha2::{Digest as _, Sha256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The hash of one entry (RFC 6962, section 2.1: a byte 00h goes first, so that no entry can pass
/// for an inner node).
#[must_use]
pub fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The hash over all leaves, which is that of the empty text for none.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let (left, right) = halves(leaves);
            node(&root(left), &root(right))
        }
    }
}

/// The leaves below the left and the right child of their root: the left has the largest power of
/// two that is smaller than their number.
fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let left = leaves.len().div_ceil(2).next_power_of_two();
    leaves.split_at_checked(left).unwrap_or((leaves, &[]))
}

/// The hashes of all nodes of a tree, level by level from the leaves up: many paths from one
/// computation. The last node of a level that has no sibling stands on the next level too.
#[derive(Debug, Clone)]
pub(super) struct Levels(Vec<Vec<Hash>>);

impl Levels {
    pub(super) fn of(leaves: &[Hash]) -> Self {
        let mut levels = vec![leaves.to_vec()];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let (pairs, alone) = below.as_chunks();
            let above = pairs.iter().map(|[left, right]| node(left, right));
            levels.push(above.chain(alone.iter().copied()).collect());
        }
        Self(levels)
    }

    /// As [`inclusion`].
    pub(super) fn inclusion(&self, index: usize) -> Option<Vec<Hash>> {
        self.0.first()?.get(index)?;
        let (mut at, mut path) = (index, Vec::new());
        for level in &self.0 {
            path.extend(level.get(at ^ 1));
            at >>= 1;
        }
        Some(path)
    }
}

/// The hashes that lead from the leaf at `index` to the root, from the bottom up; `None` if there
/// is no such leaf.
#[must_use]
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    Levels::of(leaves).inclusion(index)
}

/// Whether `path` leads from the leaf at `index` to the root of a tree of `size` leaves
/// (RFC 9162, section 2.1.3.2, whose trees are those of RFC 6962).
#[must_use]
pub fn includes(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            // The last node of a level may have no sibling there: it goes up unchanged.
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::{hex, unhex};

    /// The entries of the test tree that Certificate Transparency's own implementations share.
    fn entries() -> Vec<Hash> {
        [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ]
        .map(|entry| leaf(&unhex(entry).unwrap()))
        .to_vec()
    }

    #[test]
    fn roots_known_from_certificate_transparency() {
        let leaves = entries();
        let known = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (size, known) in known.iter().enumerate() {
            assert_eq!(hex(&root(&leaves[..size])), *known, "{size}");
        }
    }

    #[test]
    fn a_path_known_from_certificate_transparency() {
        let leaves = entries();
        let path: Vec<String> =
            inclusion(&leaves[..8], 5).unwrap().iter().map(|hash| hex(hash)).collect();
        assert_eq!(
            path,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    /// Every leaf of every tree up to a size beyond three levels, and every way to go wrong by one.
    #[test]
    fn a_path_holds_for_its_leaf_and_for_no_other() {
        let leaves: Vec<Hash> = (0..20_u8).map(|n| leaf(&[n])).collect();
        for size in 1..=leaves.len() {
            let tree = &leaves[..size];
            let top = root(tree);
            for (index, one) in tree.iter().enumerate() {
                let path = inclusion(tree, index).unwrap();
                let holds = |leaf: &Hash, index: usize, size: usize, path: &[Hash]| {
                    includes(leaf, index as u64, size as u64, path, &top)
                };
                assert!(holds(one, index, size, &path), "{index} of {size}");
                assert!(!holds(&leaf(b"other"), index, size, &path));
                for other in (0..size).filter(|other| *other != index) {
                    assert!(!holds(one, other, size, &path), "{index} as {other} of {size}");
                }
                assert!(!holds(one, size, size, &path), "beyond the end");
                let mut longer = path.clone();
                longer.push(top);
                assert!(!holds(one, index, size, &longer));
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!holds(one, index, size, shorter));
                }
                for at in 0..path.len() {
                    let mut bent = path.clone();
                    bent[at][31] ^= 1;
                    assert!(!holds(one, index, size, &bent));
                }
            }
            assert_eq!(inclusion(tree, size), None);
        }
        assert_eq!(inclusion(&[], 0), None);
        assert!(!includes(&leaves[0], 0, 0, &[], &root(&[])));
    }

    #[test]
    fn numbers_from_a_stranger_end_nothing() {
        let hash = leaf(b"");
        let many = [hash; 70];
        for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (u64::MAX, u64::MAX)] {
            for length in 0..many.len() {
                assert!(!includes(&hash, index, size, &many[..length], &hash));
            }
        }
    }
}
