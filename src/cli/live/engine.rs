//! One work of the live image: from the count of drives to results that are on the stick.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::super::plan::{named, refusals};
use super::super::progress::Show;
use super::super::wipe::{Options, consent, execute};
use super::{BEGUN, OUTBOX, Screen, TRIED};
use crate::cert::ending::STARTED;
use crate::cert::job::Job;
use crate::cli::{Exit, Stop};
use crate::clock;
use crate::device::Bay as _;
use crate::init;
use crate::live::{self, Contents, File, Keeper, State, doubts};
use crate::model::{DriveFacts, Inventory, Language, Outcome, Paperwork, RefusalCode, Timestamp};
use crate::os::{self, EngineChoice, LinuxBay};
use crate::plan::{ArmedPlan, Plan, Request};
use crate::run::{self, Event, History, JournalKey, Outbox, SUFFIX, Signer};

/// How far clocks that run in local time are from each other at most, in seconds.
const ZONE: i64 = 15 * 3600;

/// How often what is new is put on the stick.
const EVERY: Duration = Duration::from_secs(60);

impl Screen<'_> {
    /// A person counted the drives. How to end, if that is now.
    pub(super) fn counted(&mut self, text: &str) -> Result<Option<Exit>, Stop> {
        let Some(_lock) = self.lock()? else { return Ok(None) };
        let inventory = LinuxBay::live(EngineChoice::Auto).look();
        let drives: Vec<_> = inventory.drives.iter().filter(|d| !live::is_guest(d)).collect();
        // The number itself is not told: whoever reads it need not count.
        if !text.bytes().all(|c| c.is_ascii_digit()) || text.parse() != Ok(drives.len()) {
            self.line(
                &format!(
                    "You typed \"{text}\", and this program sees another number of drives: nothing \
                     was erased. Look for a drive that is not connected or that the computer hides, \
                     and count again."
                ),
                &format!(
                    "Du skrev \"{text}\", og programmet ser et andet antal drev: intet blev slettet. Se \
                     efter et drev, der ikke er forbundet, eller som computeren skjuler, og tæl igen."
                ),
            );
            return Ok(None);
        }
        if let Err(why) = self.open_key(false) {
            self.console.error(&why);
            return Ok(None);
        }
        let done = self.erase_all(&inventory, &drives);
        self.finish(done)
    }

    /// Goes on with what was begun, if a person says so, and erases the other drives.
    fn erase_all(&self, inventory: &Inventory, drives: &[&DriveFacts]) -> Result<Exit, Stop> {
        let found = self.unfinished(inventory)?;
        if found.is_empty() || !self.goes_on(&found)? {
            return self.erase(drives);
        }
        // What was done before the power was cut has its certificate, and is reported with the rest.
        let key = self.signer().journal_key();
        let done = self.done_beside(&found).filter_map(|file| read(file.clone(), &key));
        let begun: Vec<_> = found.iter().cloned().chain(done).collect();
        let begun = |drive: &DriveFacts| begun.iter().any(|one| one.is_about(drive));
        let others: Vec<_> = drives.iter().copied().filter(|drive| !begun(drive)).collect();
        let first = self.resume(&found)?;
        match others.is_empty() {
            true => Ok(first),
            false => Ok(Exit::gravest([first, self.erase(&others)?])),
        }
    }

    /// A job consented, and nobody is asked but for the passphrase, on every console at once.
    pub(super) fn unattended(&mut self) -> Result<Option<Exit>, Stop> {
        self.secret = match self.needs_passphrase() {
            true => self.typed_secret()?,
            false => None,
        };
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
        let _ = fs::write(BEGUN, b"");
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
        self.clock_for_a_job()?;
        self.open_key(true).map_err(Stop::refused)?;
        self.line(
            "A signed job is on the stick: nobody is asked.",
            "Der ligger et underskrevet job på nøglen: ingen bliver spurgt.",
        );
        self.erase_for(&job, &LinuxBay::live(EngineChoice::Auto).look())
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
        self.forget_typed();
        let consent = consent(self.console, &plan, None)?;
        self.wipe(show, &plan, consent)
    }

    /// The drives that the job is about, and no others, whatever was begun on this computer. It goes
    /// on only with the very plan that the job consents to, and otherwise begins anew.
    fn erase_for(&self, job: &Job, inventory: &Inventory) -> Result<Exit, Stop> {
        let (paths, policy) = live::wanted(job, inventory).map_err(Stop::refused)?;
        if self.is_done(job, inventory, &paths) {
            return Err(Stop::refused(
                "Every drive that the job is about has a certificate on the stick that is newer than \
                 the job: nothing was erased again. To do it again all the same, sign a new job.",
            ));
        }
        let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
        let bay = LinuxBay::live(EngineChoice::Auto);
        let plan = Plan::new(&Request::default(), policy, named(&bay, &paths));
        let mut show = Show::plain();
        show.event(self.console, &Event::Plan(plan.document()));
        refusals(self.console, &plan);
        let consent = live::consent(job, &plan).map_err(Stop::refused)?;
        let found = self.unfinished(inventory)?;
        let same_plan = |one: &Unfinished| {
            let begun = &one.history.start.planned;
            plan.drives().iter().any(|drive| {
                drive.facts.identity.same_drive(&one.history.start.drive) && drive.planned == *begun
            })
        };
        if !found.is_empty() && found.iter().all(same_plan) {
            return self.resume(&found);
        }
        self.wipe(show, &plan, consent)
    }

    /// Whether each of these drives was erased for this job before, as the names of the stick's files
    /// say: a job is not for what was put on a drive since.
    fn is_done(&self, job: &Job, inventory: &Inventory, paths: &[String]) -> bool {
        let Some(contents) = &self.contents else { return false };
        paths.iter().all(|path| {
            let drive = inventory.drives.iter().find(|drive| drive.path == *path);
            let serial = drive.and_then(|drive| drive.identity.serial_number.as_deref());
            serial.is_some_and(|serial| contents.has_certificate(serial, job.valid_from))
        })
    }

    /// A job ends at a time: where the time is in doubt by more than a time zone, it is not for now.
    fn clock_for_a_job(&self) -> Result<(), Stop> {
        let (has_clock, newest) = self.clock_facts();
        let found = doubts(clock::now().plus(ZONE), has_clock, built(), newest);
        let Some(doubt) = found.first() else { return Ok(()) };
        Err(Stop::refused(format!(
            "The computer's clock says {}, which is in doubt: {}. Without anybody there nothing is \
             erased then: set the clock in the firmware setup, or let a person do it.",
            clock::now(),
            doubt.words(Language::English)
        )))
    }

    fn wipe(&self, show: Show, plan: &Plan, consent: crate::plan::Consent) -> Result<Exit, Stop> {
        let armed =
            ArmedPlan::new(plan, consent).map_err(|error| Stop::fault(format!("{error}.")))?;
        self.work(show, |setup| run::wipe(armed, setup))
    }

    fn resume(&self, found: &[Unfinished]) -> Result<Exit, Stop> {
        let sessions = self.on_stick().iter().filter(|file| file.name.ends_with(STARTED));
        let begun = found.iter().map(|one| &one.file);
        for file in begun.chain(sessions).chain(self.done_beside(found)) {
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
        let whole = AtomicBool::new(true);
        let work = |setup: &run::Setup<'_>| {
            let done = work(setup);
            let lacks = |report: &run::Report| !report.machine_lacks.is_empty();
            whole.store(!done.as_ref().is_ok_and(lacks), Ordering::Relaxed);
            done
        };
        let done = execute(self.console, show, signer, &outbox, options, Outcome::Sanitized, work);
        self.until_kept(|| keeper.now())?;
        done.map(|exit| match whole.into_inner() {
            true => exit,
            false => Exit::gravest([exit, Exit::Incomplete]),
        })
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
        let signer = self.signer();
        let key = signer.journal_key();
        let mut files = in_memory().map_err(outbox_failed)?;
        for file in self.on_stick() {
            if !files.iter().any(|newer| newer.name == file.name) {
                files.push(file.clone());
            }
        }
        let journals = files.into_iter().filter(|file| file.name.ends_with(SUFFIX));
        let known: Vec<Unfinished> = journals.filter_map(|file| read(file, &key)).collect();
        let is_open = |one: &&Unfinished| {
            let start = &one.history.start;
            let here = inventory.drives.iter().any(|d| d.identity.same_drive(&start.drive));
            // What has ended and is signed later waits for the office.
            let waits = one.history.end.is_some() && matches!(signer, Signer::Later);
            let later = known.iter().any(|other| {
                let other = &other.history.start;
                other.drive.same_drive(&start.drive) && other.run.started_at > start.run.started_at
            });
            let overtaken = |contents: &Contents| contents.is_overtaken(&start.stem);
            let later = later || self.contents.as_ref().is_some_and(overtaken);
            here && one.history.certified.is_none() && !waits && !later
        };
        Ok(known.iter().filter(is_open).cloned().collect())
    }

    fn signer(&self) -> Signer<'_> {
        self.station.as_ref().map_or(Signer::Later, Signer::Station)
    }

    /// Journals and certificates of what was done in the sessions of these.
    fn done_beside<'a>(&'a self, found: &'a [Unfinished]) -> impl Iterator<Item = &'a File> {
        let contents = self.contents.iter();
        contents.flat_map(|c| found.iter().flat_map(|one| c.done_beside(&one.history.start.stem)))
    }

    /// The unfinished files that the stick had.
    fn on_stick(&self) -> &[File] {
        self.contents.as_ref().map(|contents| &contents.unfinished[..]).unwrap_or_default()
    }

    /// Whether a person lets it go on with these: to go on is to erase, and takes as much as that.
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
        for one in found {
            let serial = one.history.start.drive.serial_number.as_deref().unwrap_or("-");
            let question = match self.config.language {
                Language::English => format!(
                    "To go on erasing it, type its serial number ({serial}) and press Enter; to start \
                     over with all drives, type new and press Enter: "
                ),
                Language::Danish => format!(
                    "For at slette det færdigt: skriv dets serienummer ({serial}) og tryk Enter. For at \
                     begynde forfra med alle drev: skriv new og tryk Enter: "
                ),
            };
            self.forget_typed();
            match self.console.ask(&question).ok_or_else(|| Stop::fault("nobody answers"))? {
                answer if answer == serial => {}
                answer if answer == "new" => return Ok(false),
                _ => {
                    return Err(Stop::refused(self.config.language.choose(
                        "That does not name the drive, so nothing was erased; start over.",
                        "Det er ikke drevets serienummer, så intet blev slettet; begynd forfra.",
                    )));
                }
            }
        }
        Ok(true)
    }

    /// Where the time comes from, and what speaks against it, which is said to everybody.
    fn clock(&self) -> String {
        let now = clock::now();
        let (has_clock, newest) = self.clock_facts();
        let found = doubts(now, has_clock, built(), newest);
        let source = match has_clock {
            true => {
                "system clock, set at the start from the computer's hardware clock, which is taken to \
                 run in UTC"
            }
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

    /// Whether the computer has a clock of its own, and when the newest run on the stick began.
    fn clock_facts(&self) -> (bool, Option<Timestamp>) {
        let facts = os::clock_facts(&self.system, clock::now().unix());
        let newest = self.contents.as_ref().and_then(|contents| contents.newest);
        (facts.rtc_minus_system_seconds.is_some(), newest)
    }

    /// Says how it ended, and goes on as the stick says if all is well: a dark screen says nothing, so
    /// that what went wrong stays on it until somebody has read it.
    fn finish(&self, done: Result<Exit, Stop>) -> Result<Option<Exit>, Stop> {
        match done {
            Ok(Exit::Done) => Ok(self.after()),
            Ok(_) => Ok(None),
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

/// What a journal says; nothing if it is none of this station's.
fn read(file: File, key: &JournalKey) -> Option<Unfinished> {
    let history = History::of(&file.bytes, key).ok()??;
    Some(Unfinished { history, file })
}

impl Unfinished {
    fn is_about(&self, drive: &DriveFacts) -> bool {
        drive.identity.same_drive(&self.history.start.drive)
    }
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
