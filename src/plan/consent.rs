//! The yes to exactly one plan. Nothing starts a write but an [`ArmedPlan`].

use super::{DrivePlan, Plan, Policy};
use crate::model::DriveFacts;

/// Somebody's yes to the plan with one digest. Neither `Clone` nor `Copy`: it is used once.
#[derive(Debug)]
pub struct Consent {
    digest: String,
}

impl Consent {
    /// The yes that was given ahead, as `--yes PLAN-DIGEST`.
    #[must_use]
    pub fn ahead(digest: &str) -> Self {
        Self { digest: digest.to_owned() }
    }

    /// The yes of a person who was shown `plan` and typed, for each of its drives in order,
    /// something that names it: its serial number or the last part of its path.
    ///
    /// # Errors
    /// An answer names something else.
    pub fn typed(plan: &Plan, answers: &[String]) -> Result<Self, Mismatch> {
        let drives = plan.drives();
        let digest = plan.digest().ok_or(Mismatch)?;
        let names = |drive: &DrivePlan, answer: &str| names(&drive.path, &drive.facts, answer);
        let all = drives.len() == answers.len()
            && drives.iter().zip(answers).all(|(drive, answer)| names(drive, answer.trim()));
        if all { Ok(Self { digest }) } else { Err(Mismatch) }
    }
}

/// Whether what somebody typed names the drive: its serial number, or the last part of the path
/// that it was named by.
pub(super) fn names(path: &str, facts: &DriveFacts, answer: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let serial = facts.identity.serial_number.as_deref();
    !answer.is_empty() && (answer == last || Some(answer) == serial)
}

/// The consent is not to this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is not consent to this plan; look at the plan again and start over")]
pub struct Mismatch;

/// A plan together with the consent to it: the only key to a run, used up by it.
#[derive(Debug)]
pub struct ArmedPlan {
    drives: Vec<DrivePlan>,
    digest: String,
    policy: Policy,
}

impl ArmedPlan {
    /// Binds a consent to the plan it names.
    ///
    /// # Errors
    /// The consent is to another plan, or a drive of this one is refused.
    pub fn new(plan: &Plan, consent: Consent) -> Result<Self, Mismatch> {
        match plan.digest() {
            Some(digest) if digest == consent.digest => {
                Ok(Self { drives: plan.drives(), digest, policy: plan.policy().clone() })
            }
            _ => Err(Mismatch),
        }
    }

