//! From what was asked and what was seen to what will be done. Pure: it touches nothing.

mod ask;
mod condemn;
mod consent;
mod policy;
mod unlock;

pub use ask::{asked, named};
pub use condemn::{ArmedCondemnation, CondemnPlan};
pub use consent::{ArmedPlan, Consent, Mismatch};
pub(crate) use policy::read_toml;
pub use policy::{AfterPurge, Fallback, Policy, RandomKey};
pub use unlock::{ArmedUnlock, UnlockPlan, locked};

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::model::{
    Bus, DriveFacts, DriveKind, HiddenArea, Identity, Medium, Method, Planned, Refusal,
    RefusalCode, Scheme, TechniqueId, VerifyMode, hex, sampling::Design,
};
use crate::technique::{self, Firmware, Health, Locks, Spec};

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

/// One drive that an argument names.
#[derive(Debug, Clone)]
pub struct Found {
    /// What discovery saw.
    pub facts: DriveFacts,
    /// What its firmware said.
    pub firmware: Firmware,
    /// What it thinks of its own health.
    pub health: Health,
}

/// One argument: the drive it names and what is planned for it, or why nothing is.
#[derive(Debug, Clone)]
struct Entry {
    path: String,
    found: Option<Found>,
    decision: Result<Choice, Refusal>,
}

/// What is done to a drive, and what that reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    techniques: Vec<TechniqueId>,
    reaches: Method,
    /// Why it is less than what was asked for, if it is.
    fell_back: Option<String>,
}

/// One drive that will be erased.
#[derive(Debug, Clone)]
pub struct DrivePlan {
    /// As it was named.
    pub path: String,
    /// What discovery saw.
    pub facts: DriveFacts,
    /// What it hides at its end, which is shown before anything else.
    pub reveal: Option<Reveal>,
    /// What will be done.
    pub planned: Planned,
}

/// What a drive hides at its end, in its logical blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reveal {
    /// What it shows.
    pub accessible: u64,
    /// What it has.
    pub native: u64,
}

impl Reveal {
    /// What there is to show; none if nothing is known to be hidden.
    #[must_use]
    pub const fn of(hidden: &HiddenArea) -> Option<Self> {
        match hidden {
            HiddenArea::Present { accessible, native } => {
                Some(Self { accessible: *accessible, native: *native })
            }
            HiddenArea::None | HiddenArea::Unknown { .. } => None,
        }
    }
}

