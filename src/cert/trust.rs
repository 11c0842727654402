//! Whom an auditor believes: one root key, and what it says of other keys.

use ed25519_dalek::VerifyingKey;

use super::did;
use super::issuer::Issuer;
use super::rejection::{Rejection, Unauthorized};
use super::trust_list::{Revocation, TrustList};
use super::verify::CLOCK_SLACK;
use crate::log::{Checkpoint, Hash, Inclusion, Key, Note};
use crate::model::Timestamp;

/// Whom to believe.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The recycler's root key. Its fingerprint stands in the contract.
    pub root: VerifyingKey,
    /// The newest trust list that the root signed, if there is one.
    pub list: Option<TrustList>,
}

/// A document's place in the office's log, with a checkpoint whose signatures hold.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Logged {
    /// The name of the log.
    pub log: String,
    /// Which entry it is, from 0.
    pub index: u64,
    /// Who saw that it was there, and when, by their clock: earliest first.
    pub witnessed: Vec<Seen>,
}

/// A witness's word that a log had at least so many entries.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Seen {
    /// Its name on the trust list.
    pub by: String,
    /// When, by its clock.
    pub at: Timestamp,
}

/// Who signed a checkpoint beside its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers {
    /// Those whose time can be true, earliest first.
    pub witnessed: Vec<Seen>,
    /// Those whose time cannot be true. They count for nothing, and that is told.
    pub impossible: Vec<Seen>,
}

impl Trust {
    /// Trust in a root key that never made a trust list.
    #[must_use]
    pub const fn new(root: VerifyingKey) -> Self {
        Self { root, list: None }
    }

    /// Whether a document of this issuer counts, given where it is logged. What cannot be told for
    /// want of a trust list is the answer, one phrase.
    ///
    /// # Errors
    /// The list is older than the authorization, or the key was revoked and nobody saw the
    /// document before that.
    pub(super) fn judge(
        &self,
        issuer: &Issuer,
        logged: Option<&Logged>,
    ) -> Result<Option<String>, Rejection> {
        self.judge_key(&issuer.did, issuer.authorization.trust_list_version, logged)
    }

    /// The same for what the key `station` signed, authorized when trust list `needed` was the
    /// newest.
    ///
    /// # Errors
    /// As [`Trust::judge`].
    pub(crate) fn judge_key(
        &self,
        station: &str,
        needed: u64,
        logged: Option<&Logged>,
    ) -> Result<Option<String>, Rejection> {
        let Some(list) = &self.list else {
            let unchecked = || {
                format!("revoked keys were not looked up: name trust list {needed} or a newer one")
            };
            return Ok((needed > 0).then(unchecked));
        };
        if list.version < needed {
            return Err(Unauthorized::OldTrustList { have: list.version, needed }.into());
        }
        let Some(revocation) = list.revocation(station) else { return Ok(None) };
        // Whoever has the key can write any date on a document, but not make a witness have seen
        // it then.
        let seen = logged.and_then(|logged| logged.witnessed.first());
        match seen {
            Some(seen) if seen.at < revocation.since => Ok(None),
            _ => Err(revocation.into()),
        }
    }

    /// Checks the proof that a document, `issued` by its own word, is in the log. A witness whose
    /// time cannot be true is the second answer, one phrase.
    ///
    /// Nobody saw a document a day before it was issued, or sees it a day from now: then one of the
    /// clocks is wrong. Such a time does not count, or a witness whose clock stands still would
    /// cover for a stolen key; and the document is not refused for it, because what the station
    /// signed holds without any witness.
    ///
    /// # Errors
    /// The proof does not hold, or as [`Trust::signers`].
    pub(super) fn logged(
        &self,
        leaf: &Hash,
        proof: &Inclusion,
        issued: Timestamp,
        now: Timestamp,
    ) -> Result<(Logged, Option<String>), Rejection> {
        let checkpoint = proof.check(leaf)?;
        let found = self.signers(&proof.note, &checkpoint, Some(issued), now)?;
        let wrong = found.impossible.first().map(|seen| {
            format!(
                "{} says that it saw this on {}, which cannot be: one of the clocks is wrong",
                seen.by, seen.at
            )
        });
        let Signers { witnessed, .. } = found;
        Ok((Logged { log: checkpoint.origin, index: proof.index, witnessed }, wrong))
    }

