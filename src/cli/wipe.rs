//! `nulstil wipe` and `nulstil journal`: plan, consent, run, summary.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::args::{JournalCommand, StationArgs, WipeArgs};
use super::console::Console;
use super::progress::Show;
use super::station;
use super::{Exit, Stop, paper, plan};
use crate::cert::ending;
use crate::clock;
use crate::device::Bay as _;
use crate::engine::{self, Surroundings};
use crate::model::{
    DriveKind, Identity, Inventory, Language, Outcome, Paperwork, Refusal, RefusalCode,
};
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::{ArmedPlan, Consent, Plan};
use crate::run::{
    self, DriveResult, Event, NotBegun, Outbox, Recorded, Report, Setup, Signer, Station,
};

pub(super) fn wipe(console: &Console, args: &WipeArgs) -> Result<Exit, Stop> {
    let mut show = Show::new(console);
    let options = Options {
        paperwork: station::paperwork(&args.paperwork),
        checkpoint_every: Duration::from_secs(u64::from(args.checkpoint)),
        patience: Duration::from_secs(u64::from(args.patience)),
        engine: args.engine,
        language: paper::language(args.language),
        ..Options::default()
    };
    if args.resume {
        return old_runs(console, show, &args.station, options, run::resume);
    }
    let plan = plan::make(&LinuxBay::live(args.engine), &args.drives, &args.how);
    show.event(console, &Event::Plan(plan.document()));
    if plan::refusals(console, &plan) != Exit::Done {
        show.event(console, &untouched(&plan, &[]));
        return Ok(Exit::Refused);
    }
    // Everything that can be found wrong is found before anybody is asked.
    let ours = holds_ours(&plan, args);
    if !ours.is_empty() {
        for (_, refusal) in &ours {
            console.error(&refusal.message);
        }
        show.event(console, &untouched(&plan, &ours));
        return Ok(Exit::Refused);
    }
    let ready = load(console, &args.station).and_then(|(station, outbox)| {
        let consent = consent(console, &plan, args.yes.as_deref())?;
        let armed = ArmedPlan::new(&plan, consent).map_err(|_| {
            Stop::refused(
                "The digest after --yes is not that of this plan; look at the plan, and give the \
                 digest at its end.",
            )
        })?;
        Ok((station, outbox, armed))
    });
    let (station, outbox, armed) = ready.inspect_err(|_| {
        show.event(console, &untouched(&plan, &[]));
    })?;
    execute(
        console,
        show,
        Signer::Station(&station),
        &outbox,
        options,
        Outcome::Sanitized,
        |setup| {
            run::wipe(armed, setup).inspect_err(|error| {
                let refused =
                    if let NotBegun::Refused(refused) = error { &refused[..] } else { &[] };
                (setup.emit)(untouched(&plan, refused));
            })
        },
    )
}

pub(super) fn journal(console: &Console, command: &JournalCommand) -> Result<Exit, Stop> {
    let JournalCommand::Close { out, recorded, key, authorization } = command;
    let args =
        StationArgs { key: key.clone(), authorization: authorization.clone(), out: out.clone() };
    if !recorded {
        return old_runs(console, Show::new(console), &args, Options::default(), run::close);
    }
    let (station, outbox) = load(console, &args)?;
    let runs = run::recorded(&outbox);
    if runs.is_empty() {
        return Err(Stop::refused(format!(
            "There is no run in {} that was recorded to be signed later; name the folder \
             \"certificates\" of the stick.",
            out.display()
        )));
    }
    let mut exits = Vec::new();
    for run in runs {
        let (id, paperwork) = (run.id.clone(), run.paperwork.clone());
        let options = Options { recorded: run.recorded, paperwork, ..Options::default() };
        let signer = Signer::Station(&station);
        exits.push(execute(
            console,
            Show::new(console),
            signer,
            &outbox,
            options,
            Outcome::Sanitized,
            |setup| run::close_recorded(setup, &id),
        )?);
    }
    Ok(Exit::gravest(exits))
}

