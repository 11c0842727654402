//! `nulstil` erases the drives of used PCs, checks that it worked, and leaves signed
//! certificates that anyone can verify.
//!
//! # The way the data goes
//!
//! ```text
//! discover -> plan -> consent -> execute -> verify -> certify -> export
//! (I/O)       (pure)  (person)   (I/O +     (pure     (pure)     (files)
//!                                 machines)  judging)
//! ```
//!
//! Execute begins with what must come before the first write: every drive is opened, its firmware
//! is asked, and what it hides at its end is shown, so that all that follows reaches it.
//!
//! Nothing points back: a retry is a new request, and the screen only hears events.
//!
//! # The layers (a row uses the rows below it)
//!
//! | row | modules | what it is |
//! | --- | --- | --- |
//! | say and show | `main`, `cli` | command line in, text, bars and JSON lines out |
//! | show a technician | `console` | screens as a function of what the engine reported, without I/O |
//! | own the drives | `engine` | a process of its own: what stands in the way, the plan, consent, the work, for every console |
//! | work from a stick | `live` | the live image's stick: configuration, jobs, and results kept on it |
//! | start | `init` | the first process of the live image, which starts `main` again as the engine and for each screen |
//! | do | `run` | one drive's lifecycle, journal, files in `--out` |
//! | print | `paper`, `keys` | the page of a certificate and its code; key files |
//! | decide | `plan`, `technique` | pure: what will be done, and the state machine that drives it |
//! | reach | `os`, `sim`, `recording`, `clock` | what stands behind the seam in `device`: Linux, a simulated drive with faults, and what a drive's firmware once answered |
//! | speak | `device`, `pattern`, `proto`, [`cert`], [`log`], `bundle` | the seam itself; what to write; a drive's commands and pages; certificates; the office's log of them; the PDF or ZIP they travel in |
//! | name | [`model`] | the vocabulary, without I/O |
//!
//! [`model`], [`cert`] and [`log`] build everywhere and without the tool (`default-features = false`), so
//! that an auditor's Windows machine and a ledger can verify. `tests/layers.rs` holds the table
//! above against the code. `certs/FORMAT.md` tells people what is in a document, and `certs/schema`
//! tells programs; with the feature `schema` the latter is generated from the types, and
//! `tests/schema.rs` holds both against them.
//!
//! The live image is this program too: as its first process (`init`) it loads drivers and starts
//! itself again, once as the engine and once for each screen. Screens come and go; the computer is switched off
//! when the engine ends well. `init` knows nothing of drives (of `os` it has the screen's font and
//! keyboard), and nothing below `cli` knows of it.
//!
//! # What must never break
//!
//! * **The verdict comes from evidence.** [`cert::conclude`] is pure and total; it runs when a
//!   certificate is made and again when it is verified, and a difference is a rejection.
//! * **Nothing is written without consent to exactly one plan.** Only `plan::ArmedPlan` starts a
//!   run; it is made from a plan and a `Consent` that names its digest, and it is consumed. Where
//!   nobody is asked, a [`cert::job`] that the root key signed consents to the plan that it describes.
//! * **Unlocking is no erasing.** PSID revert (`run::unlock`) has an outcome of its own type, which
//!   cannot become evidence; a locked drive is refused until the drive itself says that it is open.
//! * **Reading is no erasing.** An inspection (`run::inspect`) has a drive of which only reading can
//!   be asked, opened for nothing else, and its verdict is of a type of its own: *blank* is never
//!   *sanitized*.
//! * **Recorded is not certified.** A run that nobody signs (`run::Signer::Later`) leaves a journal
//!   and no document, and its result is *not proven* until a station that vouches for it signs.
//! * **Four facts stay apart**: command accepted, operation completed, read-back evidence,
//!   validated by a person.

#![warn(missing_docs)]

pub mod cert;
pub mod log;
pub mod model;

#[cfg(feature = "tool")]
pub mod device;
#[cfg(feature = "tool")]
pub mod pattern;
#[cfg(feature = "tool")]
pub mod plan;
#[cfg(feature = "tool")]
pub mod proto;
#[cfg(feature = "tool")]
pub mod technique;

#[cfg(feature = "tool")]
pub mod os;
#[cfg(feature = "tool")]
pub mod recording;
#[cfg(feature = "tool")]
pub mod sim;

#[cfg(feature = "tool")]
pub mod console;
#[cfg(feature = "tool")]
pub mod engine;
#[cfg(feature = "tool")]
pub mod init;
#[cfg(feature = "tool")]
pub mod live;
#[cfg(feature = "tool")]
pub mod run;

#[cfg(feature = "verify-cli")]
pub mod bundle;
#[cfg(feature = "verify-cli")]
pub mod cli;
#[cfg(feature = "verify-cli")]
pub mod clock;
#[cfg(feature = "verify-cli")]
pub mod keys;
#[cfg(feature = "verify-cli")]
pub mod paper;
