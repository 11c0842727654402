//! What a person asks for.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::super::thaw;
use super::super::{Order, Secret, Work};
use super::{Desk, Input};
use crate::engine::End;
use crate::plan::{ArmedPlan, Consent};

impl Desk {
    pub(super) fn order(&mut self, order: Order) -> Result<(), String> {
        if let Order::Stop = order {
            return self.stop();
        }
        match self.situation.work {
            Work::Running { .. } | Work::Off => {
                return Err("Drives are being erased; wait until that is done.".to_owned());
            }
            Work::Looking => return Err("The drives are being looked at; wait.".to_owned()),
            _ => {}
        }
        match order {
            Order::Stop => {}
            Order::Look if matches!(self.situation.work, Work::Over { .. }) => {
                // The results stay until they were seen; the stick may be back.
                self.glance();
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
                    return Err("The drives have changed; look at them again.".to_owned());
                }
                self.propose(drives.into_iter().map(PathBuf::from).collect());
                self.tell();
            }
            Order::Wipe { digest, asset_tag } => self.consent(&digest, asset_tag)?,
            Order::Resume => self.resume()?,
            Order::StartOver => {
                self.anew = true;
                self.look();
            }
            Order::Thaw => self.thaw()?,
            Order::GiveUp => {
                let live = self.bench.live().ok_or_else(not_here)?;
                self.situation.keeping = live.give_up();
                self.tell();
            }
            Order::Next if self.in_memory() > 0 => return Err(unkept()),
            Order::Next => self.finish(true),
            Order::Off => {
                self.bench.live().ok_or_else(not_here)?;
                if self.in_memory() > 0 {
                    return Err(unkept());
                }
                self.leave(End::Off);
            }
        }
        Ok(())
    }

    fn stop(&mut self) -> Result<(), String> {
        let Work::Running { stopping, .. } = &mut self.situation.work else {
            return Err("Nothing is being erased.".to_owned());
        };
        *stopping = true;
        self.stop.store(true, Ordering::Relaxed);
        self.tell();
        Ok(())
    }

    /// The yes to the plan with this digest.
    fn consent(&mut self, digest: &str, asset_tag: Option<String>) -> Result<(), String> {
        let changed = || "The plan has changed; look at it again.".to_owned();
        let plan = self.plan.as_ref().ok_or_else(changed)?;
        if !matches!(self.situation.work, Work::Ready { .. }) {
            return Err(changed());
        }
        let armed = ArmedPlan::new(plan, Consent::ahead(digest)).map_err(|_| changed())?;
        self.wipe(armed, asset_tag)
    }

    fn thaw(&mut self) -> Result<(), String> {
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

fn not_here() -> String {
    "That is not possible here.".to_owned()
}

fn unkept() -> String {
    "Results are in memory only; plug the stick in, or give them up.".to_owned()
}
