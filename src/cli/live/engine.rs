//! One work of the live image: from the count of drives to results that are on the stick.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::plan::refusals;
use super::super::progress::Show;
use super::super::wipe::{Options, consent, execute};
use super::{OUTBOX, Screen, TRIED};
use crate::cert::ending::STARTED;
use crate::cert::job::Job;
use crate::cli::{Exit, Stop};
use crate::clock;
use crate::device::Bay as _;
use crate::init;
use crate::live::{self, File, Keeper, State, doubts};
use crate::model::{DriveFacts, Inventory, Language, Outcome, Paperwork, RefusalCode, Timestamp};
use crate::os::{self, EngineChoice, LinuxBay};
use crate::plan::{ArmedPlan, Plan, Request, named};
use crate::run::{self, Event, History, Outbox, SUFFIX, Signer};

/// How often what is new is put on the stick.
const EVERY: Duration = Duration::from_secs(60);

impl Screen<'_> {
    /// A person counted the drives. How to end, if that is now.
    pub(super) fn counted(&mut self, text: &str) -> Result<Option<Exit>, Stop> {
        let Some(_lock) = self.lock()? else { return Ok(None) };
        let inventory = LinuxBay::live(EngineChoice::Auto).look();
        let drives: Vec<_> = inventory.drives.iter().filter(|d| !live::is_guest(d)).collect();
        if text.parse() != Ok(drives.len()) {
            let n = drives.len();
            self.line(
                &format!(
                    "You typed \"{text}\", and this program sees {n} drives: nothing was erased. Look \
                     for a drive that is not connected or that the computer hides, and count again."
                ),
                &format!(
                    "Du skrev \"{text}\", og programmet ser {n} drev: intet blev slettet. Se efter et \
                     drev, der ikke er forbundet, eller som computeren skjuler, og tæl igen."
                ),
            );
            return Ok(None);
        }
        if let Err(why) = self.open_key(false) {
            self.console.error(&why);
            return Ok(None);
        }
        let done = match self.unfinished(&inventory)? {
            found if !found.is_empty() && self.goes_on(&found)? => self.resume(&found),
            _ => self.erase(&drives),
        };
        self.finish(done)
    }

    /// A job consented, and nobody is asked.
    pub(super) fn unattended(&mut self) -> Result<Option<Exit>, Stop> {
        let Some(_lock) = self.lock()? else {
            // The other screen was first.
            while !Path::new(TRIED).exists() {
                self.glance()?;
            }
            return Ok(None);
        };
        if Path::new(TRIED).exists() {
            return Ok(None);
        }
        let everywhere = init::Everywhere::begin();
        let done = self.by_job();
        self.forget_open_key();
        let end = self.finish(done);
        drop(everywhere);
        let _ = fs::write(TRIED, b"");
        end
    }

    fn by_job(&mut self) -> Result<Exit, Stop> {
        if !self.is_signing() {
            return Err(Stop::refused(
                "Without a key that signs nothing is erased unattended; put the station's key on the stick.",
            ));
        }
        let jobs = self.contents.as_ref().map(|contents| contents.jobs.clone()).unwrap_or_default();
        let root = self.root().map_err(Stop::refused)?;
        let job = live::only_job(&jobs, &root, clock::now())
            .map_err(|why| Stop::refused(format!("{why} Nothing was erased.")))?;
        self.open_key(true).map_err(Stop::refused)?;
        self.line(
            "A signed job is on the stick: nobody is asked.",
            "Der ligger et underskrevet job på nøglen: ingen bliver spurgt.",
        );
        let inventory = LinuxBay::live(EngineChoice::Auto).look();
        let found = self.unfinished(&inventory)?;
        if !found.is_empty() {
            return self.resume(&found);
        }
        self.erase_for(&job, &inventory)
    }

    /// The drives that may be erased, after a person's yes to each.
    fn erase(&self, drives: &[&DriveFacts]) -> Result<Exit, Stop> {
        let bay = LinuxBay::live(EngineChoice::Auto);
        let mut paths: Vec<PathBuf> = drives
            .iter()
            .filter(|drive| may_be_named(drive))
            .map(|drive| drive.path.clone().into())
            .collect();
        let make = |paths: &[PathBuf]| {
            Plan::new(&Request::default(), self.config.policy.clone(), named(&bay, paths))
        };
        let mut plan = make(&paths);
        if refusals(self.console, &plan) != Exit::Done {
            let refused: Vec<PathBuf> = plan.refusals().map(|(path, _)| path.into()).collect();
            paths.retain(|path| !refused.contains(path));
            plan = make(&paths);
        }
        if paths.is_empty() {
            return Err(Stop::refused("There is no drive here that can be erased."));
        }
        let mut show = Show::plain();
        show.event(self.console, &Event::Plan(plan.document()));
        let consent = consent(self.console, &plan, None)?;
        self.wipe(show, &plan, consent)
    }

    fn erase_for(&self, job: &Job, inventory: &Inventory) -> Result<Exit, Stop> {
        let (paths, policy) = live::wanted(job, inventory).map_err(Stop::refused)?;
        let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
        let bay = LinuxBay::live(EngineChoice::Auto);
        let plan = Plan::new(&Request::default(), policy, named(&bay, &paths));
        let mut show = Show::plain();
        show.event(self.console, &Event::Plan(plan.document()));
        refusals(self.console, &plan);
        let consent = live::consent(job, &plan).map_err(Stop::refused)?;
        self.wipe(show, &plan, consent)
    }

    fn wipe(&self, show: Show, plan: &Plan, consent: crate::plan::Consent) -> Result<Exit, Stop> {
        let armed =
            ArmedPlan::new(plan, consent).map_err(|error| Stop::fault(format!("{error}.")))?;
        self.work(show, |setup| run::wipe(armed, setup))
    }

    fn resume(&self, found: &[Unfinished]) -> Result<Exit, Stop> {
        let sessions = self.on_stick().iter().filter(|file| file.name.ends_with(STARTED));
        for file in found.iter().map(|one| &one.file).chain(sessions) {
            put(file).map_err(outbox_failed)?;
        }
        self.line("It goes on with what was begun.", "Der fortsættes med det, der var begyndt.");
        self.work(Show::plain(), run::resume)
    }

    /// Runs with results in memory, which are kept on the stick.
    fn work(
        &self,
        show: Show,
        work: impl FnOnce(&run::Setup<'_>) -> Result<run::Report, run::NotBegun> + Send,
    ) -> Result<Exit, Stop> {
        fs::create_dir_all(OUTBOX).map_err(outbox_failed)?;
        let outbox =
            Outbox::open(Path::new(OUTBOX)).map_err(|error| Stop::refused(error.to_string()))?;
        let keeper = self.keeper()?;
        let outbox = outbox.mirrored(Box::new(keeper.clone()));
        let signer = match &self.station {
            Some(station) if self.is_signing() => Signer::Station(station),
            _ => Signer::Later,
        };
        let options = Options {
            paperwork: Paperwork { location: self.config.station.clone(), ..Paperwork::default() },
            language: self.config.language,
            clock_source: Some(self.clock()),
            ..Options::default()
        };
        let done = execute(self.console, show, signer, &outbox, options, Outcome::Sanitized, work);
        self.until_kept(|| keeper.now())?;
        done
    }

    fn keeper(&self) -> Result<Keeper, Stop> {
        let stick = self.stick.clone();
        let stick = stick.ok_or_else(|| Stop::fault("the computer was started without a stick"))?;
        let (console, language) = (*self.console, self.config.language);
        let say = move |state: &State| match state {
            Ok(()) => console
                .remark(language.choose("The stick has everything again.", "Nøglen har alt igen.")),
            Err(trouble) => {
                console.remark(&trouble.sentence(language));
                console.remark(language.choose(
                    "The work goes on in memory: a power cut now means starting over.",
                    "Arbejdet fortsætter i hukommelsen: går strømmen nu, må der begyndes forfra.",
                ));
            }
        };
        Ok(Keeper::start(OUTBOX.into(), Box::new(stick), EVERY, say))
    }

    /// The journals about drives in this computer that are not finished, in memory and on the stick.
    /// What is in memory is newer.
    fn unfinished(&self, inventory: &Inventory) -> Result<Vec<Unfinished>, Stop> {
        let signer = self.station.as_ref().map_or(Signer::Later, Signer::Station);
        let key = signer.journal_key();
        let mut files = in_memory().map_err(outbox_failed)?;
        for file in self.on_stick() {
            if !files.iter().any(|newer| newer.name == file.name) {
                files.push(file.clone());
            }
        }
        let journals = files.into_iter().filter(|file| file.name.ends_with(SUFFIX));
        let known: Vec<Unfinished> = journals
            .filter_map(|file| Some((History::of(&file.bytes, &key).ok()??, file)))
            .map(|(history, file)| Unfinished { history, file })
            .collect();
        let is_open = |one: &&Unfinished| {
            let start = &one.history.start;
            let here = inventory.drives.iter().any(|d| d.identity.same_drive(&start.drive));
            // What has ended and is signed later waits for the office.
            let waits = one.history.end.is_some() && matches!(signer, Signer::Later);
            let later = known.iter().any(|other| {
                let other = &other.history.start;
                other.drive.same_drive(&start.drive) && other.run.started_at > start.run.started_at
            });
            here && one.history.certified.is_none() && !waits && !later
        };
        Ok(known.iter().filter(is_open).cloned().collect())
    }

    /// The unfinished files that the stick had.
    fn on_stick(&self) -> &[File] {
        self.contents.as_ref().map(|contents| &contents.unfinished[..]).unwrap_or_default()
    }

    /// Whether a person lets it go on with these, which is what happens if they only press Enter.
    fn goes_on(&self, found: &[Unfinished]) -> Result<bool, Stop> {
        for one in found {
            let start = &one.history.start;
            let serial = start.drive.serial_number.as_deref().unwrap_or("-");
            let begun = start.run.started_at;
            self.line(
                &format!("The erasing of the drive with serial number {serial}, begun at {begun}, was cut off."),
                &format!("Sletningen af drevet med serienummer {serial}, begyndt {begun}, blev afbrudt."),
            );
        }
        let question = self.config.language.choose(
            "Press Enter to go on with it, or type new and press Enter to start over: ",
            "Tryk Enter for at fortsætte, eller skriv new og tryk Enter for at begynde forfra: ",
        );
        let answer = self.console.ask(question).ok_or_else(|| Stop::fault("nobody answers"))?;
        Ok(answer != "new")
    }

    /// Where the time comes from, and what speaks against it, which is said to everybody.
    fn clock(&self) -> String {
        let now = clock::now();
        let facts = os::clock_facts(&self.system, now.unix());
        let has_clock = facts.rtc_minus_system_seconds.is_some();
        let newest = self.contents.as_ref().and_then(|contents| contents.newest);
        let found = doubts(now, has_clock, built(), newest);
        let source = match has_clock {
            true => "system clock, set from the computer's hardware clock at the start",
            false => "system clock",
        };
        if found.is_empty() {
            return source.to_owned();
        }
        let words = |language| {
            let words: Vec<_> = found.iter().map(|doubt| doubt.words(language)).collect();
            words.join("; ")
        };
        self.line(
            &format!(
                "The computer's clock says {now}, which is in doubt: {}.",
                words(Language::English)
            ),
            &format!(
                "Computerens ur siger {now}, og det er tvivlsomt: {}.",
                words(Language::Danish)
            ),
        );
        format!("{source}; in doubt: {}", words(Language::English))
    }

    /// Says how it ended, and goes on as the stick says.
    fn finish(&self, done: Result<Exit, Stop>) -> Result<Option<Exit>, Stop> {
        match done {
            Ok(_) => Ok(self.after()),
            Err(stop) => {
                self.console.error(&stop.message);
                Ok(None)
            }
        }
    }
}

