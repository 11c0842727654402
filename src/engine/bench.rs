//! What differs between places where drives are erased: this computer with its keys in files, and
//! the live image with its stick.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Asks, Declined, Keeping, Obstacle, Remark, Signing};
use crate::cert::job::Job;
use crate::clock::SystemClock;
use crate::device::Time as _;
use crate::live::{self, Keeper, State};
use crate::model::{Identity, Inventory, Language, Paperwork, Refusal, RefusalCode};
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::{Consent, Found, Plan, Policy, named};
use crate::run::{Outbox, Start, Station};

/// How long drives may take to say what they can do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A bench: its rules, its drives, who signs there and where results go.
pub trait Bench: Send {
    /// Looks at what it has, again.
    fn setting(&mut self) -> Setting;

    /// The drives that it offers.
    fn drives(&self) -> Inventory;

    /// Asks these drives what they are and can do, all at once. One that does not answer holds up nobody
    /// for long, and is not erased.
    fn ask(&self, drives: &[PathBuf]) -> Vec<(String, Result<Found, Refusal>)> {
        let (sender, answers) = mpsc::channel();
        for path in drives.iter().cloned() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let bay = LinuxBay::live(EngineChoice::Auto);
                // Whoever asked may have given up.
                let _ = sender.send(named(&bay, &[path]));
            });
        }
        drop(sender);
        let clock = SystemClock::start();
        let left = || PATIENCE.saturating_sub(clock.elapsed());
        let mut found = BTreeMap::new();
        while let Ok(answer) = answers.recv_timeout(left()) {
            found.extend(answer);
        }
        let answer = |path: &PathBuf| {
            let path = path.to_string_lossy().into_owned();
            let answer = found.remove(&path).unwrap_or_else(|| {
                let message =
                    format!("{path} does not answer; switch the computer off and on again.");
                Err(Refusal::new(RefusalCode::Unreadable, message))
            });
            (path, answer)
        };
        drives.iter().map(answer).collect()
    }

    /// Opens the station's key.
    ///
    /// # Errors
    /// Why not.
    fn sign_in(&mut self, secret: &str) -> Result<(), Declined>;

    /// Who signs, if somebody signed in.
    fn station(&self) -> Option<Arc<Station>>;

    /// The place for the results of one run.
    ///
    /// # Errors
    /// Why there is none, in one sentence.
    fn outbox(&mut self) -> Result<Outbox, String>;

    /// What the live image can do beside; nothing where drives are erased on somebody's own computer.
    fn live(&mut self) -> Option<&mut dyn Live> {
        None
    }
}

/// A bench whose computer is there for nothing else: it may sleep and be switched off, what was cut off
/// can be gone on with, and results are in memory until they are on the stick.
pub trait Live {
    /// The first records of what was begun on drives of this computer and cut off.
    fn begun(&self, inventory: &Inventory) -> Vec<Start>;

    /// The runs that were certified in the same sessions before those were cut off: the first record of
    /// each, and the digest of its certificate if that says that the drive is sanitized.
    fn done_with(&self, inventory: &Inventory) -> Vec<(Start, Option<String>)>;

    /// Puts the journals of what was begun into the place for results.
    ///
    /// # Errors
    /// Why not, in one sentence.
    fn go_on(&mut self, inventory: &Inventory) -> Result<Outbox, String>;

    /// Keeps in memory which drives were erased since they were plugged in, for the engine that comes
    /// after this one if it dies.
    fn remember(&self, erased: &[Erased]);

    /// What an engine before this one kept, since the computer was started.
    fn remembered(&self) -> Vec<Erased>;

    /// Who keeps results on the stick, once there are any.
    fn keeper(&self) -> Option<Keeper>;

    /// Takes note of whether everything is on the stick.
    fn kept(&mut self, state: State) -> Keeping;

    /// Forgets that results are in memory only.
    fn give_up(&mut self) -> Keeping;

    /// Where documents say that the time comes from.
    fn clock_source(&self) -> String;

    /// What happens at the end of work.
    fn end(&self) -> End;

    /// Looks whether the signed job on the stick is for this computer; nobody is asked from then on, and
    /// nothing of it is tried again.
    ///
    /// # Errors
    /// Why nothing is erased, in one sentence.
    fn job(&mut self, inventory: &Inventory) -> Result<Alone, String>;

    /// The job is over: forgets what was only for it.
    fn job_over(&mut self);
}

/// A drive that was erased since it was plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// As it was attached then.
    pub drive: Identity,
    /// The id of the document that says so; empty if it is signed later.
    pub id: String,
    /// That document's digest, if there is one.
    pub digest: Option<String>,
}

/// What is erased with nobody there: by the word of a job.
#[derive(Debug)]
pub struct Alone {
    /// The drives that the job is about.
    pub drives: Vec<PathBuf>,
    /// Its rules.
    pub policy: Policy,
    job: Job,
}

impl Alone {
    pub(super) const fn new(drives: Vec<PathBuf>, policy: Policy, job: Job) -> Self {
        Self { drives, policy, job }
    }

    /// The consent that the job is to this plan.
    ///
    /// # Errors
    /// One sentence: the plan is another one than the job is for.
    pub fn consent(&self, plan: &Plan) -> Result<Consent, String> {
        live::consent(&self.job, plan)
    }
}

/// What happens at the end of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The computer is switched off.
    Off,
    /// It is started again.
    Restart,
    /// The next drives.
    Next,
}

/// What a bench has.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The language that it names.
    pub language: Language,
    /// How much is asked.
    pub asks: Asks,
    /// How many drives a computer is expected to have, if that is known.
    pub expected: Option<usize>,
    /// How drives are erased.
    pub policy: Policy,
    /// What its documents say of the job, but for the asset tag.
    pub paperwork: Paperwork,
    /// Who signs.
    pub signing: Signing,
    /// Where results go.
    pub keeping: Keeping,
    /// What stands in the way, but for the drives.
    pub obstacles: Vec<Obstacle>,
    /// What a person should know.
    pub remarks: Vec<Remark>,
}
