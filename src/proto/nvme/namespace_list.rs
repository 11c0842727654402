//! Namespace ID list (CNS 02h and 10h, section 5.1.13.2.2).

use super::{Identify, NamespaceId};
use crate::proto::Malformed;

/// Numbers of namespaces, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceList(Vec<NamespaceId>);

impl NamespaceList {
    /// The most that one answer holds.
    const MOST: usize = 1024;
    const PAGE: &str = "Namespace ID list";

    /// Reads the answer to [`Identify::ActiveNamespaces`] or [`Identify::AllocatedNamespaces`].
    ///
    /// # Errors
    /// Fewer than 4096 bytes; a number that is no namespace's, or not higher than the one before.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let needed = Identify::BYTES;
        let short = Malformed::Short { page: Self::PAGE, needed, got: bytes.len() };
        let entries = bytes.get(..needed).ok_or(short)?.as_chunks::<4>().0;
        let numbers = entries.iter().map(|entry| u32::from_le_bytes(*entry));
        // The first zero ends the list.
        let ids = numbers.take_while(|number| *number != 0).map(NamespaceId::new);
        let invalid = |why| Malformed::Invalid { page: Self::PAGE, why };
        let ids: Vec<_> =
            ids.collect::<Option<_>>().ok_or(invalid("a number that means all namespaces"))?;
        if ids.is_sorted_by(|a: &NamespaceId, b| a < b) {
            Ok(Self(ids))
        } else {
            Err(invalid("the numbers do not ascend"))
        }
    }

    /// The numbers.
    #[must_use]
    pub fn ids(&self) -> &[NamespaceId] {
        &self.0
    }

    /// After which number to ask again: the last one, if the answer was full.
    #[must_use]
    pub fn more_after(&self) -> Option<NamespaceId> {
        self.0.get(Self::MOST - 1).copied()
    }

    /// The answer of a drive that has these namespaces, in any order: those after `after`, as many
    /// as there is room for.
    #[must_use]
    pub fn encode(namespaces: &[NamespaceId], after: Option<NamespaceId>) -> Vec<u8> {
        let mut ids: Vec<_> = namespaces.iter().filter(|id| Some(**id) > after).collect();
        ids.sort_unstable();
        let mut page: Vec<u8> =
            ids.iter().take(Self::MOST).flat_map(|id| id.get().to_le_bytes()).collect();
        page.resize(Identify::BYTES, 0);
        page
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{survives, with};
    use super::*;

    fn ids(numbers: impl IntoIterator<Item = u32>) -> Vec<NamespaceId> {
        numbers.into_iter().map(|number| NamespaceId::new(number).unwrap()).collect()
    }

    #[test]
    fn a_list_ends_at_zero() {
        let page = with(4096, 0, &[1, 0, 0, 0, 0x03, 0x02, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]);
        let list = NamespaceList::parse(&page).unwrap();
        assert_eq!(list.ids(), ids([1, 0x0203]));
        assert_eq!(list.more_after(), None);
        assert_eq!(NamespaceList::parse(&[0; 4096]).unwrap().ids(), []);
    }

    #[test]
    fn a_full_list_goes_on() {
        let all = ids((1..=1030).rev());
        let page = NamespaceList::encode(&all, None);
        assert_eq!((page.len(), &page[..8]), (4096, &[1, 0, 0, 0, 2, 0, 0, 0][..]));
        let first = NamespaceList::parse(&page).unwrap();
        assert_eq!(first.ids().len(), 1024);
        assert_eq!(first.more_after(), NamespaceId::new(1024));
        let second = NamespaceList::encode(&all, first.more_after());
        let second = NamespaceList::parse(&second).unwrap();
        assert_eq!((second.ids(), second.more_after()), (&ids(1025..=1030)[..], None));
    }

    #[test]
    fn a_list_that_is_none() {
        let parse = |bytes: &[u8]| NamespaceList::parse(&with(4096, 0, bytes));
        assert!(parse(&[2, 0, 0, 0, 1, 0, 0, 0]).is_err());
        assert!(parse(&[2, 0, 0, 0, 2, 0, 0, 0]).is_err());
        assert!(parse(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]).is_err());
        assert!(parse(&[1, 0, 0, 0, 0, 0, 0, 2]).is_ok());
        let short = Malformed::Short { page: "Namespace ID list", needed: 4096, got: 4095 };
        assert_eq!(NamespaceList::parse(&[0; 4095]), Err(short));
        survives(&NamespaceList::encode(&ids(1..=1024), None), NamespaceList::parse);
    }
}
