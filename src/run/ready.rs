//! What is done with a drive between its exclusive open and the first record of its journal: its
//! firmware is asked, and made to show what it hides. On a thread of its own: a drive that never
//! answers a question can still be overwritten.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::exchanges::OnRecord;
use crate::device::Drive;
use crate::model::{Hidden, HiddenArea, Identity};
use crate::plan::Reveal;
use crate::technique::{Ata, Firmware, Survey};

/// A drive that is ready for its run.
pub(super) struct Ready {
    /// What its firmware says of itself.
    pub(super) firmware: Survey,
    /// Who it is, as large as it is now.
    pub(super) drive: Identity,
    /// What it hid, and hides.
    pub(super) hidden: Hidden,
    /// Why nothing must be written to it, if so, and what to do.
    pub(super) obstacle: Option<String>,
}

/// Work on a drive that may never come back.
pub(super) struct Pending<T>(Receiver<T>);

impl<T: Send + 'static> Pending<T> {
    fn start(drive: &Arc<dyn Drive>, work: impl FnOnce(&dyn Drive) -> T + Send + 'static) -> Self {
        let (sender, answer) = mpsc::channel();
        let drive = Arc::clone(drive);
        std::thread::spawn(move || {
            // Whoever asked may have given up.
            let _ = sender.send(work(drive.as_ref()));
        });
        Self(answer)
    }

    /// What came of it; none after so much time.
    pub(super) fn wait(self, patience: Duration) -> Option<T> {
        match self.0.recv_timeout(patience) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            // It panicked, and has said why: a fault of ours, not of the drive.
            Err(RecvTimeoutError::Disconnected) => {
                std::panic::resume_unwind(Box::new("the thread of a drive failed"));
            }
        }
    }
}

/// Asks the drive that is attached as `drive` says what its firmware is and can do.
pub(super) fn ask(opened: &Arc<dyn Drive>, drive: &Identity) -> Pending<Survey> {
    let bus = drive.bus;
    Pending::start(opened, move |drive| Survey::ask(drive, bus))
}

/// What is known of a drive that did not answer.
pub(super) fn silent() -> Survey {
    let why = "the drive did not answer when it was asked".to_owned();
    Survey { firmware: Firmware::Silent(why), said: Vec::new() }
}

/// Asks the drive and makes it show what it hides, if that is what was planned.
pub(super) fn prepare(
    opened: &Arc<dyn Drive>,
    drive: Identity,
    planned: Option<Reveal>,
) -> Pending<Ready> {
    Pending::start(opened, move |opened| {
        let firmware = Survey::ask(opened, drive.bus);
        ready(opened, drive, firmware, planned)
    })
}

/// A drive that did not answer in time: nothing is known of it, and nothing was shown.
pub(super) fn unanswered(drive: Identity, planned: Option<Reveal>) -> Ready {
    Ready::as_found(drive, silent(), planned)
}

impl Ready {
    /// A drive of which nothing was changed.
    fn as_found(drive: Identity, survey: Survey, planned: Option<Reveal>) -> Self {
        let hidden = survey.firmware.hidden(&drive);
        let obstacle = (Reveal::of(&hidden) != planned).then(|| {
            "What the drive says of blocks hidden at its end is not what the plan says; make a new \
             plan."
                .to_owned()
        });
        Self { hidden: Hidden::untouched(hidden), firmware: survey, drive, obstacle }
    }
}

fn ready(opened: &dyn Drive, drive: Identity, survey: Survey, planned: Option<Reveal>) -> Ready {
    let before = survey.firmware.hidden(&drive);
    let (Some(reveal), Firmware::Ata(ata)) = (planned, &survey.firmware) else {
        return Ready::as_found(drive, survey, planned);
    };
    if Reveal::of(&before) != planned {
        return Ready::as_found(drive, survey, planned);
    }
    let on_record = OnRecord::new(opened);
    let asked_again = ata.reveal(&on_record);
    let exchanges = on_record.into_exchanges();
    if asked_again.as_ref().is_some_and(shows_all) {
        // What came of it, the drive's identity tells.
        let _ = opened.rescan();
    }
    let survey = asked_again.map_or_else(silent, |ata| Survey {
        firmware: Firmware::Ata(Box::new(ata)),
        said: survey.said,
    });
    let now = opened.identify().ok().filter(|now| now.same_but_for_size(&drive));
    let same = now.is_some();
    let now = now.unwrap_or_else(|| drive.clone());
    let hidden = Hidden { before, after: survey.firmware.hidden(&now), exchanges };
    if same && !hidden.is_left(now.capacity_bytes, now.logical_block_bytes) {
        return Ready { firmware: survey, drive: now, hidden, obstacle: None };
    }
    let blocks = reveal.native.saturating_sub(reveal.accessible);
    let obstacle = Some(format!(
        "The drive hides {blocks} blocks at its end that could not all be shown; switch the \
         computer fully off, wait ten seconds, start it again and erase this drive again."
    ));
    Ready { firmware: survey, drive, hidden, obstacle }
}

/// Whether the drive itself hides nothing any more, as far as it can be told.
fn shows_all(ata: &Ata) -> bool {
    !matches!(ata.hidden, HiddenArea::Present { .. })
}