/// Goes on with runs that were cut off, or closes them. They end with a summary too, also when
/// nothing comes of it.
fn old_runs(
    console: &Console,
    mut show: Show,
    args: &StationArgs,
    options: Options,
    work: impl FnOnce(&Setup<'_>) -> Result<Report, NotBegun> + Send,
) -> Result<Exit, Stop> {
    let (station, outbox) = load(console, args).inspect_err(|_| {
        show.event(
            console,
            &Event::Summary { drives: Vec::new(), machine: None, machine_lacks: Vec::new() },
        );
    })?;
    execute(
        console,
        show,
        Signer::Station(&station),
        &outbox,
        options,
        Outcome::Sanitized,
        |setup| {
            work(setup).inspect_err(|error| {
                let refused =
                    if let NotBegun::Refused(refused) = error { &refused[..] } else { &[] };
                let drives = refused.iter().map(|(path, refusal)| {
                    DriveResult::refused(path.clone(), None, refusal.clone())
                });
                (setup.emit)(Event::Summary {
                    drives: drives.collect(),
                    machine: None,
                    machine_lacks: Vec::new(),
                });
            })
        },
    )
}

fn load(console: &Console, args: &StationArgs) -> Result<(Station, Outbox), Stop> {
    station::load(console, args, clock::now())
}

/// What the command line says beside the plan.
pub(super) struct Options {
    pub(super) paperwork: Paperwork,
    pub(super) checkpoint_every: Duration,
    pub(super) patience: Duration,
    pub(super) engine: EngineChoice,
    pub(super) language: Language,
    /// Where the run took place that is signed now, if that was elsewhere.
    pub(super) recorded: Option<Box<Recorded>>,
    /// Where the time comes from, if somebody looked at that.
    pub(super) clock_source: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            paperwork: Paperwork::default(),
            checkpoint_every: Duration::from_secs(60),
            patience: Duration::from_secs(300),
            engine: EngineChoice::Auto,
            language: paper::language(None),
            recorded: None,
            clock_source: None,
        }
    }
}

/// Runs `work` on a thread of its own and shows its events until it is done. It is a success if
/// every drive came to what was `wanted`.
pub(super) fn execute(
    console: &Console,
    mut show: Show,
    signer: Signer<'_>,
    outbox: &Outbox,
    options: Options,
    wanted: Outcome,
    work: impl FnOnce(&Setup<'_>) -> Result<Report, NotBegun> + Send,
) -> Result<Exit, Stop> {
    let bay = LinuxBay::live(options.engine);
    let (around, inventory) = match options.recorded {
        None => {
            let inventory = bay.look();
            let mut around = look(&inventory)?;
            if let Some(source) = options.clock_source {
                around.context.clock.source = source;
            }
            (around, inventory)
        }
        // What happened elsewhere is told as it was there.
        Some(there) => {
            let Recorded { context, inventory } = *there;
            (Surroundings { context, ..look(&inventory)? }, inventory)
        }
    };
    let (sender, events) = mpsc::channel();
    let result = std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            // A receiver that is gone is no reason to stop.
            let emit = |event| {
                let _ = sender.send(event);
            };
            let result = work(&Setup {
                bay: &bay,
                signer,
                outbox,
                context: &around.context,
                inventory: &inventory,
                before: &[],
                only: None,
                paperwork: &options.paperwork,
                boot_id: around.boot_id.as_deref(),
                time: &around.time,
                random: &engine::random,
                stop: &around.stop,
                checkpoint_every: options.checkpoint_every,
                patience: options.patience,
                language: options.language,
                emit: &emit,
            });
            drop(sender);
            result
        });
        for event in events {
            show.event(console, &event);
        }
        worker.join()
    });
    match result {
        Err(_) => Err(Stop::fault("the program failed; look at the journals with --resume.")),
        Ok(Err(not_begun)) => Err(stop(not_begun)),
        Ok(Ok(report)) => Ok(end(console, &mut show, report, wanted)),
    }
}

fn look(inventory: &Inventory) -> Result<Surroundings, Stop> {
    Surroundings::look(inventory)
        .map_err(|error| Stop::fault(format!("signals cannot be caught: {error}")))
}

fn stop(error: NotBegun) -> Stop {
    match error {
        // What we could not sign before the first write is our own fault, not the drive's.
        NotBegun::Certify(run::CertifyError::Outbox(error)) => Stop::refused(error.to_string()),
        NotBegun::Certify(error) => Stop::fault(format!("{error}; nothing was written.")),
        error => Stop::refused(error.to_string()),
    }
}

