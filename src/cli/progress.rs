//! Shows a run's events to whoever is there: JSON lines, bars on a terminal, or plain lines.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::console::{Console, bytes, printable};
use super::plan;
use crate::clock::SystemClock;
use crate::device::Time as _;
use crate::model::{Outcome, Timestamp};
use crate::run::{DriveResult, Event, Phase, Progress};

/// How often a plain line says where a drive is.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// One of the three ways to show events.
pub(super) enum Show {
    Json,
    Bars { all: MultiProgress, bars: HashMap<String, ProgressBar> },
    Plain { clock: SystemClock, told: HashMap<String, Duration> },
}

impl Show {
    /// The way that fits whoever is there.
    pub(super) fn new(console: &Console) -> Self {
        if console.is_json() {
            Self::Json
        } else if console.is_watched() {
            Self::Bars { all: MultiProgress::new(), bars: HashMap::new() }
        } else {
            Self::plain()
        }
    }

    /// Lines, whoever is there: a serial line has no room for bars.
    pub(super) fn plain() -> Self {
        Self::Plain { clock: SystemClock::start(), told: HashMap::new() }
    }

    /// Shows one event.
    pub(super) fn event(&mut self, console: &Console, event: &Event) {
        console.json(event);
        match event {
            Event::Progress(progress) => self.progress(console, progress),
            Event::Plan(document) => {
                if !console.is_json() {
                    plan::show(console, document, "");
                }
            }
            Event::Started { path, resumed: true, .. } => {
                self.say(console, &format!("{path}: goes on where it was cut off"));
            }
            Event::Started { path, .. } => self.say(console, &format!("{path}: erasing")),
            Event::Inspecting { path, .. } => {
                self.say(console, &format!("{path}: reading; nothing is written to it"));
            }
            Event::Verifying { path, statement, .. } => {
                self.say(console, &format!("{path}: reading back: {statement}"));
            }
            Event::Trouble { path, offset, bytes, error } => {
                self.say(console, &format!("{path}: {bytes} bytes at {offset}: {error}"));
            }
            Event::Warning { path: Some(path), message } => {
                self.say(console, &format!("{path}: {message}"));
            }
            Event::Warning { path: None, message } => self.say(console, message),
            Event::Certified(result) => {
                if let Self::Bars { all, bars } = self
                    && let Some(bar) = bars.remove(&result.path)
                {
                    bar.finish_and_clear();
                    all.remove(&bar);
                }
                self.say(console, &format!("{}: {}", result.path, result.outcome));
            }
            Event::Summary { drives, machine, machine_lacks } => {
                summary(console, drives, machine.as_deref(), machine_lacks)
            }
        }
    }

    fn say(&self, console: &Console, text: &str) {
        match self {
            Self::Json => {}
            // Above the bars, not across them.
            Self::Bars { all, .. } => {
                let _ = all.println(printable(text));
            }
            Self::Plain { .. } => console.remark(text),
        }
    }

    fn progress(&mut self, console: &Console, progress: &Progress) {
        match self {
            Self::Json => {}
            Self::Bars { all, bars } => {
                let bar = bars.entry(progress.path.clone()).or_insert_with(|| {
                    let style =
                        ProgressStyle::with_template("{prefix} {bar:30} {percent:>3} % {msg}");
                    let bar = all.add(ProgressBar::new(progress.total_bytes));
                    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                    bar.set_prefix(printable(&progress.path));
                    bar
                });
                bar.set_message(place(progress));
                bar.set_position(progress.done_bytes);
            }
            Self::Plain { clock, told } => {
                let now = clock.elapsed();
                let due = told.get(&progress.path).is_none_or(|at| now >= *at + PLAIN_EVERY);
                if due {
                    told.insert(progress.path.clone(), now);
                    let percent = u128::from(progress.done_bytes) * 100
                        / u128::from(progress.total_bytes.max(1));
                    console.remark(&format!("{}: {percent} % {}", progress.path, place(progress)));
                }
            }
        }
    }
}

fn place(progress: &Progress) -> String {
    if progress.phase == Phase::Firmware {
        let far = progress.firmware_permille.map(|done| format!(", {} %", done / 10));
        return format!("the drive is erasing itself{}", far.unwrap_or_default());
    }
    let phase = match progress.phase {
        Phase::Verify => "reading back".to_owned(),
        Phase::Inspect => "reading".to_owned(),
        _ => format!("pass {} of {}", progress.pass, progress.passes),
    };
    let end = progress.ends_at.map_or_else(String::new, |at| format!(", done at {}", clock(at)));
    format!("{phase}, {}/s{end}", bytes(progress.bytes_per_second))
}

/// The time of day where the machine stands.
fn clock(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.unix())
        .map(|at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string())
        .unwrap_or_default()
}

fn summary(console: &Console, drives: &[DriveResult], machine: Option<&str>, lacks: &[String]) {
    if console.is_json() {
        return;
    }
    console.line("");
    for drive in drives {
        let serial = drive.serial.as_ref().map_or_else(String::new, |s| format!(" (serial {s})"));
        console.line(&format!("{}  {}{serial}", verdict(drive), drive.path));
        if let Some(pace) = pace(drive) {
            console.line(&format!("    {pace}"));
        }
        for reason in &drive.reasons {
            console.line(&format!("    {reason}"));
        }
        if let Some(certificate) = &drive.certificate {
            console.line(&format!("    {}: {certificate}", document(drive.outcome)));
        }
    }
    if let Some(machine) = machine {
        console.line(&format!("Machine report: {machine}"));
    }
    if !lacks.is_empty() {
        console.line("    This machine is NOT complete:");
    }
    for lack in lacks {
        console.line(&format!("    {lack}"));
    }
}

/// How much was moved and how fast.
fn pace(drive: &DriveResult) -> Option<String> {
    let part = |moved: u64, what: &str, rate: Option<u64>| {
        rate.map(|rate| format!("{} {what} at {}/s", bytes(moved), bytes(rate)))
    };
    let written = part(drive.written_bytes, "written", drive.write_bytes_per_second)?;
    let read = part(drive.read_bytes, "read back", drive.read_bytes_per_second);
    Some(read.map_or_else(|| written.clone(), |read| format!("{written}, {read}")))
}

/// What the signed document is called.
const fn document(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::FoundBlank | Outcome::NotBlank | Outcome::ToBeDestroyed => "report",
        _ => "certificate",
    }
}

/// The verdict in words that cannot be taken for another.
fn verdict(drive: &DriveResult) -> &'static str {
    match drive.outcome {
        Outcome::Indeterminate if drive.recorded == Some(Outcome::Sanitized) => {
            "ERASED, NOT YET SIGNED:"
        }
        Outcome::Sanitized => "ERASED and verified:",
        Outcome::NotSanitized => "NOT ERASED:",
        Outcome::Indeterminate => "NOT PROVEN:",
        Outcome::Aborted => "NOT ERASED, stopped:",
        Outcome::Refused => "NOT TOUCHED:",
        Outcome::FoundBlank => "FOUND BLANK, not erased:",
        Outcome::NotBlank => "NOT BLANK, not erased:",
        Outcome::ToBeDestroyed => "TO BE DESTROYED, not erased:",
    }
}
