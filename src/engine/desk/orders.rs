//! What a person asks for.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::super::thaw;
use super::super::{Declined, Order, Secret, Work};
use super::{Desk, Input};
use crate::engine::End;
use crate::plan::{ArmedPlan, Consent};

impl Desk {
    pub(super) fn order(&mut self, order: Order) -> Result<(), Declined> {
        match self.situation.work {
            Work::Running { .. } if matches!(order, Order::Stop) => return self.stop(),
            Work::Running { .. } | Work::Off { .. } => return Err(Declined::Working),
            Work::Looking => return Err(Declined::Looking),
            _ => {}
        }
        match order {
            Order::Stop => return Err(Declined::Idle),
            Order::Look if matches!(self.situation.work, Work::Over { .. }) => {
                // The results stay until they were seen; the stick may be back.
                self.glance();
                self.tell();
            }
            Order::Look => self.look(),
            Order::SignIn { secret: Secret(secret) } => {
                self.bench.sign_in(&secret)?;
                // Whoever signs can read what was begun.
                self.look();
            }
            Order::Plan { drives } => {
                let known = |path: &String| {
                    let mut seen = self.situation.drives.iter();
                    seen.any(|drive| drive.path == *path && drive.done.is_none())
                };
                if !drives.iter().all(known) {
                    return Err(Declined::Changed);
                }
                self.propose(drives.into_iter().map(PathBuf::from).collect());
                self.tell();
            }
            Order::Wipe { digest, asset_tag } => self.consent(&digest, asset_tag)?,
            Order::Resume { drives } => self.resume(&drives)?,
            Order::StartOver => {
                self.anew = true;
                self.look();
            }
            // A computer that does not wake has lost what is in its memory.
            Order::Thaw if self.in_memory() > 0 => return Err(Declined::Unkept),
            Order::Thaw => self.thaw()?,
            Order::GiveUp => self.give_up()?,
            Order::Next if self.in_memory() > 0 => return Err(Declined::Unkept),
            Order::Next => match self.situation.work {
                Work::Over { .. } | Work::Failed { .. } => self.finish(true),
                // The other console was faster.
                _ => return Err(Declined::Changed),
            },
            Order::Off => {
                self.bench.live().ok_or_else(not_here)?;
                if self.in_memory() > 0 {
                    return Err(Declined::Unkept);
                }
                self.leave(End::Off);
            }
        }
        Ok(())
    }

    fn stop(&mut self) -> Result<(), Declined> {
        let Work::Running { stopping, drives, .. } = &mut self.situation.work else {
            return Err(Declined::Idle);
        };
        if drives.iter().all(|drive| drive.outcome.is_some()) {
            return Err(Declined::Idle);
        }
        *stopping = true;
        self.stop.store(true, Ordering::Relaxed);
        self.tell();
        Ok(())
    }

    /// The yes to the plan with this digest.
    fn consent(&mut self, digest: &str, asset_tag: Option<String>) -> Result<(), Declined> {
        let plan = self.plan.as_ref().ok_or(Declined::Changed)?;
        if !matches!(self.situation.work, Work::Ready { .. }) {
            return Err(Declined::Changed);
        }
        let consent = Consent::ahead(digest);
        let armed = ArmedPlan::new(plan, consent).map_err(|_| Declined::Changed)?;
        Ok(self.wipe(armed, asset_tag)?)
    }

    fn thaw(&mut self) -> Result<(), Declined> {
        self.bench.live().ok_or_else(not_here)?;
        self.situation.work = Work::Looking;
        self.tell();
        let told = self.told.clone();
        std::thread::spawn(move || {
            let _ = told.send(Input::Awake(thaw::sleep()));
        });
        Ok(())
    }
}

pub(super) fn not_here() -> Declined {
    "That is not possible here.".to_owned().into()
}