    /// Uses it up.
    pub(crate) fn into_parts(self) -> (Vec<DrivePlan>, String, Policy) {
        (self.drives, self.digest, self.policy)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Request;
    use super::*;
    use crate::model::{Capabilities, RefusalCode, VerifyMode};
    use crate::plan::Found;
    use crate::technique::{Firmware, Health};

    fn facts(path: &str, serial: &str) -> DriveFacts {
        let mut identity = crate::model::test_identity();
        identity.serial_number = Some(serial.to_owned());
        DriveFacts {
            path: path.to_owned(),
            identity,
            capabilities: Capabilities::default(),
            refusal: None,
        }
    }

    fn found(path: &str, serial: &str) -> Found {
        Found {
            facts: facts(path, serial),
            firmware: Firmware::Silent(String::new()),
            health: Health::Unknown,
        }
    }

    fn plan(request: &Request, policy: Policy, drives: &[(&str, &str)]) -> Plan {
        let named = drives.iter().map(|(p, s)| ((*p).to_owned(), Ok(found(p, s)))).collect();
        Plan::new(request, policy, named)
    }

    #[test]
    fn the_digest_is_of_what_is_done_and_of_nothing_else() {
        let policy = Policy::default();
        let base =
            plan(&Request::default(), policy.clone(), &[("/dev/sda", "A"), ("/dev/sdb", "B")]);
        let turned =
            plan(&Request::default(), policy.clone(), &[("/dev/sdb", "B"), ("/dev/sda", "A")]);
        assert_eq!(base.digest(), turned.digest());
        let explicit = Request {
            method: Some(crate::model::Method::Clear),
            passes: "nist-clear".parse().ok(),
            verify: Some(VerifyMode::Sample),
        };
        let drives = [("/dev/sda", "A"), ("/dev/sdb", "B")];
        assert_eq!(base.digest(), plan(&explicit, policy.clone(), &drives).digest());

        let full = Request { verify: Some(VerifyMode::Full), ..Request::default() };
        let random = Request { passes: "random".parse().ok(), ..Request::default() };
        let zeros = Request { passes: "zeros".parse().ok(), ..Request::default() };
        let minutes = Policy { trouble_minutes: 1, ..Policy::default() };
        let others = [
            plan(&full, policy.clone(), &drives),
            plan(&random, policy.clone(), &drives),
            plan(&zeros, policy.clone(), &drives),
            plan(&Request::default(), minutes, &drives),
            plan(&Request::default(), policy.clone(), &[("/dev/sda", "A")]),
            plan(&Request::default(), policy, &[("/dev/sda", "A"), ("/dev/sdb", "C")]),
        ];
        let mut digests: Vec<_> = others.iter().map(|plan| plan.digest().unwrap()).collect();
        digests.push(base.digest().unwrap());
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), 7);
    }

    #[test]
    fn consent_is_to_one_plan() {
        let mine = plan(&Request::default(), Policy::default(), &[("/dev/sda", "A")]);
        let other = plan(&Request::default(), Policy::default(), &[("/dev/sda", "B")]);
        let answers = |text: &str| vec![text.to_owned()];
        assert!(ArmedPlan::new(&mine, Consent::typed(&mine, &answers("sda")).unwrap()).is_ok());
        assert!(Consent::typed(&mine, &answers("A")).is_ok());
        for wrong in ["", "yes", "/dev/sda", "sdb", "a", "SDA"] {
            assert!(Consent::typed(&mine, &answers(wrong)).is_err(), "{wrong:?} was consent");
        }
        assert!(Consent::typed(&mine, &[]).is_err());
        let consent = Consent::typed(&mine, &answers("A")).unwrap();
        assert!(ArmedPlan::new(&other, consent).is_err());
        assert!(ArmedPlan::new(&mine, Consent::ahead(&other.digest().unwrap())).is_err());
        assert!(ArmedPlan::new(&mine, Consent::ahead(&mine.digest().unwrap())).is_ok());
    }

    #[test]
    fn one_refused_drive_stops_all() {
        let named = vec![
            ("/dev/sda".to_owned(), Ok(found("/dev/sda", "A"))),
            ("/dev/nope".to_owned(), Err(crate::model::Refusal::new(RefusalCode::NotFound, "no"))),
        ];
        let plan = Plan::new(&Request::default(), Policy::default(), named);
        assert_eq!(plan.digest(), None);
        assert!(plan.drives().is_empty());
        assert_eq!(plan.document().drives.len(), 2);
        assert!(ArmedPlan::new(&plan, Consent::ahead("")).is_err());
    }

    #[test]
    fn refusals_follow_from_request_and_policy() {
        let code = |plan: Plan| plan.refusals().next().map(|(_, refusal)| refusal.code);
        let sda = [("/dev/sda", "A")];
        let purge = Request { method: Some(crate::model::Method::Purge), ..Request::default() };
        assert_eq!(
            code(plan(&purge, Policy::default(), &sda)),
            Some(RefusalCode::MethodUnavailable)
        );
        let strict = Policy { verify: Some(VerifyMode::Full), ..Policy::default() };
        assert_eq!(code(plan(&Request::default(), strict.clone(), &sda)), None);
        let less = Request { verify: Some(VerifyMode::Sample), ..Request::default() };
        assert_eq!(code(plan(&less, strict, &sda)), Some(RefusalCode::Policy));
        let twice =
            plan(&Request::default(), Policy::default(), &[("/dev/sda", "A"), ("/dev/sda", "A")]);
        assert_eq!(code(twice), Some(RefusalCode::Duplicate));
    }
}
