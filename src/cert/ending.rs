//! The endings of file names by which documents in a folder are known. A document under another
//! kind's name is rejected: it would be counted as what it is not, or overlooked.
//!
//! Upper and lower case are the same in an ending: on the auditor's Windows they are, and a stick
//! formatted as FAT may come back with either.

use super::document;

/// On an erasure, whatever came of it.
pub const CERTIFICATE: &str = ".cert.json";
/// The page of a certificate, which carries the certificate itself.
pub const PAGE: &str = ".cert.pdf";
/// On a drive that was read and not written to, whatever was found.
pub const INSPECTION: &str = ".inspection.json";
/// On a drive that has to be destroyed.
pub const DESTRUCTION: &str = ".destroy.json";
/// The report on a machine, the end of a session.
pub const MACHINE: &str = ".machine.json";
/// What a session begins.
pub const STARTED: &str = ".start.json";
/// A person's decision.
pub const VALIDATION: &str = ".validation.json";
/// The root key's word on other keys; no document on a drive or a session.
pub const TRUST_LIST: &str = ".trust";

/// Those of documents on one drive.
pub const DRIVES: [&str; 3] = [CERTIFICATE, INSPECTION, DESTRUCTION];

/// Those of what a session signs.
pub const SESSION: [&str; 5] = [CERTIFICATE, INSPECTION, DESTRUCTION, MACHINE, STARTED];

/// Those of all that is signed, each in a file of its own.
pub const ALL: [&str; 6] = [CERTIFICATE, INSPECTION, DESTRUCTION, MACHINE, STARTED, VALIDATION];

/// What comes before the ending of a name, if it ends so.
#[must_use]
pub fn strip<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (stem, end) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    end.eq_ignore_ascii_case(ending).then_some(stem)
}

/// Whether a name ends like one of these.
#[must_use]
pub fn is(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| strip(name, ending).is_some())
}

/// Whether a name promises one document of ours: such a file is judged as that, whatever is in it.
#[must_use]
pub fn is_ours(name: &str) -> bool {
    is(name, &ALL) || is(name, &[PAGE, TRUST_LIST])
}

/// Whether a document of this type may be in a file of this name. A name with no ending of these
/// may hold any but a validation, which has to be found before what it decides on is judged.
#[must_use]
pub fn fits(kind: &str, name: &str) -> bool {
    let own = match kind {
        document::BLANK | document::INSPECTION => INSPECTION,
        document::DESTRUCTION => DESTRUCTION,
        document::MACHINE => MACHINE,
        document::STARTED => STARTED,
        document::VALIDATION => return is(name, &[VALIDATION]),
        _ if is(name, &[PAGE]) => return true,
        _ => CERTIFICATE,
    };
    is(name, &[own]) || !(is(name, &[PAGE]) || is(name, &ALL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_in_the_file() {
        for (kind, own) in [
            (document::CERTIFICATE, CERTIFICATE),
            (document::FAILED, CERTIFICATE),
            ("NewerReport", CERTIFICATE),
            (document::BLANK, INSPECTION),
            (document::INSPECTION, INSPECTION),
            (document::DESTRUCTION, DESTRUCTION),
            (document::MACHINE, MACHINE),
            (document::STARTED, STARTED),
            (document::VALIDATION, VALIDATION),
        ] {
            for ending in ALL {
                assert_eq!(fits(kind, &format!("a{ending}")), own == ending, "{kind} {ending}");
                let upper = format!("a{}", ending.to_uppercase());
                assert_eq!(fits(kind, &upper), own == ending, "{kind} {upper}");
            }
            assert_eq!(fits(kind, "a.cert.pdf"), own == CERTIFICATE, "{kind} on a page");
            assert_eq!(fits(kind, "a.Cert.PDF"), own == CERTIFICATE, "{kind} on a page");
            assert_eq!(fits(kind, "sent.json"), kind != document::VALIDATION, "{kind}");
        }
    }

    #[test]
    fn upper_and_lower_case_are_one_ending() {
        assert_eq!(strip("A.Cert.JSON", CERTIFICATE), Some("A"));
        for other in ["cert.json", "", "å", "a.cert.jsån", "a.cert.json "] {
            assert_eq!(strip(other, CERTIFICATE), None, "{other}");
        }
        for ours in ["x.DESTROY.json", "x.TRUST", "x.cert.PDF", "x.Validation.Json"] {
            assert!(is_ours(ours), "{ours}");
        }
        assert!(!is_ours("x.zip") && !is_ours("x.json"));
    }
}