/// Whether a drive may be erased if somebody names it; to count it is to name it.
fn may_be_named(drive: &DriveFacts) -> bool {
    drive.refusal.as_ref().is_none_or(|refusal| refusal.code == RefusalCode::Virtual)
}

/// A journal that is not finished.
#[derive(Clone)]
struct Unfinished {
    history: History,
    file: File,
}

fn outbox_failed(error: std::io::Error) -> Stop {
    Stop::fault(format!("{OUTBOX}: {error}"))
}

/// The journals in memory.
fn in_memory() -> std::io::Result<Vec<File>> {
    fs::create_dir_all(OUTBOX)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(OUTBOX)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(SUFFIX) {
            files.push(File { name, bytes: fs::read(path)? });
        }
    }
    Ok(files)
}

/// When this program was built, where its recipe said so.
fn built() -> Option<Timestamp> {
    option_env!("SOURCE_DATE_EPOCH")?.parse().ok().map(Timestamp::from_unix)
}

/// Puts a file of the stick among the results in memory, unless it is there: what is there is newer.
fn put(file: &File) -> std::io::Result<()> {
    fs::create_dir_all(OUTBOX)?;
    let path = Path::new(OUTBOX).join(&file.name);
    if path.exists() { Ok(()) } else { fs::write(path, &file.bytes) }
}