/// The last event, the sentences on stderr, and the exit code.
fn end(console: &Console, show: &mut Show, report: Report, wanted: Outcome) -> Exit {
    let mut exits = vec![Exit::Done];
    for fault in &report.faults {
        console.error(fault);
        exits.push(Exit::Fault);
    }
    for drive in &report.drives {
        // What is signed later has no certificate yet.
        let reached = match drive.recorded {
            Some(recorded) => recorded == wanted,
            None => drive.outcome == wanted && drive.certificate.is_some(),
        };
        if !reached {
            exits.push(Exit::NotSanitized);
            let why = drive.reasons.join(" ");
            console.error(&format!("{} is {}: {why}", drive.path, drive.outcome));
        }
    }
    show.event(
        console,
        &Event::Summary {
            drives: report.drives,
            machine: report.machine,
            machine_lacks: report.machine_lacks,
        },
    );
    Exit::gravest(exits)
}

/// The summary of a run that was refused: nothing was touched.
fn untouched(plan: &Plan, refused: &[(String, Refusal)]) -> Event {
    let drives = plan.document().drives.into_iter().map(|drive| {
        let late = refused.iter().find(|(path, _)| *path == drive.path);
        let refusal = drive.refusal.or(late.map(|(_, refusal)| refusal.clone()));
        match refusal {
            Some(refusal) => DriveResult::refused(drive.path, drive.serial, refusal),
            None => {
                let reason = "Nothing was written, because the run was refused.".to_owned();
                DriveResult::new(drive.path, drive.serial, Outcome::Refused, vec![reason])
            }
        }
    });
    Event::Summary { drives: drives.collect(), machine: None, machine_lacks: Vec::new() }
}

/// The yes to this plan: given ahead, or typed now.
pub(super) fn consent(
    console: &Console,
    plan: &Plan,
    ahead: Option<&str>,
) -> Result<Consent, Stop> {
    if let Some(digest) = ahead {
        return Ok(Consent::ahead(digest));
    }
    if console.can_ask() && !console.shows_results() {
        // Whoever answers must have seen what they answer to; results go elsewhere.
        plan::show(&Console::new(true), &plan.document(), "");
    }
    let mut answers = Vec::new();
    for drive in plan.drives() {
        let name = what_names(&drive.path, &drive.facts.identity);
        let question =
            format!("To erase everything on {}, type {name} and press Enter: ", drive.path);
        let Some(answer) = console.ask(&question) else {
            return Err(Stop::refused(
                "There is nobody to ask for consent; look at the plan and give its digest with \
                 --yes.",
            ));
        };
        answers.push(answer);
    }
    Consent::typed(plan, &answers).map_err(|_| {
        Stop::refused("That does not name the drive, so nothing was erased; start over.")
    })
}

/// What somebody may type to name a drive.
pub(super) fn what_names(path: &str, identity: &Identity) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    match &identity.serial_number {
        Some(serial) => format!("its serial number ({serial}) or \"{last}\""),
        None => format!("\"{last}\""),
    }
}

/// The disk images that are what we sign with, or work by, or one of our own results.
fn holds_ours(plan: &Plan, args: &WipeArgs) -> Vec<(String, Refusal)> {
    let inode = |path: &Path| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let needed: Vec<_> = [&args.station.key, &args.station.authorization]
        .into_iter()
        .chain(&args.how.policy)
        .filter_map(|path| inode(path))
        .collect();
    let out = inode(&args.station.out);
    let endings: Vec<&str> = ending::ALL.into_iter().chain([ending::PAGE, run::SUFFIX]).collect();
    let mut refused = Vec::new();
    for drive in plan.drives() {
        if drive.facts.identity.kind != DriveKind::DiskImage {
            continue;
        }
        let image = Path::new(&drive.facts.path);
        let why = if inode(image).is_some_and(|image| needed.contains(&image)) {
            "is needed for this run"
        } else if endings.iter().any(|ending| drive.facts.path.ends_with(ending))
            && image.parent().and_then(inode) == out
        {
            "is a result of an earlier run"
        } else {
            continue;
        };
        let message = format!("{} {why}; name another file.", drive.path);
        refused.push((drive.path, Refusal::new(RefusalCode::HoldsOutput, message)));
    }
    refused
}