    /// Who signed this checkpoint beside its log, which must have. A witness's time more than a day
    /// after `now` cannot be true, nor one more than a day before a document that the checkpoint
    /// speaks of was `issued`.
    ///
    /// # Errors
    /// There is no trust list, or it does not name this log, or the log did not sign, or a
    /// witness's signature does not hold, or the log's key was revoked and no witness saw the
    /// checkpoint before. A witness that is missing, or revoked, is no error.
    pub fn signers(
        &self,
        note: &Note,
        checkpoint: &Checkpoint,
        issued: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Signers, Rejection> {
        let list = self.list.as_ref().ok_or(Rejection::NoTrustList)?;
        let log = list.logs.iter().find(|key| key.name() == checkpoint.origin);
        let log = log.ok_or_else(|| Rejection::UnknownLog(checkpoint.origin.clone()))?;
        note.sealed_by(log)?;
        let revoked = |key: &Key| list.revocation(&did::of(key.key()));
        let mut seen = Vec::new();
        for witness in &list.witnesses {
            // Whoever has a witness's key writes any time: not even an early one counts.
            if revoked(witness).is_some() || !note.has_line_of(witness) {
                continue;
            }
            let at = note.sealed_by(witness)?.at;
            seen.extend(at.map(|at| Seen { by: witness.name().to_owned(), at }));
        }
        seen.sort_by_key(|seen| seen.at);
        let (witnessed, impossible): (Vec<Seen>, Vec<Seen>) = seen.into_iter().partition(|seen| {
            seen.at <= now.plus(CLOCK_SLACK)
                && issued.is_none_or(|issued| issued <= seen.at.plus(CLOCK_SLACK))
        });
        match revoked(log) {
            Some(lost) if witnessed.first().is_none_or(|seen| seen.at >= lost.since) => {
                Err(lost.into())
            }
            _ => Ok(Signers { witnessed, impossible }),
        }
    }
}

impl From<&Revocation> for Rejection {
    fn from(revocation: &Revocation) -> Self {
        let Revocation { since, reason, .. } = revocation;
        Unauthorized::Revoked { since: *since, reason: reason.clone() }.into()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::super::trust_list::tests::{key, list};
    use super::super::{
        Authorization, Rejection, Revocation, Seen, Trust, TrustList, Unauthorized, did, document,
        profile, proof, verify, verify_logged,
    };
    use crate::log::{Checkpoint, Inclusion, Leaves, LogError, leaf};
    use crate::model::Timestamp;

    /// The key of [`list`]'s only revocation signs a document of a type that is not known: enough
    /// of one to be judged by who signed it.
    pub(in crate::cert) const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);

    pub(in crate::cert) fn authorized(trust_list_version: u64) -> Value {
        authorized_by(1, trust_list_version)
    }

    pub(in crate::cert) fn authorized_by(root: u8, trust_list_version: u64) -> Value {
        let authorization = Authorization {
            id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
            issuer_name: "Recycler".into(),
            station: did::of(&key(2).verifying_key()),
            station_name: "Station".into(),
            valid_from: NOW.plus(-86_400),
            valid_until: NOW.plus(86_400),
            may_issue: vec!["SomethingNewer".into()],
            trust_list_version,
            paper: None,
        };
        authorization.sign(&key(root), NOW).unwrap()
    }

    fn signed(trust_list_version: u64) -> Vec<u8> {
        signed_with("SomethingNewer", &authorized(trust_list_version))
    }

