//! The engine's desk with a bench that is made up: what it declines, what it does by itself, and when the
//! computer may be switched off.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use nulstil::cert::authorization::Authorization;
use nulstil::cert::{did, document};
use nulstil::device::Bay as _;
use nulstil::engine::{
    Alone, Asks, Bench, Declined, Desk, End, Ended, Erased, Hub, Input, Keeping, Live, Obstacle,
    Order, Report, Secret, Setting, Signing, Situation, Work,
};
use nulstil::live::{Keeper, State, Trouble};
use nulstil::model::{
    Bus, Capabilities, DriveFacts, DriveKind, HiddenDrives, Identity, Inventory, Language, Medium,
    Outcome, Paperwork, Refusal, RefusalCode, Timestamp,
};
use nulstil::os::{EngineChoice, LinuxBay};
use nulstil::plan::{Found, Policy, named};
use nulstil::run::{History, Outbox, Signer, Start, Station};
use nulstil::technique::Health;
use zeroize::Zeroizing;

/// How long a report may take; a job begins by itself after five quiet seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A bench in memory, without drives.
#[derive(Debug, Clone, Default)]
struct Made(Arc<Mutex<Facts>>);

#[derive(Debug, Default)]
struct Facts {
    unattended: bool,
    scan_starts: bool,
    drives: Vec<DriveFacts>,
    /// Disk images, which can be erased, and where results go.
    images: Vec<PathBuf>,
    out: Option<PathBuf>,
    station: Option<Arc<Station>>,
    /// What is said of every drive that is asked.
    refuses: Option<Refusal>,
    health: Option<Health>,
    is_locked: bool,
    in_memory: usize,
    jobs_tried: usize,
    erased: Vec<Erased>,
}

impl Made {
    fn keeping(&self) -> Keeping {
        let in_memory = self.0.lock().unwrap().in_memory;
        Keeping::Stick { trouble: (in_memory > 0).then_some(Trouble::Missing), in_memory }
    }
}

