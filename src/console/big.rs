//! Large letters from block characters, readable from three metres.

/// The height of a letter in dots.
const HEIGHT: usize = 7;

/// Each letter as its rows of dots, from the top.
const LETTERS: &str = "\
A .##. #..# #..# #### #..# #..# #..#
B ###. #..# #..# ###. #..# #..# ###.
C .### #... #... #... #... #... .###
D ###. #..# #..# #..# #..# #..# ###.
E #### #... #... ###. #... #... ####
F #### #... #... ###. #... #... #...
G .### #... #... #.## #..# #..# .###
H #..# #..# #..# #### #..# #..# #..#
I ### .#. .#. .#. .#. .#. ###
J ...# ...# ...# ...# ...# #..# .##.
K #..# #..# #.#. ##.. #.#. #..# #..#
L #... #... #... #... #... #... ####
M #...# ##.## #.#.# #.#.# #...# #...# #...#
N #...# ##..# ##..# #.#.# #..## #..## #...#
O .##. #..# #..# #..# #..# #..# .##.
P ###. #..# #..# ###. #... #... #...
Q .##.. #..#. #..#. #..#. #..#. #.##. .##.#
R ###. #..# #..# ###. #.#. #..# #..#
S .### #... #... .##. ...# ...# ###.
T ##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..
U #..# #..# #..# #..# #..# #..# .##.
V #...# #...# #...# #...# .#.#. .#.#. ..#..
W #...# #...# #...# #.#.# #.#.# ##.## #...#
X #...# #...# .#.#. ..#.. .#.#. #...# #...#
Y #...# #...# .#.#. ..#.. ..#.. ..#.. ..#..
Z #### ...# ..#. ..#. .#.. #... ####
Æ .##### #..#.. #..#.. ###### #..#.. #..#.. #..###
Ø .###.# #..##. #..##. #.#.#. ##..#. ##..#. #.###.
Å .##. .##. .... .##. #..# #### #..#
0 .##. #..# #.## ##.# #..# #..# .##.
1 .#. ##. .#. .#. .#. .#. ###
2 .##. #..# ...# ..#. .#.. #... ####
3 ###. ...# ...# .##. ...# ...# ###.
4 #..# #..# #..# #### ...# ...# ...#
5 #### #... ###. ...# ...# #..# .##.
6 .##. #... #... ###. #..# #..# .##.
7 #### ...# ...# ..#. ..#. .#.. .#..
8 .##. #..# #..# .##. #..# #..# .##.
9 .##. #..# #..# .### ...# ...# .##.
. . . . . . # #
- ... ... ... ### ... ... ...
_ .. .. .. .. .. .. ..";

/// The rows of a letter; a space is written `_`.
fn letter(c: char) -> Option<Vec<&'static str>> {
    let wanted = if c == ' ' { '_' } else { c };
    let line = LETTERS.lines().find(|line| line.starts_with(wanted))?;
    Some(line.split(' ').skip(1).collect())
}

/// The dots of a line of text, one row after the other; `None` if a letter is not known.
fn dots(text: &str) -> Option<Vec<Vec<bool>>> {
    let mut rows = vec![Vec::new(); HEIGHT];
    for (index, c) in text.chars().enumerate() {
        for (row, line) in rows.iter_mut().zip(letter(c)?) {
            if index > 0 {
                row.push(false);
            }
            row.extend(line.chars().map(|dot| dot == '#'));
        }
    }
    Some(rows)
}

/// The lines of text, as large as they fit in `columns` and `rows` cells, with a row between them; each
/// dot is as high as it is wide, two rows of dots to a cell. Nothing if they do not fit, or if a letter
/// is not known.
#[must_use]
pub fn draw(lines: &[&str], columns: usize, rows: usize) -> Option<Vec<String>> {
    let lines: Vec<_> = lines.iter().map(|line| dots(line)).collect::<Option<_>>()?;
    let widest = lines.iter().filter_map(|line| line.first().map(Vec::len)).max()?;
    let height = |scale: usize| {
        let each = (HEIGHT * scale).div_ceil(2);
        lines.len().saturating_mul(each + 1).saturating_sub(1)
    };
    // A dot of five cells is a letter of eighteen rows: no screen needs more.
    let scale = (1..=5).rev().find(|scale| widest * scale <= columns && height(*scale) <= rows)?;
    let mut drawn = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            drawn.push(String::new());
        }
        let tall: Vec<&Vec<bool>> =
            line.iter().flat_map(|row| std::iter::repeat_n(row, scale)).collect();
        for pair in tall.chunks(2) {
            let row = |at: usize| pair.get(at).map(|row| row.as_slice()).unwrap_or_default();
            let (upper, lower) = (row(0), row(1));
            let cell = |at: usize| {
                let set = |row: &[bool]| row.get(at).copied().unwrap_or(false);
                half(set(upper), set(lower))
            };
            let wide = (0..upper.len()).flat_map(|at| std::iter::repeat_n(cell(at), scale));
            drawn.push(wide.collect::<String>().trim_end().to_owned());
        }
    }
    Some(drawn)
}

/// The character of a cell whose upper and lower half are set or not.
pub(super) const fn half(upper: bool, lower: bool) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KNOWN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅ0123456789 .-";

    #[test]
    fn every_letter_is_whole_and_none_is_like_another() {
        let mut shapes = BTreeSet::new();
        for c in KNOWN.chars() {
            let rows = letter(c).unwrap();
            assert_eq!(rows.len(), HEIGHT, "{c}");
            assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{c}");
            assert_eq!(c != ' ', rows.iter().any(|row| row.contains('#')), "{c}");
            assert!(shapes.insert(rows), "{c} is like another");
        }
        assert_eq!(LETTERS.lines().count(), KNOWN.chars().count());
    }

    #[test]
    fn a_word_is_drawn_as_it_is_written() {
        let drawn = draw(&["L1"], 9, 4).unwrap();
        assert_eq!(drawn, ["█    ▄█", "█     █", "█     █", "▀▀▀▀ ▀▀▀"]);
        let twice = draw(&["L1"], 16, 7).unwrap();
        assert_eq!(twice.len(), 7);
        assert_eq!(twice[0], "██          ██");
        assert_eq!(twice[6], "████████  ██████");
    }

    #[test]
    fn what_does_not_fit_or_is_not_known_is_not_drawn() {
        assert_eq!(draw(&["L1"], 7, 4), None);
        assert_eq!(draw(&["L1"], 9, 3), None);
        assert_eq!(draw(&["l"], 80, 25), None);
        assert_eq!(draw(&[], 80, 25), None);
    }

    #[test]
    fn the_verdicts_fit_the_smallest_screens_twice_as_large_as_its_dots() {
        // Beside the title, the keys, two free rows and five rows of text.
        for rows in [24 - 9, 25 - 9] {
            for lines in [
                &["SLETTET"][..],
                &["IKKE", "SLETTET"],
                &["IKKE", "BEVIST"],
                &["IKKE", "GYLDIG"],
                &["STOPPET"],
                &["IKKE", "FÆRDIG"],
                &["ERASED"],
                &["NOT", "ERASED"],
                &["NOT", "PROVEN"],
                &["NOT", "VALID"],
                &["STOPPED"],
                &["NOT", "DONE"],
            ] {
                let drawn = draw(lines, 78, rows).unwrap_or_else(|| panic!("{lines:?}"));
                assert_eq!(drawn.len(), 8 * lines.len() - 1, "{lines:?} in {rows} rows");
            }
        }
    }
}