    pub(in crate::cert) fn signed_with(document_type: &str, authorization: &Value) -> Vec<u8> {
        let document = json!({
            "@context": proof::CONTEXT,
            "id": "urn:uuid:0199b0c0-0000-7000-8000-000000000002",
            "type": ["VerifiableCredential", document_type],
            "schemaVersion": document::SCHEMA_VERSION,
            "validFrom": NOW.plus(-7200),
            "issuer": {
                "id": did::of(&key(2).verifying_key()),
                "name": "Station",
                "authorization": authorization,
            },
        });
        profile::pretty(&proof::sign(document, &key(2), NOW).unwrap()).unwrap()
    }

    pub(in crate::cert) fn trust(list: Option<TrustList>) -> Trust {
        Trust { root: key(1).verifying_key(), list }
    }

    fn nobody_revoked() -> TrustList {
        TrustList { revoked: Vec::new(), ..list() }
    }

    /// A proof that the document is the second of three entries, seen by a witness at `seen`.
    fn proof_of(bytes: &[u8], origin: &str, office: u8, seen: Option<i64>) -> Inclusion {
        let document: Value = profile::parse(bytes).unwrap();
        let mut leaves = Leaves::default();
        leaves.push(leaf(b"first"));
        leaves.push(leaf(&profile::canonical(&document).unwrap()));
        leaves.push(leaf(b"third"));
        let mut note = Checkpoint::of(origin, &leaves).note().unwrap();
        note.sign(origin, &key(office)).unwrap();
        if let Some(seen) = seen {
            note.cosign("odense", &key(4), NOW.plus(seen)).unwrap();
        }
        Inclusion::new(&leaves, 1, note).unwrap()
    }

    #[test]
    fn a_revoked_key_counts_for_nothing_more() {
        let bytes = signed(0);
        assert!(verify(&bytes, &trust(None), NOW).is_ok());
        assert!(verify(&bytes, &trust(Some(nobody_revoked())), NOW).is_ok());
        let revoked = Unauthorized::Revoked { since: NOW.plus(-3600), reason: "stick lost".into() };
        // Its own date, an hour before the key was lost, proves nothing.
        assert_eq!(
            verify(&bytes, &trust(Some(list())), NOW).unwrap_err(),
            Rejection::NotAuthorized(revoked.clone())
        );
        let judged = |seen| {
            verify_logged(&bytes, &proof_of(&bytes, "office", 3, seen), &trust(Some(list())), NOW)
        };
        for too_late in [None, Some(-3600), Some(0)] {
            assert_eq!(
                judged(too_late).unwrap_err(),
                Rejection::NotAuthorized(revoked.clone()),
                "{too_late:?}"
            );
        }
        let good = judged(Some(-3601)).unwrap();
        let logged = good.logged().unwrap();
        assert_eq!((logged.log.as_str(), logged.index), ("office", 1));
        assert_eq!(logged.witnessed, [Seen { by: "odense".into(), at: NOW.plus(-3601) }]);
    }

    #[test]
    fn an_old_list_hides_nothing() {
        let old = |needed| verify(&signed(needed), &trust(Some(nobody_revoked())), NOW);
        assert!(old(2).is_ok());
        assert_eq!(old(3).unwrap_err(), Unauthorized::OldTrustList { have: 2, needed: 3 }.into());
        let none = verify(&signed(3), &trust(None), NOW).unwrap();
        assert!(none.missing().iter().any(|missing| missing.contains("trust list 3")));
        let never = verify(&signed(0), &trust(None), NOW).unwrap();
        assert!(!never.missing().iter().any(|missing| missing.contains("trust list")));
    }