impl Bench for Made {
    fn setting(&mut self) -> Setting {
        let facts = self.0.lock().unwrap();
        let (unattended, is_locked) = (facts.unattended && facts.jobs_tried == 0, facts.is_locked);
        let asks = match facts.scan_starts {
            true => Asks::ScanStartsWipe,
            false => Asks::AskEachDisk,
        };
        drop(facts);
        Setting {
            language: Language::English,
            asks: if unattended { Asks::Unattended } else { asks },
            expected: None,
            policy: Policy::default(),
            paperwork: Paperwork::default(),
            signing: if is_locked { Signing::Locked } else { Signing::Later },
            keeping: self.keeping(),
            obstacles: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn drives(&self) -> Inventory {
        let hidden_drives = HiddenDrives { possible: true, reasons: vec!["A controller.".into()] };
        let facts = self.0.lock().unwrap();
        let bay = LinuxBay::live(EngineChoice::Auto);
        let images = facts.images.iter().map(|path| bay.examine(path).unwrap());
        Inventory { drives: facts.drives.iter().cloned().chain(images).collect(), hidden_drives }
    }

    fn ask(&self, drives: &[PathBuf]) -> Vec<(String, Result<Found, Refusal>)> {
        let refuses = self.0.lock().unwrap().refuses.clone();
        match refuses {
            Some(refusal) => {
                drives.iter().map(|path| (shown(path), Err(refusal.clone()))).collect()
            }
            None => {
                let mut found = named(&LinuxBay::live(EngineChoice::Auto), drives);
                let health = self.0.lock().unwrap().health;
                for found in found.iter_mut().filter_map(|(_, found)| found.as_mut().ok()) {
                    found.health = health.unwrap_or(found.health);
                }
                found
            }
        }
    }

    fn sign_in(&mut self, secret: &str) -> Result<(), Declined> {
        if secret != "right" {
            return Err(Declined::Secret);
        }
        self.0.lock().unwrap().is_locked = false;
        Ok(())
    }

    fn station(&self) -> Option<Arc<Station>> {
        self.0.lock().unwrap().station.clone()
    }

    fn outbox(&mut self) -> Result<Outbox, String> {
        let out = self.0.lock().unwrap().out.clone().ok_or("There is none.")?;
        Outbox::open(&out).map_err(|error| error.to_string())
    }

    fn live(&mut self) -> Option<&mut dyn Live> {
        Some(self)
    }
}

impl Live for Made {
    fn begun(&self, inventory: &Inventory) -> Vec<Start> {
        let facts = self.0.lock().unwrap();
        let Some((out, station)) = facts.out.as_ref().zip(facts.station.as_ref()) else {
            return Vec::new();
        };
        let key = Signer::Station(station).journal_key();
        let histories = journals(out)
            .into_iter()
            .filter_map(|path| History::of(&std::fs::read(path).unwrap(), &key).unwrap());
        let open = histories.filter(|history| history.end.is_none() && history.certified.is_none());
        let starts = open.map(|history| history.start);
        let is_there = |start: &Start| {
            inventory.drives.iter().any(|drive| drive.identity.same_drive(&start.drive))
        };
        starts.filter(is_there).collect()
    }

    fn done_with(&self, _: &Inventory) -> Vec<(Start, Option<String>)> {
        Vec::new()
    }

    fn go_on(&mut self, _: &Inventory) -> Result<Outbox, String> {
        self.outbox()
    }

    fn remember(&self, erased: &[Erased]) {
        self.0.lock().unwrap().erased = erased.to_vec();
    }

    fn remembered(&self) -> Vec<Erased> {
        self.0.lock().unwrap().erased.clone()
    }

    fn keeper(&self) -> Option<Keeper> {
        None
    }

    fn kept(&mut self, state: State) -> Keeping {
        self.0.lock().unwrap().in_memory = if state.is_ok() { 0 } else { 3 };
        self.keeping()
    }

    fn give_up(&mut self) -> Keeping {
        self.0.lock().unwrap().in_memory = 0;
        self.keeping()
    }

    fn clock_source(&self) -> String {
        String::new()
    }

    fn end(&self) -> End {
        End::Restart
    }

    fn job(&mut self, _: &Inventory) -> Result<Alone, String> {
        self.0.lock().unwrap().jobs_tried += 1;
        Err("The job is for another computer.".to_owned())
    }

    fn job_over(&mut self) {}
}

fn journals(out: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "journal")).collect()
}

/// Makes it as if the power had been cut before this: takes away the documents of the last session, and the
/// records of its journal from the one with this word on.
fn cut(out: &Path, known: &[PathBuf], word: &str) {
    let entries: Vec<_> =
        std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in entries.iter().filter(|path| path.extension().is_none_or(|end| end != "journal")) {
        std::fs::remove_file(path).unwrap();
    }
    for path in journals(out).into_iter().filter(|path| !known.contains(path)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let kept = text.split_inclusive('\n').take_while(|line| !line.contains(word));
        let kept: String = kept.collect();
        assert!(kept.lines().count() > 0 && kept.len() < text.len(), "{text}");
        std::fs::write(path, kept).unwrap();
    }
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A bench with two disk images and a station that signs.
fn two_images(folder: &Path) -> Made {
    let bench = Made::default();
    let image = |name: &str| {
        let path = folder.canonicalize().unwrap().join(name);
        std::fs::write(&path, vec![0x5a; 1 << 20]).unwrap();
        path
    };
    let (root, key) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let now = nulstil::clock::now();
    let authorization = Authorization {
        id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
        issuer_name: "Root".into(),
        station: did::of(&key.verifying_key()),
        station_name: "Station".into(),
        valid_from: now.plus(-86_400),
        valid_until: now.plus(86_400),
        may_issue: document::TYPES.map(str::to_owned).to_vec(),
        trust_list_version: 0,
        paper: None,
    };
    let authorization = authorization.sign(&root, now).unwrap();
    {
        let mut facts = bench.0.lock().unwrap();
        facts.images = vec![image("a.img"), image("b.img")];
        facts.out = Some(folder.join("out"));
        facts.station = Some(Arc::new(Station::new(key, authorization, now).unwrap()));
        std::fs::create_dir(folder.join("out")).unwrap();
    }
    bench
}

/// A desk at work, and one console.
struct Sitting {
    told: Sender<Input>,
    console: u64,
    lines: Receiver<String>,
    desk: JoinHandle<End>,
}

impl Sitting {
    fn at(bench: &Made) -> Self {
        let hub = Hub::default();
        let (told, inputs) = channel();
        let (console, lines) = hub.join();
        let desk = Desk::new(Box::new(bench.clone()), hub, told.clone());
        let desk = std::thread::spawn(move || desk.run(&inputs, false));
        Self { told, console, lines, desk }
    }

    fn orders(&self, order: Order) {
        self.told.send(Input::Order(self.console, order)).unwrap();
    }

    /// The next report that satisfies this.
    fn until<T>(&self, is_it: impl Fn(Report) -> Option<T>) -> T {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if let Some(found) = is_it(serde_json::from_str(&line).unwrap()) {
                return found;
            }
        }
    }

    fn declined(&self) -> Declined {
        self.until(|report| match report {
            Report::Declined(why) => Some(why),
            _ => None,
        })
    }

    fn stands(&self, is_it: impl Fn(&Situation) -> bool) -> Situation {
        self.until(|report| match report {
            Report::Situation(situation) if is_it(&situation) => Some(*situation),
            _ => None,
        })
    }
}

