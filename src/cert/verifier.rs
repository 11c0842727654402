//! Many documents, judged by the same trust: what is the same in many of them is checked once.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use super::issuer::{Issuer, verify_issuer_by};
use super::rejection::Rejection;
use super::trust::Trust;
use super::verify::{VerifiedCertificate, check};
use super::{Authorization, profile};
use crate::log::Inclusion;
use crate::model::Timestamp;

/// Judges documents as [`super::verify`] and [`super::verify_logged`] do, and remembers the
/// authorizations that it found good: a batch of thousands has a handful of them.
#[derive(Debug)]
pub struct Verifier<'a> {
    trust: &'a Trust,
    now: Timestamp,
    /// By the text of their signature, and whole: only what is the same to the last member was
    /// checked.
    good: RwLock<HashMap<String, (Value, Authorization)>>,
}

impl<'a> Verifier<'a> {
    /// Judges by this trust, at this time.
    #[must_use]
    pub fn new(trust: &'a Trust, now: Timestamp) -> Self {
        Self { trust, now, good: RwLock::default() }
    }

    /// Whom it believes.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        self.trust
    }

    /// Checks a document, and the proof that it is in the office's log if there is one.
    ///
    /// # Errors
    /// The first check that fails, as in [`super::verify_logged`].
    pub fn verify(
        &self,
        bytes: &[u8],
        proof: Option<&Inclusion>,
    ) -> Result<VerifiedCertificate, Rejection> {
        check(profile::parse(bytes)?, proof, self.trust, self.now, &|document| {
            self.issuer(document)
        })
    }

    fn issuer(&self, document: &Value) -> Result<Issuer, Rejection> {
        verify_issuer_by(document, |authorization| {
            let signature = authorization.pointer("/proof/proofValue").and_then(Value::as_str);
            let known = signature.and_then(|signature| {
                let good = self.good.read().unwrap_or_else(PoisonError::into_inner);
                let (same, known) = good.get(signature)?;
                (same == authorization).then(|| known.clone())
            });
            if let Some(known) = known {
                return Ok(known);
            }
            let found = Authorization::verify(authorization, &self.trust.root)?;
            if let Some(signature) = signature {
                let mut good = self.good.write().unwrap_or_else(PoisonError::into_inner);
                good.insert(signature.to_owned(), (authorization.clone(), found.clone()));
            }
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::trust::tests::{NOW, authorized, authorized_by, signed_with, trust};
    use super::super::{Unauthorized, verify};
    use super::*;

    const TYPE: &str = "SomethingNewer";

    /// Whatever was judged before, each of them is judged as if it was the first.
    #[test]
    fn nothing_is_believed_that_was_not_checked() {
        let changed = |change: fn(&mut Value)| {
            let mut authorization = authorized(0);
            change(&mut authorization);
            signed_with(TYPE, &authorization)
        };
        let documents = [
            signed_with(TYPE, &authorized(0)),
            // Forged under the same signature, with the same id and the same keys.
            changed(|it| it["validUntil"] = "2199-01-01T00:00:00Z".into()),
            changed(|it| it["credentialSubject"]["mayIssue"] = serde_json::json!(["X"])),
            changed(|it| it["only"] = "Odense".into()),
            changed(|it| it["proof"]["created"] = "2026-01-01T00:00:00Z".into()),
            changed(|it| drop(it["proof"].as_object_mut().unwrap().remove("proofValue"))),
            changed(|it| it["proof"]["proofValue"] = 7.into()),
            signed_with(TYPE, &authorized_by(9, 0)),
            signed_with(TYPE, &Value::Null),
        ];
        let trust = trust(None);
        let verifier = Verifier::new(&trust, NOW);
        for _ in 0..2 {
            for document in &documents {
                let alone = verify(document, &trust, NOW).map(|found| found.digest().to_owned());
                let after = verifier.verify(document, None).map(|found| found.digest().to_owned());
                assert_eq!(alone, after);
            }
        }
        assert!(verifier.verify(&documents[0], None).is_ok());
        for forged in &documents[1..] {
            let why = verifier.verify(forged, None).unwrap_err();
            assert!(matches!(why, Rejection::NotAuthorized(_)), "{why}");
        }
        assert_eq!(verifier.good.read().unwrap().len(), 1, "only the good one is remembered");
    }

    #[test]
    fn a_known_authorization_permits_no_more_than_an_unknown_one() {
        let trust = trust(None);
        let verifier = Verifier::new(&trust, NOW);
        assert!(verifier.verify(&signed_with(TYPE, &authorized(0)), None).is_ok());
        let other = signed_with("DataErasureCertificate", &authorized(0));
        assert_eq!(verifier.verify(&other, None).unwrap_err(), Unauthorized::NotForType.into());
    }
}
