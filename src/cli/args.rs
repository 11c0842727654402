//! The command line, as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[cfg(feature = "tool")]
use crate::cert::Decision;
#[cfg(feature = "tool")]
use crate::model::{Bus, Language, Method, Scheme, Timestamp, VerifyMode};
#[cfg(feature = "tool")]
use crate::os::EngineChoice;

/// Erases drives, checks that it worked, and leaves certificates that anyone can verify.
#[derive(Debug, Parser)]
#[command(name = "nulstil", version, about, propagate_version = true, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// Print machine-readable output on stdout, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Read the passphrase of the private key from this file descriptor instead of asking for it
    #[cfg(feature = "tool")]
    #[arg(long, global = true, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   everything asked for was done and is proven
  1   at least one drive is not sanitized (verify: an authentic certificate says so,
      or a person rejected or escalated it; inspect: it is not known to be blank; unlock,
      thaw: it is still locked or frozen)
  2   the command line is wrong
  3   refused before anything was written
  4   a certificate was rejected, or none was found
  5   authentic, but something known is missing or newer than this program; or a machine is not complete
  70  a fault of this program";

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show every drive, and why it must not be erased if so
    #[cfg(feature = "tool")]
    List(ListArgs),
    /// Show what wipe would do, and the digest of that plan; touches nothing
    #[cfg(feature = "tool")]
    Plan(PlanArgs),
    /// Write down what a drive's firmware says of itself, without what names the drive
    #[cfg(feature = "tool")]
    Record(RecordArgs),
    /// Erase drives, verify, certify
    #[cfg(feature = "tool")]
    Wipe(WipeArgs),
    /// Read whole drives and write nothing to them: are they blank?
    #[cfg(feature = "tool")]
    Inspect(InspectArgs),
    /// Sign that a drive could not be erased and has to be destroyed; touches nothing
    #[cfg(feature = "tool")]
    Condemn(CondemnArgs),
    /// Look after the journals of runs that were cut off
    #[cfg(feature = "tool")]
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Let the live image erase with nobody asked
    #[cfg(feature = "tool")]
    #[command(subcommand)]
    Job(JobCommand),
    /// A console of the live image, whose first process starts it on each screen and line
    #[cfg(feature = "tool")]
    #[command(hide = true)]
    LiveScreen(LiveScreenArgs),
    /// The engine of the live image, whose first process starts it
    #[cfg(feature = "tool")]
    #[command(hide = true)]
    LiveEngine,
    /// Let the computer sleep for a moment, so that drives that it froze lose their power
    #[cfg(feature = "tool")]
    Thaw(ThawArgs),
    /// Take away a drive's own locks with the PSID on its label; erases nothing for certain
    #[cfg(feature = "tool")]
    Unlock(UnlockArgs),
    /// Check certificates: are they real, and what do they prove?
    Verify(VerifyArgs),
    /// Sign a person's decision on certificates: accepted, rejected or escalated
    #[cfg(feature = "tool")]
    Validate(ValidateArgs),
    /// Make the page of a certificate, for people and paper: a PDF with the certificate in it
    #[cfg(feature = "tool")]
    Paper(PaperArgs),
    /// Make and show keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Keep the office's log of all documents, and check it
    #[command(subcommand)]
    Log(LogCommand),
    /// The full-screen program of a technician: what is in this computer, and one question at a time
    #[cfg(feature = "tool")]
    Console(ConsoleArgs),
    /// The process that owns the drives, which consoles speak to
    #[cfg(feature = "tool")]
    #[command(hide = true)]
    Engine(EngineArgs),
    /// Erase a made-up disk image, from start to certificate, to see how it works
    #[cfg(feature = "tool")]
    Demo(DemoArgs),
}

/// `list`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Look at a recorded machine: a directory with its sys/ and proc/ in it, and
    /// firmware/sda.jsonl for a drive that was recorded
    #[arg(long, value_name = "DIR")]
    pub recorded: Option<PathBuf>,
}

/// `plan`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Drives (/dev/sda) or disk images (a file)
    #[arg(required = true, value_name = "DRIVE")]
    pub drives: Vec<PathBuf>,
    /// The drives of a recorded machine: a directory with its sys/ and proc/ in it, and
    /// firmware/sda.jsonl for a drive that was recorded
    #[arg(long, value_name = "DIR")]
    pub recorded: Option<PathBuf>,
    /// How.
    #[command(flatten)]
    pub how: HowArgs,
}