fn is_ready(situation: &Situation) -> bool {
    matches!(situation.work, Work::Ready { .. })
}

#[test]
fn a_computer_with_results_in_memory_is_not_switched_off() {
    let bench = Made::default();
    let sitting = Sitting::at(&bench);
    sitting.stands(is_ready);
    sitting.told.send(Input::Kept(Err(Trouble::Missing))).unwrap();
    let situation = sitting.stands(is_ready);
    let keeping = Keeping::Stick { trouble: Some(Trouble::Missing), in_memory: 3 };
    assert_eq!(situation.keeping, keeping);
    for order in [Order::Off, Order::Next, Order::Thaw] {
        sitting.orders(order);
        assert_eq!(sitting.declined(), Declined::Unkept);
    }
    assert!(!sitting.desk.is_finished());
    // Put on the stick after all, or given up: then it may.
    sitting.orders(Order::GiveUp);
    sitting.stands(|now| now.keeping == Keeping::Stick { trouble: None, in_memory: 0 });
    sitting.orders(Order::Off);
    sitting.stands(|now| now.work == Work::Off { again: false });
    assert_eq!(sitting.desk.join().unwrap(), End::Off);
}

#[test]
fn a_job_is_tried_once_and_then_people_are_asked() {
    let bench = Made::default();
    bench.0.lock().unwrap().unattended = true;
    let sitting = Sitting::at(&bench);
    let situation = sitting.stands(is_ready);
    assert!(situation.obstacles.is_empty(), "where nobody is asked, the job decides about drives");
    let message = sitting.until(|report| match report {
        Report::Situation(now) => match now.work {
            Work::Failed { message } => Some(message),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(message, "The job is for another computer.");
    sitting.orders(Order::Look);
    let situation = sitting.stands(is_ready);
    assert_eq!(situation.asks, Asks::AskEachDisk);
    assert!(matches!(situation.obstacles[..], [Obstacle::Hidden { .. }, Obstacle::NoDrive]));
    assert_eq!(bench.0.lock().unwrap().jobs_tried, 1);
}

#[test]
fn a_locked_key_is_opened_once_and_nothing_begins_before() {
    let bench = Made::default();
    bench.0.lock().unwrap().is_locked = true;
    bench.0.lock().unwrap().unattended = true;
    let sitting = Sitting::at(&bench);
    assert_eq!(sitting.stands(is_ready).signing, Signing::Locked);
    sitting.orders(Order::SignIn { secret: Secret(Zeroizing::new("wrong".to_owned())) });
    assert_eq!(sitting.declined(), Declined::Secret);
    assert_eq!(bench.0.lock().unwrap().jobs_tried, 0);
    sitting.orders(Order::SignIn { secret: Secret(Zeroizing::new("right".to_owned())) });
    assert_eq!(sitting.stands(is_ready).signing, Signing::Later);
}

fn planned(situation: &Situation) -> (Vec<String>, String) {
    let Work::Ready { plan } = &situation.work else { panic!("{situation:?}") };
    let digest = plan.digest.clone().unwrap_or_default();
    (plan.drives.iter().map(|drive| drive.path.clone()).collect(), digest)
}

fn done<'a>(situation: &'a Situation, path: &str) -> Option<&'a str> {
    situation.drives.iter().find(|drive| drive.path == path).unwrap().done.as_deref()
}

/// Erases what is planned, and says what came of it.
fn erase(sitting: &Sitting, situation: &Situation) -> (Vec<Ended>, Vec<String>) {
    let (_, digest) = planned(situation);
    sitting.orders(Order::Wipe { digest, asset_tag: None });
    let over = sitting.stands(|now| matches!(now.work, Work::Over { .. }));
    let Work::Over { drives, lacks, .. } = over.work else { unreachable!() };
    (drives, lacks)
}

#[test]
fn a_computer_may_be_erased_drive_by_drive() {
    let folder = tempfile::tempdir().unwrap();
    let bench = two_images(folder.path());
    let [one, two] = [0, 1].map(|n| shown(&bench.0.lock().unwrap().images[n]));
    let sitting = Sitting::at(&bench);
    sitting.stands(is_ready);
    sitting.orders(Order::Plan { drives: vec![one.clone()] });
    let (drives, lacks) = erase(&sitting, &sitting.stands(is_ready));
    let [first] = &drives[..] else { panic!("{drives:?}") };
    assert_eq!((first.path.as_str(), first.outcome), (&*one, Outcome::Sanitized));
    assert!(first.document.is_some(), "{first:?}");
    let names = |lacks: &[String], path: &str| lacks.iter().any(|lack| lack.contains(path));
    assert!(names(&lacks, &two) && !names(&lacks, &one), "{lacks:?}");
    sitting.orders(Order::Next);
    let now = sitting.stands(is_ready);
    assert_eq!(done(&now, &one), Some(first.document.as_ref().unwrap().id.as_str()));
    assert_eq!((done(&now, &two), planned(&now).0), (None, vec![two.clone()]));
    // It has its result, and is not erased again.
    sitting.orders(Order::Plan { drives: vec![one.clone()] });
    assert_eq!(sitting.declined(), Declined::Changed);
    let (drives, lacks) = erase(&sitting, &now);
    assert_eq!((drives.len(), drives[0].outcome), (1, Outcome::Sanitized));
    assert!(!names(&lacks, &one) && !names(&lacks, &two), "{lacks:?}");
    // The other console was faster.
    sitting.orders(Order::Next);
    sitting.stands(is_ready);
    sitting.orders(Order::Next);
    assert_eq!(sitting.declined(), Declined::Changed);
}

/// Two drives had the same name, one after the other, and neither run came to its end: the one that is there
/// is gone on with, and has the result of its own run.
#[test]
fn a_drive_that_is_gone_on_with_has_its_own_result() {
    let folder = tempfile::tempdir().unwrap();
    let bench = two_images(folder.path());
    let (image, out) = {
        let mut facts = bench.0.lock().unwrap();
        facts.images.truncate(1);
        (facts.images[0].clone(), facts.out.clone().unwrap())
    };
    let sitting = Sitting::at(&bench);
    erase(&sitting, &sitting.stands(is_ready));
    cut(&out, &[], "\"certified\"");
    let first = journals(&out);
    // Another one in its place, while the old one lives on under another name.
    std::fs::rename(&image, folder.path().join("old.img")).unwrap();
    std::fs::write(&image, vec![0xa5; 2 << 20]).unwrap();
    let sitting = Sitting::at(&bench);
    erase(&sitting, &sitting.stands(is_ready));
    cut(&out, &first, "\"end\"");
    std::fs::write(&image, vec![0xa5; 2 << 20]).unwrap();
    let sitting = Sitting::at(&bench);
    let now = sitting.stands(is_ready);
    let cut_off = |obstacle: &Obstacle| match obstacle {
        Obstacle::Unfinished { drives } => Some(drives.clone()),
        _ => None,
    };
    let drives = now.obstacles.iter().find_map(cut_off).unwrap();
    assert_eq!(drives.len(), 1);
    let other = vec![("S1".to_owned(), drives[0].1)];
    sitting.orders(Order::Resume { drives: other });
    assert_eq!(sitting.declined(), Declined::Changed);
    sitting.orders(Order::Resume { drives });
    let over = sitting.stands(|now| matches!(now.work, Work::Over { .. }));
    let Work::Over { drives, .. } = over.work else { unreachable!() };
    // What was written before the cut is not there any more.
    assert_eq!((drives.len(), drives[0].outcome), (1, Outcome::NotSanitized), "{drives:?}");
    let key = Signer::Station(bench.0.lock().unwrap().station.as_ref().unwrap()).journal_key();
    let second = journals(&out).into_iter().find(|path| !first.contains(path)).unwrap();
    let start = History::of(&std::fs::read(second).unwrap(), &key).unwrap().unwrap().start;
    let id = drives[0].document.as_ref().unwrap().id.clone();
    assert_eq!(id, format!("urn:uuid:{}", start.certificate_id));
}

#[test]
fn what_was_given_up_is_not_erased_as_far_as_anybody_can_prove() {
    let folder = tempfile::tempdir().unwrap();
    let bench = two_images(folder.path());
    let sitting = Sitting::at(&bench);
    let (drives, _) = erase(&sitting, &sitting.stands(is_ready));
    assert!(drives.iter().all(|drive| drive.outcome == Outcome::Sanitized), "{drives:?}");
    sitting.told.send(Input::Kept(Err(Trouble::Missing))).unwrap();
    sitting.orders(Order::GiveUp);
    let given_up = |now: &Situation| match &now.work {
        Work::Over { drives, .. } => drives.iter().all(|drive| {
            drive.document.is_none() && !drive.recorded && drive.outcome == Outcome::Indeterminate
        }),
        _ => false,
    };
    sitting.stands(given_up);
    sitting.orders(Order::Next);
    let now = sitting.stands(is_ready);
    assert_eq!(planned(&now).0.len(), 2, "they are to be erased again");
    let anew = Sitting::at(&bench);
    assert_eq!(planned(&anew.stands(is_ready)).0.len(), 2, "also by an engine that begins anew");
}

/// An engine that died is followed by one that knows which drives have their results.
#[test]
fn an_engine_that_begins_anew_knows_what_was_erased() {
    let folder = tempfile::tempdir().unwrap();
    let bench = two_images(folder.path());
    let [one, two] = [0, 1].map(|n| shown(&bench.0.lock().unwrap().images[n]));
    let first = Sitting::at(&bench);
    first.stands(is_ready);
    first.orders(Order::Plan { drives: vec![one.clone()] });
    let (drives, _) = erase(&first, &first.stands(is_ready));
    let anew = Sitting::at(&bench);
    let now = anew.stands(is_ready);
    assert_eq!(done(&now, &one), Some(drives[0].document.as_ref().unwrap().id.as_str()));
    assert_eq!(planned(&now).0, std::slice::from_ref(&two));
    // The report on the computer names it as well.
    let (_, lacks) = erase(&anew, &now);
    assert!(lacks.iter().all(|lack| !lack.contains(&one) && !lack.contains(&two)), "{lacks:?}");
}

#[test]
fn a_drive_that_expects_to_fail_is_told_as_long_as_it_is_to_be_erased() {
    let folder = tempfile::tempdir().unwrap();
    let bench = two_images(folder.path());
    bench.0.lock().unwrap().health = Some(Health::Failing);
    let sitting = Sitting::at(&bench);
    let told = |situation: &Situation| {
        let failing = |obstacle: &Obstacle| matches!(obstacle, Obstacle::Failing { .. });
        situation.obstacles.iter().filter(|one| failing(one)).count()
    };
    let situation = sitting.stands(is_ready);
    assert_eq!(told(&situation), 2);
    erase(&sitting, &situation);
    sitting.orders(Order::Next);
    assert_eq!(told(&sitting.stands(is_ready)), 0, "both have their result");
    for health in [Health::Good, Health::Unknown] {
        bench.0.lock().unwrap().health = Some(health);
        assert_eq!(told(&Sitting::at(&bench).stands(is_ready)), 0);
    }
}

#[test]
fn what_a_drive_says_when_it_is_asked_stands_in_the_way() {
    let bench = Made::default();
    let path = "/dev/not-there-a";
    bench.0.lock().unwrap().drives = vec![drive(path, Bus::Sata, Medium::Ssd, None)];
    bench.0.lock().unwrap().refuses = Some(Refusal::new(RefusalCode::Locked, "It is locked."));
    let situation = Sitting::at(&bench).stands(is_ready);
    let locked = |obstacle: &Obstacle| match obstacle {
        Obstacle::Locked { drive, refusal } => drive == path && refusal.message == "It is locked.",
        _ => false,
    };
    assert!(situation.obstacles.iter().any(locked), "{:?}", situation.obstacles);
}

/// A drive that is there on paper only: nothing at its path can be erased.
fn drive(path: &str, bus: Bus, medium: Medium, refusal: Option<RefusalCode>) -> DriveFacts {
    let identity = Identity {
        kind: DriveKind::BlockDevice,
        bus,
        medium,
        vendor: None,
        model: Some("MADE UP".into()),
        serial_number: Some(path.into()),
        firmware: None,
        wwn: None,
        unit: None,
        capacity_bytes: 1 << 30,
        logical_block_bytes: 512,
        physical_block_bytes: 512,
        diskseq: None,
        sources: std::collections::BTreeMap::new(),
    };
    let refusal = refusal.map(|code| Refusal::new(code, "why"));
    DriveFacts { path: path.into(), identity, capabilities: Capabilities::default(), refusal }
}

#[test]
fn where_a_scan_is_the_yes_what_is_plugged_in_is_asked_about() {
    let more = |situation: &Situation| {
        situation.obstacles.iter().find_map(|obstacle| match obstacle {
            Obstacle::MoreDrives { expected, seen } => Some((*expected, *seen)),
            _ => None,
        })
    };
    let inside = || drive("/dev/not-there-a", Bus::Sata, Medium::Hdd, None);
    let usb = || drive("/dev/not-there-b", Bus::Usb, Medium::Unknown, None);
    let card = || drive("/dev/not-there-c", Bus::Mmc, Medium::SdCard, None);
    let stick =
        || drive("/dev/not-there-d", Bus::Usb, Medium::Unknown, Some(RefusalCode::BootMedium));
    let slot =
        || drive("/dev/not-there-e", Bus::Usb, Medium::Unknown, Some(RefusalCode::EmptySlot));
    for (drives, scan_starts, expected) in [
        (vec![inside(), stick(), slot()], true, None),
        (vec![inside(), usb(), stick()], true, Some((1, 2))),
        (vec![inside(), card()], true, Some((1, 2))),
        (vec![usb()], true, Some((0, 1))),
        (vec![inside(), usb()], false, None),
    ] {
        let bench = Made::default();
        bench.0.lock().unwrap().scan_starts = scan_starts;
        bench.0.lock().unwrap().drives = drives.clone();
        let situation = Sitting::at(&bench).stands(is_ready);
        assert_eq!(more(&situation), expected, "{drives:?}");
        let shows_slot = situation.drives.iter().any(|seen| seen.path == slot().path);
        assert!(!shows_slot, "an empty slot is nothing to look at");
    }
}

#[test]
fn nothing_is_erased_by_a_yes_to_another_plan() {
    let sitting = Sitting::at(&Made::default());
    sitting.stands(is_ready);
    for digest in ["", "0"] {
        sitting.orders(Order::Wipe { digest: digest.to_owned(), asset_tag: None });
        assert_eq!(sitting.declined(), Declined::Changed);
    }
    sitting.orders(Order::Stop);
    assert_eq!(sitting.declined(), Declined::Idle);
    for drives in [Vec::new(), vec![("S1".to_owned(), Timestamp::from_unix(0))]] {
        sitting.orders(Order::Resume { drives });
        assert_eq!(sitting.declined(), Declined::Changed);
    }
    sitting.orders(Order::Plan { drives: vec!["/dev/vda".to_owned()] });
    assert_eq!(sitting.declined(), Declined::Changed);
}
