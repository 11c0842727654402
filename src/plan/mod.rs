//! From what was asked and what was seen to what will be done. Pure: it touches nothing.

mod consent;
mod policy;

pub use consent::{ArmedPlan, Consent, Mismatch};
pub use policy::{Policy, RandomKey};

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::model::{
    Bus, DriveFacts, DriveKind, Identity, Medium, Method, Planned, Refusal, RefusalCode, Scheme,
    TechniqueId, VerifyMode, hex, sampling::Design,
};
use crate::technique;

/// What was asked on the command line; `None` where it says nothing.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method.
    pub method: Option<Method>,
    /// The pass scheme.
    pub passes: Option<Scheme>,
    /// How much is read back.
    pub verify: Option<VerifyMode>,
}

/// What will be done, to the last detail that matters. Immutable.
#[derive(Debug, Clone)]
pub struct Plan {
    method: Method,
    scheme: Scheme,
    verify: VerifyMode,
    policy: Policy,
    entries: Vec<Entry>,
}

/// One argument: the drive it names and what is planned for it, or why nothing is.
#[derive(Debug, Clone)]
struct Entry {
    path: String,
    facts: Option<DriveFacts>,
    decision: Result<TechniqueId, Refusal>,
}

/// One drive that will be erased.
#[derive(Debug, Clone)]
pub struct DrivePlan {
    /// As it was named.
    pub path: String,
    /// What discovery saw.
    pub facts: DriveFacts,
    /// What will be done.
    pub planned: Planned,
}

impl Plan {
    /// Plans for every argument, in their order.
    #[must_use]
    pub fn new(
        request: &Request,
        policy: Policy,
        named: Vec<(String, Result<DriveFacts, Refusal>)>,
    ) -> Self {
        let method = request.method.or(policy.method).unwrap_or(Method::Clear);
        let scheme = request.passes.clone().or(policy.passes.clone()).unwrap_or_default();
        let verify = request.verify.or(policy.verify).unwrap_or_default();
        let forbidden = against_policy(&policy, method, &scheme, verify);
        Self::build(method, scheme, verify, policy, forbidden.as_deref(), named)
    }

    /// The plan for the case that the site's rules cannot be read: every drive is refused, with
    /// `reason` if there is none of its own.
    #[must_use]
    pub fn without_policy(
        request: &Request,
        reason: &str,
        named: Vec<(String, Result<DriveFacts, Refusal>)>,
    ) -> Self {
        let method = request.method.unwrap_or(Method::Clear);
        let scheme = request.passes.clone().unwrap_or_default();
        let verify = request.verify.unwrap_or_default();
        Self::build(method, scheme, verify, Policy::default(), Some(reason), named)
    }

    fn build(
        method: Method,
        scheme: Scheme,
        verify: VerifyMode,
        policy: Policy,
        forbidden: Option<&str>,
        named: Vec<(String, Result<DriveFacts, Refusal>)>,
    ) -> Self {
        let mut seen: HashMap<String, String> = HashMap::new();
        let entries = named
            .into_iter()
            .map(|(path, facts)| {
                let (facts, mut decision) = match facts {
                    Err(refusal) => (None, Err(refusal)),
                    Ok(facts) => {
                        let decision = match &facts.refusal {
                            Some(refusal) => Err(refusal.clone()),
                            None => choose(&path, &facts.identity, method),
                        };
                        (Some(facts), decision)
                    }
                };
                if let (Ok(_), Some(reason)) = (&decision, forbidden) {
                    decision = Err(Refusal::new(RefusalCode::Policy, reason));
                }
                if let Some(facts) = &facts
                    && let Some(first) = seen.insert(one_name(facts), path.clone())
                {
                    decision = Err(Refusal::new(
                        RefusalCode::Duplicate,
                        format!("{path} is the same drive as {first}; name it once."),
                    ));
                }
                Entry { path, facts, decision }
            })
            .collect();
        Self { method, scheme, verify, policy, entries }
    }