/// `record`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// The drive (/dev/sda)
    #[arg(value_name = "DRIVE")]
    pub drive: PathBuf,
    /// The file to make
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Everything that changes what is done to a drive.
#[cfg(feature = "tool")]
#[derive(Debug, Default, Args)]
pub(super) struct HowArgs {
    /// The sanitization method of NIST SP 800-88 [default: clear]
    #[arg(long, value_name = "clear|purge", value_parser = method)]
    pub method: Option<Method>,
    /// The pass scheme: zeros, ones, byte=HH, random, nist-clear, dod-short-3 or
    /// hmg-is5-enhanced [default: nist-clear]
    #[arg(long, value_name = "SCHEME")]
    pub passes: Option<Scheme>,
    /// How much is read back [default: sample]
    #[arg(long, value_name = "full|sample|quick|none", value_parser = verify_mode)]
    pub verify: Option<VerifyMode>,
    /// The site's rules: a TOML file with a [policy] table
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

#[cfg(feature = "tool")]
fn method(text: &str) -> Result<Method, String> {
    match text {
        "clear" => Ok(Method::Clear),
        "purge" => Ok(Method::Purge),
        "destroy" => Err("no program can destroy a drive; use clear or purge".to_owned()),
        _ => Err("use clear or purge".to_owned()),
    }
}

#[cfg(feature = "tool")]
fn verify_mode(text: &str) -> Result<VerifyMode, String> {
    match text {
        "full" => Ok(VerifyMode::Full),
        "sample" => Ok(VerifyMode::Sample),
        "quick" => Ok(VerifyMode::Quick),
        "none" => Ok(VerifyMode::None),
        _ => Err("use full, sample, quick or none".to_owned()),
    }
}

#[cfg(feature = "tool")]
fn engine(text: &str) -> Result<EngineChoice, String> {
    match text {
        "auto" => Ok(EngineChoice::Auto),
        "threads" => Ok(EngineChoice::Threads),
        _ => Err("use auto or threads".to_owned()),
    }
}

/// `wipe`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct WipeArgs {
    /// Drives (/dev/sda) or disk images (a file)
    #[arg(required_unless_present = "resume", conflicts_with = "resume", value_name = "DRIVE")]
    pub drives: Vec<PathBuf>,
    /// How.
    #[command(flatten)]
    pub how: HowArgs,
    /// Go on with every unfinished journal in the --out directory
    #[arg(long, conflicts_with_all = ["method", "passes", "verify", "policy", "yes"])]
    pub resume: bool,
    /// Consent given ahead: the digest that plan prints for the same drives and options
    #[arg(long, value_name = "PLAN-DIGEST")]
    pub yes: Option<String>,
    /// Who signs, and where results go.
    #[command(flatten)]
    pub station: StationArgs,
    /// What no program can know.
    #[command(flatten)]
    pub paperwork: PaperworkArgs,
    /// The language of the page beside each certificate [default: that of the environment]
    #[arg(long, value_name = "da|en", value_parser = language)]
    pub language: Option<Language>,
    /// What moves the bytes: auto takes io_uring where it is allowed, threads never
    #[arg(long, value_name = "auto|threads", default_value = "auto", value_parser = engine)]
    pub engine: EngineChoice,
    /// Seconds without any sign of life after which a drive is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub patience: u32,
    /// Seconds between two records in the journal of how far a pass has come
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub checkpoint: u32,
}

/// What no program can know.
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct PaperworkArgs {
    /// The organisation's number for the device, for the certificate
    #[arg(long, value_name = "TEXT")]
    pub asset_tag: Option<String>,
    /// Who does it, for the certificate: a pseudonym or employee number
    #[arg(long, value_name = "TEXT")]
    pub operator: Option<String>,
    /// Where, for the certificate
    #[arg(long, value_name = "TEXT")]
    pub location: Option<String>,
}

/// `inspect`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Drives (/dev/sda) or disk images (a file)
    #[arg(required = true, value_name = "DRIVE")]
    pub drives: Vec<PathBuf>,
    /// Who signs, and where results go.
    #[command(flatten)]
    pub station: StationArgs,
    /// What no program can know.
    #[command(flatten)]
    pub paperwork: PaperworkArgs,
    /// What moves the bytes: auto takes io_uring where it is allowed, threads never
    #[arg(long, value_name = "auto|threads", default_value = "auto", value_parser = engine)]
    pub engine: EngineChoice,
    /// Seconds without any sign of life after which a drive is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub patience: u32,
}

