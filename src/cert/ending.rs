//! The endings of file names by which documents in a folder are known. A document under another
//! kind's name is rejected: it would be counted as what it is not, or overlooked.

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

/// Whether a document of this type may be in a file of this name. A name with no ending of these
/// may hold any but a validation, which has to be found before what it decides on is judged.
#[must_use]
pub fn fits(kind: &str, name: &str) -> bool {
    let own = match kind {
        document::BLANK | document::INSPECTION => INSPECTION,
        document::DESTRUCTION => DESTRUCTION,
        document::MACHINE => MACHINE,
        document::STARTED => STARTED,
        document::VALIDATION => return name.ends_with(VALIDATION),
        _ if name.ends_with(PAGE) => return true,
        _ => CERTIFICATE,
    };
    name.ends_with(own)
        || !(name.ends_with(PAGE) || ALL.iter().any(|ending| name.ends_with(ending)))
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
            }
            assert_eq!(fits(kind, "a.cert.pdf"), own == CERTIFICATE, "{kind} on a page");
            assert_eq!(fits(kind, "sent.json"), kind != document::VALIDATION, "{kind}");
        }
    }
}
