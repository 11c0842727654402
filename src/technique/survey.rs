//! What a drive's firmware says of itself when it is asked harmless questions: the facts from
//! which techniques are chosen.

use std::time::Duration;

use crate::device::{Channel, Protocol};
use crate::proto::nvme::{
    Identify, IdentifyController, IdentifyNamespace, NamespaceId, NamespaceList, SanitizeLog,
};
use crate::proto::{Answer, Command, NoAnswer};

/// The firmware of one drive, as far as it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firmware {
    /// An NVMe namespace and what it belongs to.
    Nvme(Box<Nvme>),
    /// There is nothing to ask, or no way to ask it: why, in one sentence.
    Silent(String),
}

/// What an NVMe drive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nvme {
    /// The controller.
    pub controller: IdentifyController,
    /// The namespace that the kernel shows as this drive.
    pub namespace_id: NamespaceId,
    /// That namespace.
    pub namespace: IdentifyNamespace,
    /// Every namespace of the subsystem, attached or not; none if the drive does not list them.
    pub allocated: Option<Vec<NamespaceId>>,
    /// Namespaces attached to this controller.
    pub active: Vec<NamespaceId>,
    /// The sanitize status log; none if it cannot be read.
    pub sanitize_log: Option<SanitizeLog>,
}

impl Firmware {
    /// Asks a drive's firmware what it is and can do.
    #[must_use]
    pub fn ask(channel: &dyn Channel) -> Self {
        let answered = channel.protocol().and_then(|protocol| match protocol {
            Protocol::Nvme(namespace) => {
                Nvme::ask(namespace, channel).map(|nvme| Self::Nvme(Box::new(nvme)))
            }
            Protocol::Scsi | Protocol::Mmc(_) => {
                Err("this version does not speak to the firmware of such drives".to_owned())
            }
        });
        answered.unwrap_or_else(Self::Silent)
    }
}

/// How long a harmless question may take.
const QUESTION: Duration = Duration::from_secs(30);

impl Nvme {
    fn ask(namespace_id: NamespaceId, channel: &dyn Channel) -> Result<Self, String> {
        let send = |command| channel.send(&Command::Nvme(command), QUESTION);
        let page = |question: Identify| data(send(question.command()));
        let controller = page(Identify::Controller)
            .and_then(|page| IdentifyController::parse(&page).map_err(|e| e.to_string()))
            .map_err(|why| format!("The controller does not identify itself ({why})."))?;
        let namespace = page(Identify::Namespace(namespace_id))
            .and_then(|page| IdentifyNamespace::parse(&page).map_err(|e| e.to_string()))
            .map_err(|why| format!("The namespace does not identify itself ({why})."))?;
        let list = |question: fn(Option<NamespaceId>) -> Identify| {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let page = page(question(after)).ok()?;
                let list = NamespaceList::parse(&page).ok()?;
                found.extend_from_slice(list.ids());
                match list.more_after() {
                    // Each page begins behind the one before, or the drive turns in circles.
                    Some(last) if after.is_none_or(|before| last > before) => after = Some(last),
                    Some(_) => return None,
                    None => return Some(found),
                }
            }
        };
        let active = list(|after| Identify::ActiveNamespaces { after })
            .ok_or("The controller does not list its namespaces.")?;
        let allocated = list(|after| Identify::AllocatedNamespaces { after });
        let sanitize_log =
            data(send(SanitizeLog::command())).ok().and_then(|page| SanitizeLog::parse(&page).ok());
        Ok(Self { controller, namespace_id, namespace, allocated, active, sanitize_log })
    }

    /// The other namespaces that an erase of the whole subsystem would reach.
    #[must_use]
    pub fn others(&self) -> Vec<NamespaceId> {
        let mut all = self.active.clone();
        all.extend(self.allocated.iter().flatten());
        all.sort_unstable();
        all.dedup();
        all.retain(|id| *id != self.namespace_id);
        all
    }
}

fn data(reply: Result<Answer, NoAnswer>) -> Result<Vec<u8>, String> {
    match reply {
        Ok(Answer::Nvme { status, data }) if status.is_success() => Ok(data),
        Ok(Answer::Nvme { status, .. }) => Err(status.to_string()),
        Ok(_) => Err("an answer of another protocol".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