/// `condemn`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct CondemnArgs {
    /// The drive (/dev/sda); without it, the drive that --serial names
    #[arg(required_unless_present = "serial", value_name = "DRIVE")]
    pub drive: Option<PathBuf>,
    /// Why it cannot be erased
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The serial number that is printed on the drive, if it is not seen or does not answer
    #[arg(long, value_name = "TEXT")]
    pub serial: Option<String>,
    /// The model that is printed on the drive
    #[arg(long, value_name = "TEXT")]
    pub model: Option<String>,
    /// The document on the attempt to erase it; it is verified
    #[arg(long, value_name = "FILE")]
    pub failed: Option<PathBuf>,
    /// Who signs, and where results go.
    #[command(flatten)]
    pub station: StationArgs,
    /// What no program can know.
    #[command(flatten)]
    pub paperwork: PaperworkArgs,
}

/// `paper`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct PaperArgs {
    /// Certificates of drives; the page is put beside each
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The private key of the station that signed them; without it a page has no code
    #[arg(long, value_name = "KEY")]
    pub key: Option<PathBuf>,
    /// The language of the page [default: that of the environment]
    #[arg(long, value_name = "da|en", value_parser = language)]
    pub language: Option<Language>,
    /// Whom to believe.
    #[command(flatten)]
    pub trust: TrustArgs,
}

#[cfg(feature = "tool")]
fn language(text: &str) -> Result<Language, String> {
    match text {
        "da" => Ok(Language::Danish),
        "en" => Ok(Language::English),
        _ => Err("use da or en".to_owned()),
    }
}

/// Who signs, and where results go.
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct StationArgs {
    /// The station's private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The root's word that this station may issue certificates
    #[arg(long, value_name = "FILE")]
    pub authorization: PathBuf,
    /// The directory for certificates, reports and journals; it must exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `journal`
#[cfg(feature = "tool")]
#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// Certify every run in DIR that was cut off as incomplete, instead of resuming it
    Close {
        /// The --out directory of the run
        #[arg(value_name = "DIR")]
        out: PathBuf,
        /// Sign what a live image without a key recorded in DIR, instead. Nothing protects these
        /// records: do it only with a stick that never left your hands
        #[arg(long)]
        recorded: bool,
        /// The station's private key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The root's word that this station may issue certificates
        #[arg(long, value_name = "FILE")]
        authorization: PathBuf,
    },
}

/// `job`
#[cfg(feature = "tool")]
#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// Make a *.job.json for the folder "jobs" of a stick: whoever starts a computer with that stick
    /// erases its drives, if there are exactly as many as it says
    Sign {
        /// The root's private key
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// How many drives a computer must have that the job is about, neither more nor less
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
        drives: u32,
        /// Only drives that are attached so: sata, sas, nvme, mmc, usb, virtio ...; can be repeated.
        /// Without it, all but those that are plugged in by USB
        #[arg(long, value_name = "BUS", value_parser = bus)]
        bus: Vec<Bus>,
        /// Only the drive with this serial number; can be repeated
        #[arg(long, value_name = "TEXT")]
        serial: Vec<String>,
        /// How they are erased: a TOML file with a [policy] table
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// For how many days
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=90))]
        days: u32,
        /// The file to make
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[cfg(feature = "tool")]
fn bus(text: &str) -> Result<Bus, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

/// `live-screen`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct LiveScreenArgs {
    /// The console's device
    pub console: PathBuf,
}

/// `console`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct ConsoleArgs {
    /// Numbered lines, for screen readers and simple terminals
    #[arg(long)]
    pub plain: bool,
    /// Try it: with two made-up drives, in a new folder, and nothing of this computer
    #[arg(long, conflicts_with_all = ["key", "drives", "socket"])]
    pub demo: bool,
    /// Look at an engine that runs already
    #[arg(long, value_name = "PATH", conflicts_with_all = ["key", "drives"])]
    pub socket: Option<PathBuf>,
    #[command(flatten)]
    pub bench: BenchArgs,
}

/// `engine`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    /// Where consoles find it
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    #[command(flatten)]
    pub bench: BenchArgs,
}

