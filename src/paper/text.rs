//! Texts that have little room.

/// Cuts a text to at most `bytes` bytes of UTF-8 and says so with an ellipsis at its end.
pub(super) fn short(text: &str, bytes: usize) -> String {
    const CUT: char = '…';
    if text.len() <= bytes {
        return text.to_owned();
    }
    let room = bytes.saturating_sub(CUT.len_utf8());
    let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= room);
    let mut cut = text.get(..end.last().unwrap_or(0)).unwrap_or_default().to_owned();
    cut.push(CUT);
    cut
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(short("12345", 5), "12345");
        assert_eq!(short("123456", 5), "12…");
        assert_eq!(short("æøåæøå", 8), "æø…");
        assert_eq!(short("æøåæ", 8), "æøåæ");
        assert_eq!(short("\u{1f600}\u{1f600}", 5), "…");
    }
}
