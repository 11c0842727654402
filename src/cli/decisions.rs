//! What people decided on the documents that are judged, for `nulstil verify`.

use std::collections::HashMap;

use serde::Serialize;

use crate::cert::{Decision, Rejection, Validation, VerifiedCertificate};
use crate::model::Timestamp;

/// One decision, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decided {
    pub(super) decision: Decision,
    /// Who decided, by their own word.
    pub(super) decided_by: String,
    pub(super) remark: Option<String>,
    /// The name of the key that signed, as the root vouches for it.
    pub(super) validator: String,
    pub(super) at: Timestamp,
    pub(super) file: String,
    /// Of the decision itself, which may lie here in several copies.
    #[serde(skip)]
    pub(super) digest: String,
}

struct Known {
    told: Decided,
    validation: Validation,
    /// did:key of the validator.
    issuer: String,
}

/// All authentic decisions, each once.
#[derive(Default)]
pub(super) struct Decisions {
    by_digest: HashMap<String, Vec<Known>>,
}

/// What was decided on one document.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The decisions that hold, the one that counts first: the newest, but for acceptances of a day
    /// that has not come, which are last.
    pub(super) held: Vec<Decided>,
    /// The digests of those that do not, and why.
    pub(super) wrong: Vec<(String, Rejection)>,
}

impl Decisions {
    pub(super) fn add(&mut self, file: &str, document: &VerifiedCertificate) {
        let Some(validation) = document.validation() else { return };
        let named = self.by_digest.entry(validation.digest.clone()).or_default();
        if named.iter().any(|known| known.told.digest == document.digest()) {
            return;
        }
        let told = Decided {
            decision: validation.decision,
            decided_by: validation.decided_by.clone(),
            remark: validation.remark.clone(),
            validator: document.issuer_name().to_owned(),
            at: document.issued(),
            file: file.to_owned(),
            digest: document.digest().to_owned(),
        };
        named.push(Known {
            told,
            validation: validation.clone(),
            issuer: document.issuer().to_owned(),
        });
    }

    /// What was decided on this document until `now`. The clock of a station may be wrong by
    /// [`crate::cert::CLOCK_SLACK`]; an acceptance that comes from later outranks no refusal by that.
    pub(super) fn on(&self, certificate: &VerifiedCertificate, now: Timestamp) -> Found {
        let mut found = Found::default();
        for known in self.by_digest.get(certificate.digest()).into_iter().flatten() {
            match known.validation.holds(&known.issuer, certificate) {
                Ok(()) => found.held.push(known.told.clone()),
                Err(why) => found.wrong.push((known.told.digest.clone(), why)),
            }
        }
        // Of two at one time the worse one counts.
        found.held.sort_by_key(|decided| {
            let early = decided.decision == Decision::Accepted && decided.at > now;
            std::cmp::Reverse((!early, decided.at, decided.decision))
        });
        found
    }
}
