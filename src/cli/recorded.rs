//! A recorded machine: what `list` and `plan` say of it with nothing of it attached.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Stop;
use super::files::read_small;
use crate::device::{Bay, Channel, Drive};
use crate::model::{DriveFacts, Inventory, Refusal, RefusalCode};
use crate::os::{self, System};
use crate::recording::Recording;

/// A recording larger than this is none.
const LARGEST: u64 = 4 << 20;

/// A directory with a machine's `sys` and `proc`, and, for some of its drives, what their firmware
/// answered: `firmware/sda.jsonl`, as `nulstil record` makes it.
#[derive(Debug)]
pub(super) struct RecordedMachine {
    system: System,
    folder: PathBuf,
}

impl RecordedMachine {
    /// # Errors
    /// It is not such a directory.
    pub(super) fn open(folder: &Path) -> Result<Self, Stop> {
        if !folder.join("sys").is_dir() {
            return Err(Stop::usage(format!(
                "{} is not a recorded machine; name a directory with sys/ and proc/ in it.",
                folder.display()
            )));
        }
        Ok(Self { system: System::recorded(folder), folder: folder.to_owned() })
    }
}

impl Bay for RecordedMachine {
    fn look(&self) -> Inventory {
        os::look(&self.system)
    }

    fn examine(&self, path: &Path) -> Result<DriveFacts, Refusal> {
        os::examine(&self.system, path)
    }

    fn channel(&self, facts: &DriveFacts) -> Result<Box<dyn Channel>, String> {
        let name = facts.path.rsplit('/').next().unwrap_or_default();
        let path = self.folder.join("firmware").join(format!("{name}.jsonl"));
        if !path.exists() {
            return Err("the recording does not hold what its firmware says".to_owned());
        }
        let recording = read_small(&path, LARGEST)
            .and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string()))
            .and_then(|text| Recording::parse(&text));
        match recording {
            Ok(recording) => Ok(Box::new(recording)),
            Err(why) => Err(format!("{}: {why}", path.display())),
        }
    }

    fn open_exclusive(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        let message = format!("{} is only recorded; it cannot be erased.", facts.path);
        Err(Refusal::new(RefusalCode::NotFound, message))
    }

    fn open_read_only(&self, facts: &DriveFacts) -> Result<Arc<dyn Drive>, Refusal> {
        self.open_exclusive(facts)
    }
}
