//! The bench of the live image: what it goes by is on the stick, and results are in memory until they
//! are there too.
//!
//! | module | does |
//! | --- | --- |
//! | `key` | the station's key on the stick, and the root's word for it |
//! | `begun` | what was cut off on drives of this computer |
//! | `job` | whether the signed job on the stick is for this computer |

mod begun;
mod job;
mod key;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::bench::{Alone, Bench, End, Erased, Live, Setting};
use super::{Asks, Declined, Input, Keeping, Obstacle, Remark, Signing};
use crate::cert::ending;
use crate::clock;
use crate::device::Bay as _;
use crate::live::{self, Config, Contents, Doubt, EndOfWork, Keeper, State, Trouble, UsbStick};
use crate::model::{Inventory, Language, Paperwork, RefusalCode, Timestamp};
use crate::os::{self, EngineChoice, LinuxBay, System};
use crate::run::{Outbox, SUFFIX, Start, Station};

/// Where results are in memory.
const OUTBOX: &str = "/run/nulstil/outbox";

/// A job was tried: once per start.
const TRIED: &str = "/run/nulstil/tried";

/// An engine began.
const BEGUN: &str = "/run/nulstil/begun";

/// Which drives were erased since they were plugged in.
const ERASED: &str = "/run/nulstil/erased";

/// How often what is new is put on the stick.
const EVERY: Duration = Duration::from_secs(60);

/// The bench of the live image.
pub struct LiveImage {
    system: System,
    /// None if the computer was started without one.
    stick: Option<UsbStick>,
    /// What the stick had on it, once it was found.
    contents: Option<Contents>,
    config: Config,
    station: Option<Arc<Station>>,
    /// The pseudonym of whoever signed in with a badge.
    operator: Option<String>,
    keeper: Option<Keeper>,
    keeping: Keeping,
    /// The key on the stick cannot be used: the stick is read again, once somebody looks.
    bad_key: bool,
    /// Another engine began before this one, since the computer was started.
    begun_anew: bool,
    /// Whom the keeper tells how the stick is.
    told: Sender<Input>,
    use_keyboard: fn(&str),
}

impl std::fmt::Debug for LiveImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keys are in it.
        f.write_str("LiveImage(..)")
    }
}

impl LiveImage {
    /// The bench of an image that was started with this stick, or without one.
    #[must_use]
    pub fn new(
        system: System,
        stick: Option<UsbStick>,
        told: Sender<Input>,
        use_keyboard: fn(&str),
    ) -> Self {
        let begun_anew = Path::new(BEGUN).exists();
        // Where it cannot be written the next engine knows no better.
        let _ = fs::create_dir_all(OUTBOX).and_then(|()| fs::write(BEGUN, b""));
        let mut bench = Self {
            system,
            stick,
            contents: None,
            config: Config::default(),
            station: None,
            operator: None,
            keeper: None,
            keeping: Keeping::Stick { trouble: None, in_memory: results() },
            bad_key: false,
            begun_anew,
            told,
            use_keyboard,
        };
        // What an engine that died left in memory may not be on the stick yet.
        if results() > 0
            && let Ok(keeper) = bench.start_keeper()
        {
            std::thread::spawn(move || keeper.tell());
        }
        bench
    }

    /// Reads the stick, if that was not done.
    fn read(&mut self) -> Result<(), Obstacle> {
        if self.contents.is_some() {
            // It may be pulled at any time; if it is back, it is not one of the drives.
            if let Some(stick) = &mut self.stick {
                let _ = stick.look();
            }
            return Ok(());
        }
        let missing = Err(Trouble::Missing);
        let contents = self.stick.as_mut().map_or(missing, UsbStick::read);
        let contents = contents.map_err(|trouble| Obstacle::Stick { trouble })?;
        let config =
            contents.config.as_deref().map_or_else(|| Ok(Config::default()), Config::parse);
        self.config = config.map_err(|message| Obstacle::Configuration { message })?;
        if let Some(keyboard) = self.config.keyboard {
            (self.use_keyboard)(keyboard.name());
        }
        self.contents = Some(contents);
        Ok(())
    }

    /// What a person should know of the stick and the clock.
    fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let Some(contents) = &self.contents else { return remarks };
        let doubts = self.doubts(clock::now());
        if !doubts.is_empty() {
            remarks.push(Remark::Clock { now: clock::now(), doubts });
        }
        remarks.extend(self.begun_anew.then_some(Remark::BegunAnew));
        remarks.extend(contents.config.is_none().then_some(Remark::NoConfiguration));
        remarks.extend(contents.too_much.then_some(Remark::TooManyJournals));
        remarks
    }

    /// What speaks against this time.
    fn doubts(&self, now: Timestamp) -> Vec<Doubt> {
        let facts = os::clock_facts(&self.system, now.unix());
        let newest = self.contents.as_ref().and_then(|contents| contents.newest);
        live::doubts(now, facts.rtc_minus_system_seconds.is_some(), built(), newest)
    }

    fn start_keeper(&mut self) -> Result<Keeper, String> {
        if let Some(keeper) = &self.keeper {
            return Ok(keeper.clone());
        }
        let stick = self.stick.clone().ok_or("The computer was started without a stick.")?;
        let told = self.told.clone();
        let say = move |state: &State| {
            // A desk that is gone needs no news.
            let _ = told.send(Input::Kept(state.clone()));
        };
        let keeper = Keeper::start(OUTBOX.into(), Box::new(stick), EVERY, say);
        self.keeper = Some(keeper.clone());
        Ok(keeper)
    }
}

