//! Which lines of a screen are on which page.

use super::draw::{Drawn, lines};
use super::view::Row;

/// Lines that stay together on a page.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) lines: Vec<Drawn>,
    /// What the list is called that it is a part of, if it is not the first of it.
    pub(super) above: Option<Vec<Drawn>>,
}

/// Rows with what belongs to them: a drive with how it stands, an answer with its question, a list's
/// name with its first part.
pub(super) fn groups(rows: &[Row], width: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut heading: Option<Vec<Drawn>> = None;
    let mut before = &Row::Gap;
    for row in rows {
        let drawn = lines(row, width);
        let belongs = match row {
            Row::Gap | Row::Heading(_) => false,
            Row::Under(_) | Row::Answer(..) => !matches!(before, Row::Gap),
            Row::State(..) => matches!(before, Row::Under(_)),
            _ => false,
        } || (matches!(before, Row::Heading(_)) && !matches!(row, Row::Gap));
        match groups.last_mut() {
            Some(group) if belongs => group.lines.extend(drawn),
            _ => {
                let above = heading.clone().filter(|_| !matches!(row, Row::Gap | Row::Heading(_)));
                groups.push(Group { lines: drawn, above });
            }
        }
        match row {
            Row::Heading(_) => heading = Some(lines(row, width)),
            Row::Gap => heading = None,
            _ => {}
        }
        before = row;
    }
    groups
}

/// The groups on pages of so many lines; one that is longer than a page goes over several.
pub(super) fn paged(groups: &[Group], room: usize) -> Vec<Vec<Drawn>> {
    let mut pages = vec![Vec::new()];
    for Group { lines, above } in groups {
        let is_gap = lines.iter().all(|line| line.text.is_empty());
        let used = pages.last().map_or(0, Vec::len);
        if used + lines.len() > room && used > 0 {
            if is_gap {
                continue;
            }
            let above = above.clone().filter(|above| above.len() + lines.len() <= room);
            pages.push(above.unwrap_or_default());
        } else if is_gap && used == 0 && pages.len() > 1 {
            continue;
        }
        for line in lines {
            if pages.last().is_some_and(|page| page.len() >= room) {
                pages.push(Vec::new());
            }
            if let Some(page) = pages.last_mut() {
                page.push(line.clone());
            }
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the pages, with a row of each to a line.
    fn shown(rows: &[Row], room: usize) -> Vec<String> {
        let text = |page: Vec<Drawn>| {
            page.into_iter().map(|line| line.text.trim().to_owned()).collect::<Vec<_>>().join("|")
        };
        paged(&groups(rows, 20), room).into_iter().map(text).collect()
    }

    #[test]
    fn what_belongs_together_is_on_one_page_and_a_list_is_named_on_each() {
        let drive = |name: &str| [Row::Strong(name.to_owned()), Row::Under("place".to_owned())];
        let mut rows = vec![Row::Text("label".to_owned()), Row::Gap];
        rows.push(Row::Heading("list:".to_owned()));
        rows.extend(["a", "b", "c"].iter().flat_map(|name| drive(name)));
        rows.extend([Row::Gap, Row::Strong("why".to_owned()), Row::Answer("1", "yes".to_owned())]);
        let last = "why|1         yes";
        assert_eq!(shown(&rows, 5), ["label||list:|a|place", "list:|b|place|c|place", last]);
        assert_eq!(
            shown(&rows, 4),
            ["label|", "list:|a|place", "list:|b|place", "list:|c|place|", last]
        );
        assert_eq!(shown(&rows, 99), [format!("label||list:|a|place|b|place|c|place||{last}")]);
    }

    #[test]
    fn nothing_is_lost_where_there_is_hardly_any_room() {
        let rows = [
            Row::Heading("list:".to_owned()),
            Row::Strong("a".to_owned()),
            Row::Under("b".to_owned()),
            Row::Under("c".to_owned()),
            Row::Text("d".to_owned()),
        ];
        for room in 1..6 {
            let all = shown(&rows, room).join("|");
            assert!(["list:", "a", "b", "c", "d"].iter().all(|text| all.contains(text)), "{all}");
        }
        assert_eq!(shown(&[], 3), [""]);
    }
}
