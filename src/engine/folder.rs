//! The bench on this computer: keys, rules and results are files on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Bench, Declined, Setting, Signing};
use crate::clock;
use crate::device::Bay as _;
use crate::keys::KeyError;
use crate::keys::private::{self, Passphrase};
use crate::model::Inventory;
use crate::os::{EngineChoice, LinuxBay};
use crate::run::{Outbox, Station};

/// This computer: keys, rules and results are files on it.
#[derive(Debug)]
pub struct Folder {
    /// The station's private key.
    pub key: PathBuf,
    /// The root's word for it.
    pub authorization: serde_json::Value,
    /// Where results go.
    pub out: PathBuf,
    /// The only drives that it offers; all that it sees if there are none.
    pub only: Vec<PathBuf>,
    /// See [`Setting`].
    pub setting: Setting,
    station: Option<Arc<Station>>,
}

impl Folder {
    /// A bench where nobody signed in; a key without a passphrase needs nobody.
    #[must_use]
    pub fn new(
        key: PathBuf,
        authorization: serde_json::Value,
        out: PathBuf,
        only: Vec<PathBuf>,
        setting: Setting,
    ) -> Self {
        let mut bench = Self { key, authorization, out, only, setting, station: None };
        let none = || Err(KeyError::NoPassphrase(String::new()));
        // One that has a passphrase, and one that is wrong, is told when somebody signs in.
        let _ = bench.open(none);
        bench
    }

    fn open(
        &mut self,
        passphrase: impl FnMut() -> Result<Passphrase, KeyError>,
    ) -> Result<(), Declined> {
        let key = private::load(&self.key, passphrase).map_err(|error| closed(&error))?;
        let station = Station::new(key, self.authorization.clone(), clock::now());
        let station = station.map_err(|error| {
            format!("{error}; authorize the station again with \"nulstil key authorize\".")
        })?;
        self.station = Some(Arc::new(station));
        Ok(())
    }
}

impl Bench for Folder {
    fn setting(&mut self) -> Setting {
        let mut setting = self.setting.clone();
        if let Some(station) = &self.station {
            setting.signing = Signing::Open { name: station.name().to_owned() };
        }
        setting
    }

    fn drives(&self) -> Inventory {
        let bay = LinuxBay::live(EngineChoice::Auto);
        let all = bay.look();
        if self.only.is_empty() {
            return all;
        }
        // To name one is to mean it: it may be a loop device.
        let named = |path: &PathBuf| bay.examine(Path::new(path)).ok();
        Inventory { drives: self.only.iter().filter_map(named).collect(), ..all }
    }

    fn sign_in(&mut self, secret: &str) -> Result<(), Declined> {
        self.open(|| Ok(Passphrase::new(secret.to_owned())))
    }

    fn station(&self) -> Option<Arc<Station>> {
        self.station.clone()
    }

    fn outbox(&mut self) -> Result<Outbox, String> {
        Outbox::open(&self.out).map_err(|error| error.to_string())
    }
}

/// Why a key stays closed.
pub(super) fn closed(error: &KeyError) -> Declined {
    match error {
        KeyError::WrongPassphrase(_) => Declined::Secret,
        error => format!("{error}.").into(),
    }
}
