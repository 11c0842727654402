//! Techniques in the words of `list` and `plan`: what a drive can be erased by, and what not.

use serde_json::json;

use crate::model::TechniqueId;
use crate::plan::{Available, Unavailable};
use crate::technique;

/// The id as it stands in plans and certificates.
fn word(id: TechniqueId) -> String {
    json!(id).as_str().unwrap_or_default().to_owned()
}

/// `overwrite (clear)`, and so on, on one line.
pub(super) fn usable(rows: &[Available]) -> String {
    let rows: Vec<_> =
        rows.iter().map(|row| format!("{} ({})", word(row.id), row.method)).collect();
    rows.join(", ")
}

/// One line for each reason, in the order of the techniques. Where a reason holds for every
/// technique of a protocol, the protocol stands for them.
pub(super) fn unusable(rows: &[Unavailable]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<TechniqueId>)> = Vec::new();
    for row in rows {
        match reasons.iter_mut().find(|(why, _)| *why == row.why_not) {
            Some((_, ids)) => ids.push(row.id),
            None => reasons.push((&row.why_not, vec![row.id])),
        }
    }
    let line = |(why, ids): (&str, Vec<TechniqueId>)| format!("{}: {why}", short(&ids).join(", "));
    reasons.into_iter().map(line).collect()
}

/// The ids, or `nvme-*` where every technique of that protocol is among them.
fn short(ids: &[TechniqueId]) -> Vec<String> {
    let protocol = |id: TechniqueId| word(id).split('-').next().unwrap_or_default().to_owned();
    let mut words = Vec::new();
    for id in ids {
        let family: Vec<_> = (technique::all().map(|spec| spec.id))
            .filter(|other| protocol(*other) == protocol(*id))
            .collect();
        let whole = family.len() > 1 && family.iter().all(|other| ids.contains(other));
        let word = if whole { format!("{}-*", protocol(*id)) } else { word(*id) };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(TechniqueId, &str)]) -> Vec<Unavailable> {
        let row = |(id, why): &(TechniqueId, &str)| Unavailable { id: *id, why_not: (*why).into() };
        rows.iter().map(row).collect()
    }

    #[test]
    fn one_line_for_a_reason() {
        use TechniqueId::{NvmeFormatCryptoErase, NvmeSanitizeBlockErase, NvmeSanitizeCryptoErase};
        let lines = unusable(&rows(&[
            (NvmeSanitizeCryptoErase, "no such command"),
            (NvmeSanitizeBlockErase, "another reason"),
            (NvmeFormatCryptoErase, "no such command"),
        ]));
        assert_eq!(
            lines,
            [
                "nvme-sanitize-crypto-erase, nvme-format-crypto-erase: no such command",
                "nvme-sanitize-block-erase: another reason",
            ]
        );
        assert_eq!(unusable(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_protocol_stands_for_all_its_techniques() {
        let nvme = |id: &TechniqueId| word(*id).starts_with("nvme-");
        let ids: Vec<_> = technique::all().map(|spec| spec.id).filter(nvme).collect();
        let all: Vec<_> = ids.iter().map(|id| (*id, "it speaks SCSI")).collect();
        assert_eq!(unusable(&rows(&all)), ["nvme-*: it speaks SCSI"]);
        let lines = unusable(&rows(&all[1..]));
        assert!(!lines[0].contains('*') && lines[0].contains("nvme-format-user-data-erase"));
    }
}
