//! How a SCSI drive is: what it says to REQUEST SENSE and, where that says nothing, to TEST UNIT
//! READY.

use super::{Refused, heard};
use crate::proto::scsi::Command;
use crate::proto::scsi::request_sense::RequestSense;
use crate::proto::scsi::sense::{Meaning, Sense};
use crate::proto::scsi::test_unit_ready::TestUnitReady;
use crate::proto::{Answer, NoAnswer};
use crate::technique::firmware::TRIES;

/// How a drive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// It takes commands for its medium.
    Ready,
    /// It is at work, and takes none.
    Busy(Sense),
    /// An erase failed or was cut off, and it takes none until another one has succeeded.
    Broken(Sense),
}

/// Asks until the drive has said how it is.
///
/// Only TEST UNIT READY is believed when it says "ready", and a failure of either. Some drives tell their progress to one
/// of the two commands, some to the other; and Linux says 00/00/00 to every REQUEST SENSE in the
/// name of a SATA drive.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// REQUEST SENSE had its say in this round.
    sensed: bool,
    /// How often it had nothing to say.
    silent: u32,
    failures: u32,
}

impl Look {
    pub(super) fn command(&self) -> Command {
        if self.by_test() {
            TestUnitReady.command()
        } else {
            RequestSense { descriptors: false }.command()
        }
    }

    const fn by_test(&self) -> bool {
        self.sensed || self.silent >= TRIES
    }

    /// What came back of [`Self::command`]; none if that does not tell, and is to be asked again.
    ///
    /// # Errors
    /// It went wrong too often in a row, or the drive is gone.
    pub(super) fn hear(
        &mut self,
        answer: Result<Answer, NoAnswer>,
    ) -> Result<Option<Condition>, String> {
        let by_test = self.by_test();
        let found = match heard(answer) {
            Err(Refused::None(NoAnswer::Gone(why))) => {
                return Err(format!("The drive is gone ({why})."));
            }
            Ok(_) if by_test => Ok(Condition::Ready),
            Err(Refused::Sense(sense)) if by_test => {
                condition(&sense).ok_or_else(|| Refused::Sense(sense).to_string())
            }
            Err(why) if by_test => Err(why.to_string()),
            heard => {
                let sense = heard.ok().and_then(|data| Sense::parse(&data).ok());
                if let Some(condition) = sense.and_then(|sense| condition(&sense)) {
                    self.failures = 0;
                    return Ok(Some(condition));
                }
                self.sensed = true;
                self.silent = self.silent.saturating_add(1);
                return Ok(None);
            }
        };
        self.sensed = false;
        match found {
            Ok(condition) => {
                self.failures = 0;
                Ok(Some(condition))
            }
            Err(why) => {
                self.failures += 1;
                if self.failures < TRIES {
                    return Ok(None);
                }
                Err(format!("The drive does not say how it is ({why})."))
            }
        }
    }

    /// Whether an answer went wrong, so that the next question should wait a little.
    pub(super) const fn troubled(&self) -> bool {
        self.failures > 0 && !self.sensed
    }
}

fn condition(sense: &Sense) -> Option<Condition> {
    match sense.meaning() {
        Meaning::BecomingReady
        | Meaning::FormatInProgress
        | Meaning::SanitizeInProgress
        | Meaning::OtherInProgress => Some(Condition::Busy(sense.clone())),
        Meaning::FormatCorrupt | Meaning::FormatFailed | Meaning::SanitizeFailed => {
            Some(Condition::Broken(sense.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: u8 = 0x00;
    const REQUEST: u8 = 0x03;

    fn asked(look: &Look) -> u8 {
        look.command().cdb()[0]
    }

    /// The answer to REQUEST SENSE.
    fn sensed(sense: &Sense) -> Result<Answer, NoAnswer> {
        Ok(Answer::Scsi { status: 0, sense: Vec::new(), data: sense.fixed().to_vec() })
    }

    fn good() -> Result<Answer, NoAnswer> {
        Ok(Answer::Scsi { status: 0, sense: Vec::new(), data: Vec::new() })
    }

    /// A command that failed.
    fn check(sense: &Sense) -> Result<Answer, NoAnswer> {
        Ok(Answer::Scsi { status: 2, sense: sense.descriptors(), data: Vec::new() })
    }

    const IDLE: Sense = Sense::new(0, 0, 0);
    const SANITIZING: Sense = Sense { progress: Some(9), ..Sense::new(2, 0x04, 0x1b) };

    #[test]
    fn request_sense_comes_first_and_ready_is_believed_only_of_the_other() {
        let mut look = Look::default();
        assert_eq!(asked(&look), REQUEST);
        assert_eq!(look.hear(sensed(&SANITIZING)), Ok(Some(Condition::Busy(SANITIZING))));
        assert_eq!(asked(&look), REQUEST);
        assert_eq!(look.hear(sensed(&IDLE)), Ok(None));
        assert_eq!(asked(&look), TEST);
        assert_eq!(look.hear(good()), Ok(Some(Condition::Ready)));
        // A failure is believed of either.
        let failed = Sense::new(3, 0x31, 0x03);
        assert_eq!(look.hear(sensed(&failed)), Ok(Some(Condition::Broken(failed.clone()))));
        assert_eq!(look.hear(sensed(&IDLE)), Ok(None));
        assert_eq!(look.hear(check(&failed)), Ok(Some(Condition::Broken(failed))));
    }

    #[test]
    fn a_drive_that_says_nothing_to_request_sense_is_soon_not_asked_by_it() {
        let mut look = Look::default();
        let busy = Some(Condition::Busy(SANITIZING));
        for _ in 0..TRIES {
            assert_eq!(asked(&look), REQUEST);
            assert_eq!(look.hear(sensed(&IDLE)), Ok(None));
            assert_eq!(look.hear(check(&SANITIZING)), Ok(busy.clone()));
        }
        for _ in 0..3 {
            assert_eq!(asked(&look), TEST);
            assert_eq!(look.hear(check(&SANITIZING)), Ok(busy.clone()));
        }
    }

    #[test]
    fn what_goes_wrong_is_asked_again_a_few_times() {
        let attention = Sense::new(6, 0x29, 0x00);
        let lost = || Err(NoAnswer::Lost("reset".to_owned()));
        let mut look = Look::default();
        for _ in 1..TRIES {
            assert_eq!(look.hear(lost()), Ok(None));
            assert_eq!(look.hear(check(&attention)), Ok(None));
            assert!(look.troubled());
        }
        assert_eq!(look.hear(sensed(&SANITIZING)), Ok(Some(Condition::Busy(SANITIZING))));
        assert!(!look.troubled());
        let mut look = Look::default();
        let mut last = Ok(None);
        for _ in 0..TRIES {
            assert_eq!(last, Ok(None));
            assert_eq!(look.hear(sensed(&IDLE)), Ok(None));
            last = look.hear(check(&Sense::new(4, 0x44, 0x00)));
        }
        assert_eq!(last, Err("The drive does not say how it is (sense 04/44/00).".to_owned()));
        let gone = Look::default().hear(Err(NoAnswer::Gone("unplugged".to_owned())));
        assert!(gone.unwrap_err().contains("gone"));
    }
}