/// What an engine works with.
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// The station's private key
    #[arg(long, value_name = "FILE", requires_all = ["authorization", "out"])]
    pub key: Option<PathBuf>,
    /// The root's word that this station may issue certificates
    #[arg(long, value_name = "FILE", requires = "key")]
    pub authorization: Option<PathBuf>,
    /// The directory for certificates, reports and journals; it must exist
    #[arg(long, value_name = "DIR", requires = "key")]
    pub out: Option<PathBuf>,
    /// The site's rules: a TOML file with a [policy] table
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How much is asked before drives are erased
    #[arg(long, value_enum, default_value_t = AsksArg::AskEachDisk)]
    pub asks: AsksArg,
    /// The language [default: that of the environment]
    #[arg(long, value_name = "da|en", value_parser = language)]
    pub language: Option<Language>,
    /// Who does it, for the certificate: a pseudonym or employee number
    #[arg(long, value_name = "TEXT")]
    pub operator: Option<String>,
    /// Where, for the certificate
    #[arg(long, value_name = "TEXT")]
    pub location: Option<String>,
    /// The only drives that are offered [default: all that this computer shows]
    #[arg(value_name = "DRIVE")]
    pub drives: Vec<PathBuf>,
}

/// How much is asked.
#[cfg(feature = "tool")]
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum AsksArg {
    /// The scan of our label is the yes to the plan on the screen
    ScanStartsWipe,
    /// Each drive on a screen of its own, and then the plan
    AskEachDisk,
}

/// `thaw`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct ThawArgs {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Sleep although the computer has slept for this since it was started
    #[arg(long)]
    pub again: bool,
}

/// `unlock`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct UnlockArgs {
    /// The drive (/dev/sda)
    #[arg(value_name = "DRIVE")]
    pub drive: PathBuf,
    /// Read the PSID from this open descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub psid_fd: Option<u32>,
}

/// `verify`
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Certificates, or folders with *.cert.json in them
    #[arg(required_unless_present = "qr", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Check the code on a page of paper: its text in quotes, or - to read it from standard input.
    /// With PATH: whether a certificate there is the one that it is about
    #[arg(long, value_name = "TEXT", conflicts_with = "complete")]
    pub qr: Option<String>,
    /// With --qr: the station's authorization, for a code that does not carry the root's word
    #[arg(long, value_name = "FILE", requires = "qr")]
    pub authorization: Option<PathBuf>,
    /// Look for documents that are missing, doubled, exchanged or back-dated: reads the records of
    /// sessions and machines in the folders too
    #[arg(long)]
    pub complete: bool,
    /// With --complete: the office's log, none of whose entries may be missing either
    #[arg(long, value_name = "LOG", requires = "complete")]
    pub log: Option<PathBuf>,
    /// The witness's own key, from the witness: a line NAME+ID+KEY, or a file with it. Then no other
    /// witness counts, whatever the trust list says
    #[arg(long, value_name = "KEY", requires = "trust", conflicts_with = "qr")]
    pub witness: Vec<String>,
    /// Whom to believe.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// `validate`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// The certificates and reports that are decided on
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The decision: accepted (only what proves that the drive was sanitized), rejected, or
    /// escalated to a stronger method
    #[arg(long, value_name = "accepted|rejected|escalated", value_parser = decision)]
    pub decision: Decision,
    /// Who decides: a name or a role
    #[arg(long, value_name = "TEXT")]
    pub by: String,
    /// What there is to say about it
    #[arg(long, value_name = "TEXT")]
    pub remark: Option<String>,
    /// The validator's private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The root's word that this key may sign validations
    #[arg(long, value_name = "FILE")]
    pub authorization: PathBuf,
    /// The newest trust list that the root key signed
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// The directory for the validations; it must exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[cfg(feature = "tool")]
fn decision(text: &str) -> Result<Decision, String> {
    match text {
        "accepted" => Ok(Decision::Accepted),
        "rejected" => Ok(Decision::Rejected),
        "escalated" => Ok(Decision::Escalated),
        _ => Err("use accepted, rejected or escalated".to_owned()),
    }
}

/// Whom to believe.
#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// The recycler's root public key; compare its fingerprint with the one in your contract
    #[arg(long, value_name = "FILE")]
    pub root: PathBuf,
    /// The newest trust list that the root key signed: which keys are revoked, whose log counts
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}