impl Bench for LiveImage {
    fn setting(&mut self) -> Setting {
        if std::mem::take(&mut self.bad_key) {
            // Somebody may have put another one on it.
            self.contents = None;
        }
        let stick = self.read();
        let is_tried = Path::new(TRIED).exists();
        let asks = match self.config.asks {
            Asks::Unattended if is_tried => Asks::AskEachDisk,
            asks => asks,
        };
        let (signing, key) = match (&self.contents, &stick) {
            (Some(_), Ok(())) => self.signing(asks == Asks::Unattended),
            _ => (Signing::Locked, None),
        };
        self.bad_key = key.is_some();
        Setting {
            language: self.config.language,
            asks,
            expected: self.config.expected_drives.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
            policy: self.config.policy.clone(),
            paperwork: Paperwork {
                location: self.config.station.clone(),
                operator: self.operator.clone(),
                ..Paperwork::default()
            },
            signing,
            keeping: self.keeping.clone(),
            obstacles: stick.err().into_iter().chain(key).collect(),
            remarks: self.remarks(),
        }
    }

    /// All that are inside of this computer: whoever starts the image there means them, also those that
    /// elsewhere have to be named.
    fn drives(&self) -> Inventory {
        let bay = LinuxBay::live(EngineChoice::Auto);
        let mut all = bay.look();
        for drive in &mut all.drives {
            let code = drive.refusal.as_ref().map(|refusal| refusal.code);
            if code == Some(RefusalCode::Virtual)
                && !live::is_guest(drive)
                && let Ok(named) = bay.examine(Path::new(&drive.path))
            {
                *drive = named;
            }
        }
        all
    }

    fn sign_in(&mut self, secret: &str) -> Result<(), Declined> {
        self.open(secret)
    }

    fn station(&self) -> Option<Arc<Station>> {
        self.station.clone()
    }

    fn outbox(&mut self) -> Result<Outbox, String> {
        fs::create_dir_all(OUTBOX).map_err(failed)?;
        let keeper = self.start_keeper()?;
        let outbox = Outbox::open(Path::new(OUTBOX)).map_err(|error| error.to_string())?;
        Ok(outbox.mirrored(Box::new(keeper)))
    }

    fn live(&mut self) -> Option<&mut dyn Live> {
        Some(self)
    }
}

impl Live for LiveImage {
    fn begun(&self, inventory: &Inventory) -> Vec<Start> {
        self.unfinished(inventory).into_iter().map(|one| one.history.start).collect()
    }

    fn done_with(&self, inventory: &Inventory) -> Vec<(Start, Option<String>)> {
        self.certified_with(inventory)
    }

    fn go_on(&mut self, inventory: &Inventory) -> Result<Outbox, String> {
        self.put_begun(inventory).map_err(failed)?;
        self.outbox()
    }

    fn remember(&self, erased: &[Erased]) {
        // Where it cannot be written the next engine offers them again.
        let _ = serde_json::to_vec(erased).map(|json| fs::write(ERASED, json));
    }

    fn remembered(&self) -> Vec<Erased> {
        let json = fs::read(ERASED).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    }

    fn keeper(&self) -> Option<Keeper> {
        self.keeper.clone()
    }

    fn kept(&mut self, state: State) -> Keeping {
        let trouble = state.err();
        let in_memory = match (&trouble, &self.keeper) {
            (None, _) => 0,
            (Some(_), Some(keeper)) => keeper.missing(),
            (Some(_), None) => results(),
        };
        self.keeping = Keeping::Stick { trouble, in_memory };
        self.keeping.clone()
    }

    fn give_up(&mut self) -> Keeping {
        self.keeping = Keeping::Stick { trouble: None, in_memory: 0 };
        self.keeping.clone()
    }

    fn clock_source(&self) -> String {
        let facts = os::clock_facts(&self.system, clock::now().unix());
        let source = match facts.rtc_minus_system_seconds {
            Some(_) => {
                "system clock, set at the start from the computer's hardware clock, which is taken to \
                 run in UTC"
            }
            None => "system clock",
        };
        let doubts = self.doubts(clock::now());
        let words: Vec<_> = doubts.iter().map(|doubt| doubt.words(Language::English)).collect();
        match words.is_empty() {
            true => source.to_owned(),
            false => format!("{source}; in doubt: {}", words.join("; ")),
        }
    }

    fn end(&self) -> End {
        match self.config.end {
            EndOfWork::PowerOff => End::Off,
            EndOfWork::Reboot => End::Restart,
            EndOfWork::Next => End::Next,
        }
    }

    fn job(&mut self, inventory: &Inventory) -> Result<Alone, String> {
        // Once per start, also if this program fails meanwhile.
        fs::write(TRIED, b"").map_err(failed)?;
        self.valid_job(inventory)
    }

    fn job_over(&mut self) {
        self.forget_open_key();
    }
}

/// How many results there are in memory.
fn results() -> usize {
    let entries = fs::read_dir(OUTBOX).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_result = |name: &String| {
        !name.starts_with('.')
            && (name.ends_with(SUFFIX)
                || ending::is(name, &ending::ALL)
                || ending::is(name, &[ending::PAGE]))
    };
    named.filter(is_result).count()
}

/// When this program was built, where its recipe said so.
fn built() -> Option<Timestamp> {
    option_env!("SOURCE_DATE_EPOCH")?.parse().ok().map(Timestamp::from_unix)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn failed(error: std::io::Error) -> String {
    format!("{OUTBOX}: {error}.")
}