    /// The refusals, in the order of the arguments.
    pub fn refusals(&self) -> impl Iterator<Item = (&str, &Refusal)> {
        self.entries
            .iter()
            .filter_map(|entry| Some((entry.path.as_str(), entry.decision.as_ref().err()?)))
    }

    /// The site's rules this plan was made under.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// SHA-256 over everything that changes what is done: drive identities, techniques, passes,
    /// verification and policy, in canonical form. Not over times, estimates, random values or
    /// the order of the arguments. `None` if any drive is refused, or there is none.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        let mut drives = Vec::new();
        for entry in &self.entries {
            let technique = entry.decision.as_ref().ok()?;
            let identity = &entry.facts.as_ref()?.identity;
            let identity = Identity { sources: Default::default(), ..identity.clone() };
            let drive = json!({ "identity": identity, "techniques": [technique] });
            drives.push(canonical(&drive)?);
        }
        if drives.is_empty() {
            return None;
        }
        drives.sort();
        let plan = json!({
            "plan": 1,
            "method": self.method,
            "passes": self.scheme,
            "verify": self.verify,
            "policy": self.policy,
            "drives": drives,
        });
        Some(hex(&Sha256::digest(canonical(&plan)?)))
    }

    /// The drives that will be erased; empty if any is refused.
    #[must_use]
    pub fn drives(&self) -> Vec<DrivePlan> {
        let Some(digest) = self.digest() else { return Vec::new() };
        let drive = |entry: &Entry| {
            let technique = *entry.decision.as_ref().ok()?;
            let facts = entry.facts.clone()?;
            let planned = Planned {
                plan_digest: digest.clone(),
                method: reached(technique, &facts.identity),
                technique,
                scheme: self.scheme.clone(),
                verify: self.verify,
            };
            Some(DrivePlan { path: entry.path.clone(), facts, planned })
        };
        self.entries.iter().filter_map(drive).collect()
    }

    /// The plan as it is shown: the object that `plan --json` prints.
    #[must_use]
    pub fn document(&self) -> PlanDocument {
        PlanDocument {
            digest: self.digest(),
            method: self.method,
            passes: self.scheme.clone(),
            verify: self.verify,
            drives: self.entries.iter().map(|entry| self.shown(entry)).collect(),
        }
    }

    fn shown(&self, entry: &Entry) -> PlannedDrive {
        let identity = entry.facts.as_ref().map(|facts| &facts.identity);
        let technique = entry.decision.as_ref().ok().copied();
        let spec = technique::ALL.iter().find(|spec| Some(spec.id) == technique);
        let both = spec.zip(identity);
        PlannedDrive {
            path: entry.path.clone(),
            device: entry.facts.as_ref().map(|facts| facts.path.clone()),
            model: identity.and_then(|identity| identity.model.clone()),
            serial: identity.and_then(|identity| identity.serial_number.clone()),
            capacity_bytes: identity.map(|identity| identity.capacity_bytes),
            method: both.map(|(spec, identity)| (spec.reaches)(identity)),
            not_more: both.map_or_else(Vec::new, |(spec, identity)| (spec.not_more)(identity)),
            techniques: spec
                .map(|spec| PlannedTechnique {
                    id: spec.id,
                    name: spec.name,
                    clause: spec.clause,
                    passes: json!(self.scheme.passes()),
                })
                .into_iter()
                .collect(),
            verification: both.map(|(_, identity)| self.design(identity).statement()),
            estimated_seconds: both.map(|(_, identity)| self.estimate(identity)),
            refusal: entry.decision.as_ref().err().cloned(),
        }
    }

    fn design(&self, identity: &Identity) -> Design {
        // The seed only moves the positions; how much is read does not depend on it by more than
        // a few blocks.
        Design::new(self.verify, identity.capacity_bytes, identity.logical_block_bytes, &[0; 32])
    }

    /// Seconds, by the usual mean rate of such drives; a guess until the run has measured.
    fn estimate(&self, identity: &Identity) -> u64 {
        let rate: u64 = match (identity.bus, identity.medium) {
            (Bus::Nvme, _) | (_, Medium::Virtual | Medium::DiskImage) => 1_000_000_000,
            (_, Medium::Ssd) => 450_000_000,
            (_, Medium::Emmc) => 100_000_000,
            (Bus::Usb, _) | (_, Medium::SdCard) => 30_000_000,
            (_, Medium::Hdd | Medium::Unknown) => 110_000_000,
        };
        let written = identity.capacity_bytes.saturating_mul(self.scheme.passes().len() as u64);
        written.saturating_add(self.design(identity).bytes()).div_ceil(rate)
    }
}