impl Plan {
    /// Plans for every argument, in their order.
    #[must_use]
    pub fn new(
        request: &Request,
        policy: Policy,
        named: Vec<(String, Result<Found, Refusal>)>,
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
        named: Vec<(String, Result<Found, Refusal>)>,
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
        named: Vec<(String, Result<Found, Refusal>)>,
    ) -> Self {
        let mut seen: HashMap<String, String> = HashMap::new();
        let entries = named
            .into_iter()
            .map(|(path, found)| {
                let (found, mut decision) = match found {
                    Err(refusal) => (None, Err(refusal)),
                    Ok(found) => {
                        let decision = match &found.facts.refusal {
                            Some(refusal) => Err(refusal.clone()),
                            None => within_reach(&path, &found)
                                .and_then(|()| choose(&path, &found, method, &policy)),
                        };
                        (Some(found), decision)
                    }
                };
                if let (Ok(_), Some(reason)) = (&decision, forbidden) {
                    decision = Err(Refusal::new(RefusalCode::Policy, reason));
                }
                if let Some(found) = &found
                    && let Some(first) = seen.insert(one_name(&found.facts), path.clone())
                {
                    decision = Err(Refusal::new(
                        RefusalCode::Duplicate,
                        format!("{path} is the same drive as {first}; name it once."),
                    ));
                }
                Entry { path, found, decision }
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

    /// SHA-256 over everything that changes what is done: drive identities, what of a drive is to be
    /// shown first, techniques, passes,
    /// verification and policy, in canonical form. Not over times, estimates, random values or
    /// the order of the arguments. `None` if any drive is refused, or there is none.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        let mut drives = Vec::new();
        for entry in &self.entries {
            let choice = entry.decision.as_ref().ok()?;
            let identity = &entry.found.as_ref()?.facts.identity;
            let identity = Identity { sources: Default::default(), ..identity.clone() };
            let drive = json!({
                "identity": identity,
                "reveal": entry.found.as_ref()?.reveal(),
                "techniques": choice.techniques,
            });
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
            let choice = entry.decision.as_ref().ok()?;
            let found = entry.found.as_ref()?;
            let (facts, reveal) = (found.facts.clone(), found.reveal());
            let planned = Planned {
                plan_digest: digest.clone(),
                method: self.method,
                least: self.policy.least(self.method),
                techniques: choice.techniques.clone(),
                scheme: self.scheme.clone(),
                verify: self.verify,
            };
            Some(DrivePlan { path: entry.path.clone(), facts, reveal, planned })
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
        let identity = entry.found.as_ref().map(|found| &found.facts.identity);
        let choice = entry.decision.as_ref().ok();
        let both = choice.zip(identity);
        let overwritten = |choice: &Choice| choice.techniques.contains(&TechniqueId::Overwrite);
        let technique = |id: &TechniqueId| {
            let spec = Spec::of(*id)?;
            let passes = (*id == TechniqueId::Overwrite).then(|| json!(self.scheme.passes()));
            Some(PlannedTechnique {
                id: *id,
                name: spec.name.into(),
                clause: spec.clause.into(),
                passes,
            })
        };
        PlannedDrive {
            path: entry.path.clone(),
            device: entry.found.as_ref().map(|found| found.facts.path.clone()),
            model: identity.and_then(|identity| identity.model.clone()),
            serial: identity.and_then(|identity| identity.serial_number.clone()),
            capacity_bytes: identity.map(|identity| identity.capacity_bytes),
            block_bytes: identity.map_or(0, |identity| identity.logical_block_bytes),
            hidden: entry.found.as_ref().map(Found::hidden),
            method: choice.map(|choice| choice.reaches),
            not_more: both.map_or_else(Vec::new, |(choice, identity)| choice.not_more(identity)),
            techniques: choice
                .map_or_else(Vec::new, |c| c.techniques.iter().filter_map(technique).collect()),
            available: entry.found.as_ref().map_or_else(Vec::new, Found::available),
            unavailable: entry.found.as_ref().map_or_else(Vec::new, Found::unavailable),
            locks: entry.found.as_ref().and_then(Found::locks),
            verification: both
                .filter(|(choice, _)| overwritten(choice))
                .map(|(_, identity)| self.design(identity).statement()),
            estimated_seconds: both
                .filter(|(choice, _)| overwritten(choice))
                .map(|(_, identity)| self.estimate(identity)),
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

impl Choice {
    /// Why it reaches no more on this drive, one sentence each.
    fn not_more(&self, drive: &Identity) -> Vec<String> {
        if self.reaches == Method::Purge {
            return Vec::new();
        }
        let limits = self.techniques.iter().filter_map(|id| Spec::of(*id));
        let limits = limits.flat_map(|spec| spec.not_more(drive));
        self.fell_back.iter().cloned().chain(limits).collect()
    }
}

/// What is done to this drive in order to reach `method`.
///
/// To clear is to overwrite. To purge is to have the drive erase itself: where it can both destroy
/// its key and erase its blocks it does both, since one broken firmware seldom breaks both; and
/// unless the policy says otherwise everything is overwritten and read back on top.
fn choose(path: &str, found: &Found, method: Method, policy: &Policy) -> Result<Choice, Refusal> {
    let medium = found.facts.identity.medium;
    if let Some(refusal) = locked(path, &found.firmware) {
        return Err(refusal);
    }
    if method == Method::Clear {
        // A drive that a password locks is opened by the erase that tries ours.
        let opener = technique::opener(&found.firmware);
        let techniques = opener.into_iter().chain([TechniqueId::Overwrite]).collect();
        return Ok(Choice { techniques, reaches: method, fell_back: None });
    }
    let able = |cryptographic: bool, least: Method| {
        let fits = |spec: &&Spec| {
            spec.id != TechniqueId::Overwrite
                && spec.id.claims(medium) >= least
                && spec.id.is_cryptographic() == cryptographic
                && (spec.why_not)(&found.firmware).is_none()
        };
        technique::all().find(fits).map(|spec| spec.id)
    };
    let both = |least: Method| [able(true, least), able(false, least)].into_iter().flatten();
    let mut techniques: Vec<_> = both(method).collect();
    if !techniques.is_empty() {
        if policy.after_purge == AfterPurge::Overwrite {
            techniques.push(TechniqueId::Overwrite);
        }
        return Ok(Choice { techniques, reaches: method, fell_back: None });
    }
    let why = match (&found.firmware, medium) {
        (_, Medium::DiskImage) => "it is a disk image, and a file can only be cleared".to_owned(),
        (_, Medium::Virtual) => "it is a virtual drive, which can only be cleared".to_owned(),
        (Firmware::Silent(why), _) => why.clone(),
        _ => "its firmware has no command that reaches it and can be used here".to_owned(),
    };
    if policy.least(method) > Method::Clear {
        return Err(Refusal::new(
            RefusalCode::MethodUnavailable,
            format!("{path} cannot be erased by {method}: {why}; ask for --method clear."),
        ));
    }
    // The drive does what it can, and what is claimed rests on the overwrite.
    techniques.extend(both(Method::Clear).chain([TechniqueId::Overwrite]));
    let fell_back = Some(format!("{method} cannot be reached: {why}"));
    Ok(Choice { techniques, reaches: Method::Clear, fell_back })
}

impl Found {
    /// What this drive hides at its end.
    #[must_use]
    pub fn hidden(&self) -> HiddenArea {
        self.firmware.hidden(&self.facts.identity)
    }

    fn reveal(&self) -> Option<Reveal> {
        Reveal::of(&self.hidden())
    }

    /// The techniques that can be used on this drive, each with what it reaches there.
    #[must_use]
    pub fn available(&self) -> Vec<Available> {
        let medium = self.facts.identity.medium;
        technique::all()
            .filter(|spec| (spec.why_not)(&self.firmware).is_none())
            .map(|spec| Available { id: spec.id, method: spec.id.claims(medium) })
            .collect()
    }

    /// The techniques that cannot be used on this drive, each with why not.
    #[must_use]
    pub fn unavailable(&self) -> Vec<Unavailable> {
        let row = |spec: &Spec| {
            (spec.why_not)(&self.firmware).map(|why_not| Unavailable { id: spec.id, why_not })
        };
        technique::all().filter_map(row).collect()
    }
}

/// Whether what the drive hides can be shown where it is attached.
fn within_reach(path: &str, found: &Found) -> Result<(), Refusal> {
    match found.reveal() {
        // Bridges invent such answers, and what they do with the commands nobody knows.
        Some(Reveal { accessible, native }) if found.facts.identity.bus == Bus::Usb => {
            Err(Refusal::new(
                RefusalCode::HiddenArea,
                format!(
                    "{path} seems to hide {} blocks at its end, which cannot be relied on behind a \
                     USB bridge; attach it to a SATA port.",
                    native.saturating_sub(accessible)
                ),
            ))
        }
        _ => Ok(()),
    }
}

impl Found {
    /// What has to be known of the drive's own locks, in one sentence, if anything has.
    #[must_use]
    pub fn locks(&self) -> Option<String> {
        match self.firmware.locks()? {
            Locks::Opal(opal) => opal.remark(&self.facts.path),
            Locks::None => None,
            Locks::Unknown(why) => {
                Some(format!("Whether its own locks are closed cannot be told ({why})."))
            }
        }
    }
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Bytes of its logical blocks; 0 if it is not known which drive it is.
    #[serde(skip)]
    pub block_bytes: u32,
    /// What it hides at its end, in its logical blocks.
    pub hidden: Option<HiddenArea>,
    /// The method that will be reached.
    pub method: Option<Method>,
    /// Why not more, one sentence each.
    pub not_more: Vec<String>,
    /// The techniques in order.
    pub techniques: Vec<PlannedTechnique>,
    /// Every technique that could be used on this drive, planned or not, and what it reaches.
    pub available: Vec<Available>,
    /// Every technique that cannot be used on this drive, and why not.
    pub unavailable: Vec<Unavailable>,
    /// What has to be known of the drive's own locks, in one sentence; null if nothing has.
    pub locks: Option<String>,
    /// What will be read back, in words.
    pub verification: Option<String>,
    /// A guess in seconds.
    pub estimated_seconds: Option<u64>,
    /// Why nothing is planned, if so.
    pub refusal: Option<Refusal>,
}

/// One technique of a plan as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTechnique {
    /// Its id.
    pub id: TechniqueId,
    /// What people call it.
    pub name: Cow<'static, str>,
    /// The clause that describes it.
    pub clause: Cow<'static, str>,
    /// Its passes, if it is an overwrite.
    pub passes: Option<Value>,
}

/// A technique that can be used on a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Available {
    /// Its id.
    pub id: TechniqueId,
    /// The highest method it reaches there.
    pub method: Method,
}

/// A technique that cannot be used on a drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unavailable {
    /// Its id.
    pub id: TechniqueId,
    /// Why not, in one sentence.
    pub why_not: String,
}
