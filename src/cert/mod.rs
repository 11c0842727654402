//! Certificates: the signed form in which results leave this program, and its verification.
//!
//! ```text
//! profile    which JSON is allowed at all          RFC 8259 narrowed, RFC 8785
//! did        a public key as a name                did:key, Multikey
//! proof      the signature                         W3C Data Integrity, eddsa-jcs-2022
//! authorization, issuer   who may sign what        W3C VC 2.0 vocabulary, rules of our own
//! trust, trust_list      whom to believe, and who no longer counts
//! conclude   from evidence to verdict          the rules, once
//! document   the body of what we issue         fields of SP 800-88 r1 app. G, r2 sec. 4.6
//! inspected  drives that were only read        rules of our own
//! condemned  drives that have to be destroyed
//! machine    whether a whole machine is done
//! ending     what a file of which kind is called
//! stream     whether anything is missing       numbers and digests of our own
//! content, members           what a document says, what is missing, what is unknown
//! verify     the auditor's question            all of the above, in order
//! verifier   the same for many documents       what they share is checked once
//! validation     what a person decides on it    SP 800-88r2, section 4.5
//! rejection  why not
//! schema     all of it as a JSON Schema          with the feature of that name
//! ```
//!
//! No I/O, no clock, no randomness: time and keys are arguments. So it builds without the rest of
//! the program, and a certificate verifies the same on an auditor's machine in ten years.
//!
//! Other libraries for Verifiable Credentials accept these documents, but also some that this
//! module refuses (duplicate members, appended contexts, unsigned members in the proof).

pub mod authorization;
mod conclude;
mod condemned;
mod content;
pub mod did;
pub mod document;
pub mod ending;
mod inspected;
mod issuer;
pub mod job;
mod machine;
mod members;
pub mod profile;
pub mod proof;
mod rejection;
#[cfg(feature = "schema")]
pub mod schema;
mod stream;
mod trust;
pub mod trust_list;
mod validation;
mod verifier;
mod verify;

pub use authorization::Authorization;
pub use conclude::{RULES, conclude};
pub use condemned::{NotTheAttempt, condemnation};
pub use inspected::{inspected, inspection};
pub use issuer::{Issuer, verify_issuer};
pub use machine::{MachineDrive, lacks};
pub use rejection::{ProofFault, Rejection, Unauthorized};
pub use stream::{Begun, Entry, Gap, NOTHING_BEFORE, Place, gaps};
pub use trust::{Logged, Seen, Signers, Trust};
pub use trust_list::{Revocation, TrustList};
pub use validation::{Decision, Validation, ValidationHeader};
pub use verifier::Verifier;
#[cfg(feature = "verify-cli")]
pub(crate) use verify::CLOCK_SLACK;
pub use verify::{VerifiedCertificate, verify, verify_logged};

/// What [`is_urn_uuid`] lets through, as the JSON Schema describes it.
#[cfg(feature = "schema")]
pub(crate) const URN_UUID: &str =
    "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

/// The same without `urn:uuid:`.
#[cfg(feature = "schema")]
pub(crate) const UUID: &str =
    "^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

/// Whether `text` is `urn:uuid:` and a UUID in the one spelling that RFC 9562 section 4 lets a
/// program write: lower case, of the variant and of a version that the RFC defines.
pub(crate) fn is_urn_uuid(text: &str) -> bool {
    let shape = b"xxxxxxxx-xxxx-vxxx-nxxx-xxxxxxxxxxxx";
    text.strip_prefix("urn:uuid:").is_some_and(|uuid| {
        uuid.len() == shape.len()
            && uuid.bytes().zip(shape).all(|(have, want)| match want {
                b'x' => matches!(have, b'0'..=b'9' | b'a'..=b'f'),
                b'v' => matches!(have, b'1'..=b'8'),
                b'n' => matches!(have, b'8' | b'9' | b'a' | b'b'),
                _ => have == b'-',
            })
    })
}

#[cfg(test)]
mod tests {
    use super::is_urn_uuid;

    #[test]
    fn one_spelling_of_a_uuid() {
        assert!(is_urn_uuid("urn:uuid:0199b0c0-0000-7000-8000-0123456789ab"));
        for other in [
            "0199b0c0-0000-7000-8000-0123456789ab",
            "URN:UUID:0199b0c0-0000-7000-8000-0123456789ab",
            "urn:uuid:0199B0C0-0000-7000-8000-0123456789ab",
            "urn:uuid:0199b0c0-0000-7000-8000-0123456789a",
            "urn:uuid:0199b0c0-0000-7000-8000-0123456789abc",
            "urn:uuid:0199b0c0-0000-0000-8000-0123456789ab",
            "urn:uuid:0199b0c0-0000-7000-c000-0123456789ab",
            "urn:uuid:0199b0c000007000-8000-0123456789ab-00",
            "urn:uuid:",
        ] {
            assert!(!is_urn_uuid(other), "{other}");
        }
    }
}