/// `key`
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make NAME.key (private) and NAME.pub
    #[cfg(feature = "tool")]
    New {
        /// The name of the key
        name: String,
        /// Where to put it
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Leave the private key unencrypted
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Make a badge with which one technician opens a station's key
    #[cfg(feature = "tool")]
    Badge {
        /// The station's private key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The technician's pseudonym: 1 to 6 digits and letters A-Z
        #[arg(long, value_name = "NAME")]
        operator: String,
        /// Where to put NAME.badge.key and NAME.badge.svg
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
    /// Authorize a station's key, or a validator's, with the root key
    #[cfg(feature = "tool")]
    #[command(group = clap::ArgGroup::new("whom").required(true))]
    Authorize {
        /// The root's private key
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// The public key of a station, which may issue every document but validations
        #[arg(long, value_name = "FILE", group = "whom")]
        station: Option<PathBuf>,
        /// The public key of a person who may sign validations, and nothing else
        #[arg(long, value_name = "FILE", group = "whom")]
        validator: Option<PathBuf>,
        /// The file to make
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The newest trust list, if there is one: verifiers refuse an older one for this key
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
        /// For how many days
        #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=3660))]
        days: u32,
    },
    /// Make the next trust list: whose log and whose signatures below it count
    #[cfg(feature = "tool")]
    TrustList {
        /// The list, and what it follows.
        #[command(flatten)]
        next: NextListArgs,
        /// A key that keeps the office's log, and the log's name
        #[arg(long, value_name = "NAME=FILE", value_parser = named)]
        log: Vec<(String, PathBuf)>,
        /// A key of somebody who signs the log too, and their name
        #[arg(long, value_name = "NAME=FILE", value_parser = named)]
        witness: Vec<(String, PathBuf)>,
    },
    /// Make the next trust list: a key that was lost or stolen counts no more
    #[cfg(feature = "tool")]
    Revoke {
        /// The public key
        #[arg(value_name = "KEY")]
        key: PathBuf,
        /// The list, and what it follows.
        #[command(flatten)]
        next: NextListArgs,
        /// From when on somebody else may have had it (2026-11-23T00:00:00Z)
        #[arg(long, value_name = "TIME")]
        since: Timestamp,
        /// Why, in a few words
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Show whose key a file holds, and its fingerprint
    Show {
        /// A .pub, .key or .auth file
        file: PathBuf,
    },
}

/// A trust list to be made.
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct NextListArgs {
    /// The root's private key
    #[arg(long, value_name = "FILE")]
    pub root: PathBuf,
    /// The newest list so far; without it the first is made
    #[arg(long, value_name = "FILE")]
    pub after: Option<PathBuf>,
    /// The file to make
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[cfg(feature = "tool")]
fn named(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), file.into()))
        }
        _ => Err("use NAME=FILE".to_owned()),
    }
}

/// `log`
#[derive(Debug, Subcommand)]
pub(super) enum LogCommand {
    /// Add documents to the log in LOG, each once
    #[cfg(feature = "tool")]
    Append {
        /// The log's directory
        #[arg(value_name = "LOG")]
        log: PathBuf,
        /// Certificates and reports, or folders of them
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Whom to believe.
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Sign how long the log is and what is in it
    #[cfg(feature = "tool")]
    Checkpoint {
        /// The log's directory
        #[arg(value_name = "LOG")]
        log: PathBuf,
        /// The private key of the log
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Whom to believe.
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Write beside each document the proof that it is in the log
    #[cfg(feature = "tool")]
    Prove {
        /// The log's directory
        #[arg(value_name = "LOG")]
        log: PathBuf,
        /// Certificates and reports, or folders of them
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Sign a checkpoint as a witness, if the log was only added to since the last time
    #[cfg(feature = "tool")]
    Cosign {
        /// The log's directory, as the office sent it
        #[arg(value_name = "LOG")]
        log: PathBuf,
        /// The private key of the witness
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Where the checkpoint that was signed last is kept
        #[arg(long, value_name = "FILE")]
        seen: PathBuf,
        /// This log was never signed before: make the file of --seen
        #[arg(long)]
        first: bool,
        /// Whom to believe.
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Check a log: is the list the one that was signed, and who signed it?
    Verify {
        /// The log's directory
        #[arg(value_name = "LOG")]
        log: PathBuf,
        /// The witness's own key, from the witness: a line NAME+ID+KEY, or a file with it. Then no
        /// other witness counts, whatever the trust list says
        #[arg(long, value_name = "KEY", requires = "trust")]
        witness: Vec<String>,
        /// Whom to believe.
        #[command(flatten)]
        trust: TrustArgs,
    },
}

/// `demo`
#[cfg(feature = "tool")]
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Where to put its files
    #[arg(long, value_name = "DIR", default_value = "nulstil-demo")]
    pub dir: PathBuf,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        super::Cli::command().debug_assert();
    }
}