    #[test]
    fn a_lost_key_of_a_log_or_a_witness_counts_no_more_either() {
        let bytes = signed(0);
        let judged = |seen, lost: u8, list: TrustList| {
            let revocation = Revocation {
                key: did::of(&key(lost).verifying_key()),
                since: NOW.plus(-3600),
                reason: "stolen".into(),
            };
            let list = TrustList { revoked: [list.revoked, vec![revocation]].concat(), ..list };
            let proof = proof_of(&bytes, "office", 3, Some(seen));
            verify_logged(&bytes, &proof, &trust(Some(list)), NOW)
                .map(|good| good.logged().unwrap().witnessed.len())
        };
        let revoked =
            |reason: &str| Unauthorized::Revoked { since: NOW.plus(-3600), reason: reason.into() };
        // Whoever has the witness's key writes any time.
        assert_eq!(judged(-7200, 4, nobody_revoked()), Ok(0));
        assert_eq!(judged(-7200, 4, list()), Err(revoked("stick lost").into()));
        // What a witness saw of the log before its key was lost stands.
        assert_eq!(judged(-3601, 3, nobody_revoked()), Ok(1));
        assert_eq!(judged(-3600, 3, nobody_revoked()), Err(revoked("stolen").into()));
    }

    /// The document is of two hours before [`NOW`].
    #[test]
    fn a_time_that_cannot_be_true_counts_for_nothing() {
        const DAY: i64 = 86_400;
        let bytes = signed(0);
        let judged = |seen, list| {
            let proof = proof_of(&bytes, "office", 3, Some(seen));
            verify_logged(&bytes, &proof, &trust(Some(list)), NOW)
        };
        for (seen, counts) in [
            (-7200 - DAY, true),
            (-7200 - DAY - 1, false),
            (DAY, true),
            (DAY + 1, false),
            (-1_795_000_000, false),
        ] {
            let good = judged(seen, nobody_revoked()).unwrap();
            assert_eq!(good.logged().unwrap().witnessed.len(), usize::from(counts), "{seen}");
            let told = good.missing().iter().any(|missing| missing.contains("cannot be"));
            assert_eq!(told, !counts, "{seen}: {:?}", good.missing());
        }
        // A clock that stands still covers for no stolen key, neither a station's nor a log's.
        assert!(judged(-7200 - DAY, list()).is_ok());
        assert!(judged(-7200 - DAY - 1, list()).is_err());
        let stolen = |reason: &str, since| Revocation {
            key: did::of(&key(3).verifying_key()),
            since: NOW.plus(since),
            reason: reason.into(),
        };
        let lost =
            |seen| judged(seen, TrustList { revoked: vec![stolen("stolen", -3600)], ..list() });
        assert!(lost(-7200 - DAY).is_ok());
        assert!(lost(-7200 - DAY - 1).is_err());
    }

    #[test]
    fn only_the_logs_and_witnesses_of_the_list_count() {
        let bytes = signed(0);
        let judged = |proof: &Inclusion, list: Option<TrustList>| {
            verify_logged(&bytes, proof, &trust(list), NOW).map(|good| good.logged().cloned())
        };
        let mine = || Some(nobody_revoked());
        let good = proof_of(&bytes, "office", 3, Some(5));
        assert!(judged(&good, mine()).is_ok());
        assert_eq!(judged(&good, None).unwrap_err(), Rejection::NoTrustList);
        assert_eq!(
            judged(&proof_of(&bytes, "other", 3, None), mine()).unwrap_err(),
            Rejection::UnknownLog("other".into())
        );
        assert_eq!(
            judged(&proof_of(&bytes, "office", 8, None), mine()).unwrap_err(),
            LogError::NotSigned("office".into()).into()
        );
        // A witness that the list does not name is no witness.
        let alone = TrustList { witnesses: Vec::new(), ..nobody_revoked() };
        assert_eq!(judged(&good, Some(alone)).unwrap().unwrap().witnessed, []);
        let mut forged = good.to_string();
        let line = forged.lines().last().unwrap().to_owned();
        forged = forged.replace(&line, &line.replacen("AAAAB", "AAAAC", 1));
        assert_ne!(forged, good.to_string());
        assert_eq!(
            judged(&Inclusion::parse(forged.as_bytes()).unwrap(), mine()).unwrap_err(),
            LogError::BadSignature("odense".into()).into()
        );
        let other = signed(1);
        assert_eq!(
            verify_logged(&other, &good, &trust(mine()), NOW).unwrap_err(),
            LogError::NotIncluded.into()
        );
    }
}