/// A text that is the same for two names of one drive: hard links lead to one inode.
fn one_name(facts: &DriveFacts) -> String {
    match (facts.identity.kind, &facts.identity.unit) {
        (DriveKind::DiskImage, Some(inode)) => inode.clone(),
        _ => facts.path.clone(),
    }
}

/// The best technique that reaches `method` on this drive.
fn choose(path: &str, identity: &Identity, method: Method) -> Result<TechniqueId, Refusal> {
    technique::ALL
        .iter()
        .find(|spec| (spec.reaches)(identity) >= method)
        .map(|spec| spec.id)
        .ok_or_else(|| {
            let why = match identity.kind {
                DriveKind::DiskImage => "it is a disk image, and a file can only be cleared",
                DriveKind::BlockDevice => "this version has no technique that reaches it",
            };
            Refusal::new(
                RefusalCode::MethodUnavailable,
                format!("{path} cannot be erased by {method}: {why}; ask for --method clear."),
            )
        })
}

/// The highest method a technique may claim on this drive.
fn reached(technique: TechniqueId, identity: &Identity) -> Method {
    technique::ALL
        .iter()
        .find(|spec| spec.id == technique)
        .map_or(Method::Clear, |spec| (spec.reaches)(identity))
}

/// Why the policy forbids this, if it does.
fn against_policy(
    policy: &Policy,
    method: Method,
    scheme: &Scheme,
    verify: VerifyMode,
) -> Option<String> {
    if let Some(least) = policy.method
        && method < least
    {
        return Some(format!("The policy asks for --method {least} at least; ask for that."));
    }
    if let Some(least) = policy.verify
        && verify < least
    {
        return Some(format!("The policy asks for --verify {least} at least; ask for that."));
    }
    match &policy.passes {
        Some(only) if only != scheme => {
            Some(format!("The policy asks for --passes {}; ask for that.", only.name()))
        }
        _ => None,
    }
}

fn canonical(value: &Value) -> Option<String> {
    serde_json_canonicalizer::to_string(value).ok()
}

/// A plan as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanDocument {
    /// See [`Plan::digest`].
    pub digest: Option<String>,
    /// The method that was asked for.
    pub method: Method,
    /// The pass scheme.
    pub passes: Scheme,
    /// How much is read back.
    pub verify: VerifyMode,
    /// One per argument, in their order.
    pub drives: Vec<PlannedDrive>,
}

/// One argument of a plan as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedDrive {
    /// As it was named.
    pub path: String,
    /// The device node or file it leads to.
    pub device: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Capacity in bytes.
    pub capacity_bytes: Option<u64>,
    /// The method that will be reached.
    pub method: Option<Method>,
    /// Why not more, one sentence each.
    pub not_more: Vec<String>,
    /// The techniques in order.
    pub techniques: Vec<PlannedTechnique>,
    /// What will be read back, in words.
    pub verification: Option<String>,
    /// A guess in seconds.
    pub estimated_seconds: Option<u64>,
    /// Why nothing is planned, if so.
    pub refusal: Option<Refusal>,
}

/// One technique of a plan as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTechnique {
    /// Its id.
    pub id: TechniqueId,
    /// What people call it.
    pub name: &'static str,
    /// The clause that describes it.
    pub clause: &'static str,
    /// Its passes.
    pub passes: Value,
}
