//! What the tests on simulated drives share: a station made in memory, a place for results, a
//! clock that only moves when told, and the demands that every run must meet, whatever failed.
#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, reason = "each test file is a crate of its own")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ed25519_dalek::{SigningKey, VerifyingKey};
use nulstil::cert::{self, Authorization, Trust, VerifiedCertificate, did, document};
use nulstil::device::{Bay, Time as _};
use nulstil::model::{
    Boot, Bus, Capabilities, Clock, Computer, DriveFacts, DriveKind, Evidence, HiddenDrives,
    Identity, Medium, Method, Outcome, Paperwork, Pass, Range, RangeList, Shortfall, Timestamp,
    Tool, Verdict, VerifyMode,
};
use nulstil::pattern::{Pattern, StreamKey};
use nulstil::plan::{ArmedPlan, Consent, Found, Plan, Policy, Request};
use nulstil::run::{self, Context, Event, NotBegun, Outbox, Report, Setup, Station};
use nulstil::sim::{Fault, SimBay, SimDrive, SimTime};
use nulstil::technique::{Firmware, Health};
use tempfile::TempDir;

/// What is on every drive before: no pass writes it.
pub const OLD: u8 = 0xa7;

/// Bytes of one operation of the engine.
pub const CHUNK: u64 = 4 << 20;

pub const KIB: u64 = 1 << 10;
pub const MIB: u64 = 1 << 20;

/// Hears an event, and may ask the run to stop.
pub type Watch = dyn Fn(&Event, &AtomicBool) + Sync;

/// A station with everything around a run but the drives.
pub struct Bench {
    pub dir: TempDir,
    pub clock: SimTime,
    pub boot_id: Option<String>,
    pub checkpoint_every: Duration,
    pub patience: Duration,
    pub stop: AtomicBool,
    /// Told every event, while the run waits.
    pub watch: Box<Watch>,
    pub policy: Policy,
    pub method: Option<Method>,
    pub station: Station,
    pub root: VerifyingKey,
    context: Context,
    random: AtomicU64,
}

/// A run that began, and what it told.
pub struct Ran {
    pub report: Report,
    pub events: Vec<Event>,
}

impl Bench {
    pub fn new() -> Self {
        let (root, key) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let clock = SimTime::default();
        let (now, year) = (clock.now(), 365 * 86_400);
        let authorization = Authorization {
            id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
            issuer_name: "Root".into(),
            station: did::of(&key.verifying_key()),
            station_name: "Station".into(),
            valid_from: now.plus(-86_400),
            valid_until: now.plus(year),
            may_issue: document::TYPES.map(str::to_owned).to_vec(),
            trust_list_version: 0,
            paper: None,
        };
        let authorization = authorization.sign(&root, now).unwrap();
        // Synced thousands of times: in memory, where there is such a place.
        let memory = Path::new("/dev/shm");
        let dir =
            TempDir::new_in(if memory.is_dir() { memory.into() } else { std::env::temp_dir() });
        Self {
            dir: dir.unwrap(),
            boot_id: Some("boot-1".into()),
            checkpoint_every: Duration::from_secs(3600),
            patience: Duration::from_secs(60),
            stop: AtomicBool::new(false),
            watch: Box::new(|_, _| ()),
            policy: Policy::default(),
            method: None,
            station: Station::new(key, authorization, now).unwrap(),
            root: root.verifying_key(),
            context: Context {
                tool: Tool { name: "nulstil".into(), version: "0".into(), executable_sha256: None },
                boot: Boot::default(),
                computer: Computer::default(),
                clock: Clock {
                    source: "simulated".into(),
                    rtc_minus_system_seconds: None,
                    confirmed: false,
                },
                hidden_drives: HiddenDrives { possible: false, reasons: Vec::new() },
            },
            random: AtomicU64::new(0),
            clock,
        }
    }

    /// From now on the machine may have drives that cannot be seen.
    pub fn hides(&mut self, hidden: HiddenDrives) {
        self.context.hidden_drives = hidden;
    }

    /// Runs `work` with this bench around it.
    pub fn with<T>(
        &self,
        bay: &(dyn Bay + Sync),
        work: impl FnOnce(&Setup<'_>) -> T,
    ) -> (T, Vec<Event>) {
        let outbox = Outbox::open(self.dir.path()).unwrap();
        let inventory = bay.look();
        let events = Mutex::new(Vec::new());
        let random = || {
            let n = self.random.fetch_add(1, Ordering::Relaxed);
            std::array::from_fn(|i| (n.wrapping_mul(0x9e37_79b9) >> (i % 8)) as u8 ^ i as u8)
        };
        let result = work(&Setup {
            language: nulstil::model::Language::English,
            bay,
            signer: nulstil::run::Signer::Station(&self.station),
            outbox: &outbox,
            context: &self.context,
            inventory: &inventory,
            before: &[],
            only: None,
            paperwork: &Paperwork::default(),
            boot_id: self.boot_id.as_deref(),
            time: &self.clock,
            random: &random,
            stop: &self.stop,
            checkpoint_every: self.checkpoint_every,
            patience: self.patience,
            emit: &|event| {
                (self.watch)(&event, &self.stop);
                events.lock().unwrap().push(event);
            },
        });
        (result, events.into_inner().unwrap())
    }

    fn run(
        &self,
        bay: &SimBay,
        work: impl FnOnce(&Setup<'_>) -> Result<Report, NotBegun>,
    ) -> Result<Ran, NotBegun> {
        let (report, events) = self.with(bay, work);
        report.map(|report| Ran { report, events })
    }

    /// Erases every drive of the bay.
    pub fn journal_key(&self) -> nulstil::run::JournalKey {
        self.station.journal_key()
    }

    /// The plan for every drive of the bay.
    pub fn plan(&self, bay: &SimBay, passes: &str, verify: VerifyMode) -> Plan {
        let ask = |facts: &DriveFacts| {
            Firmware::ask(bay.channel(facts).unwrap().as_ref(), facts.identity.bus)
        };
        self.plan_with(bay, passes, verify, ask)
    }

    /// The plan for every drive of the bay, from what `ask` says of its firmware.
    pub fn plan_with(
        &self,
        bay: &SimBay,
        passes: &str,
        verify: VerifyMode,
        ask: impl Fn(&DriveFacts) -> Firmware,
    ) -> Plan {
        let request =
            Request { method: self.method, passes: passes.parse().ok(), verify: Some(verify) };
        let named = bay.look().drives.into_iter().map(|facts| {
            let firmware = ask(&facts);
            (facts.path.clone(), Ok(Found { facts, firmware, health: Health::Unknown }))
        });
        Plan::new(&request, self.policy.clone(), named.collect())
    }

    pub fn wipe(&self, bay: &SimBay, passes: &str, verify: VerifyMode) -> Result<Ran, NotBegun> {
        self.carry_out(&self.plan(bay, passes, verify), bay)
    }

    /// The plan with somebody's yes to it.
    pub fn armed(&self, plan: &Plan) -> ArmedPlan {
        ArmedPlan::new(plan, Consent::ahead(&plan.digest().unwrap())).unwrap()
    }

    /// Does what was planned to the drives of this bay.
    pub fn carry_out(&self, plan: &Plan, bay: &SimBay) -> Result<Ran, NotBegun> {
        let armed = self.armed(plan);
        self.run(bay, |setup| run::wipe(armed, setup))
    }

    pub fn resume(&self, bay: &SimBay) -> Result<Ran, NotBegun> {
        self.run(bay, run::resume)
    }

    pub fn close(&self, bay: &SimBay) -> Result<Ran, NotBegun> {
        self.run(bay, run::close)
    }

    /// The files with this ending, in order.
    pub fn files(&self, ending: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.dir.path()).unwrap();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(ending))
            .collect();
        found.sort();
        found
    }

    /// The only journal there is.
    pub fn journal(&self) -> PathBuf {
        let [journal] = &self.files(".journal")[..] else {
            panic!("{:?}", self.files(".journal"));
        };
        journal.clone()
    }

    /// Whom an auditor believes.
    pub fn trust(&self) -> Trust {
        Trust::new(self.root)
    }

    pub fn verify(&self, path: &Path) -> VerifiedCertificate {
        let bytes = std::fs::read(path).unwrap();
        let verified = cert::verify(&bytes, &self.trust(), self.clock.now()).unwrap();
        assert!(verified.missing().is_empty(), "{:?}", verified.missing());
        verified
    }

    /// Every certificate, as an auditor sees it.
    pub fn certificates(&self) -> Vec<VerifiedCertificate> {
        self.files(".cert.json").iter().map(|path| self.verify(path)).collect()
    }

    /// The only certificate there is.
    #[track_caller]
    pub fn certificate(&self) -> VerifiedCertificate {
        let mut found = self.certificates();
        assert_eq!(found.len(), 1, "exactly one certificate per drive");
        found.pop().unwrap()
    }

    /// Takes away what the last run left.
    pub fn clear(&self) {
        for entry in std::fs::read_dir(self.dir.path()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}

/// A SATA disk with blocks of 512 bytes, 4096 beneath.
pub fn identity(serial: &str, capacity_bytes: u64) -> Identity {
    Identity {
        kind: DriveKind::BlockDevice,
        bus: Bus::Sata,
        medium: Medium::Hdd,
        vendor: None,
        model: Some("SIM DISK".into()),
        serial_number: (!serial.is_empty()).then(|| serial.to_owned()),
        firmware: None,
        wwn: None,
        unit: None,
        capacity_bytes,
        logical_block_bytes: 512,
        physical_block_bytes: 4096,
        diskseq: Some(7),
        sources: BTreeMap::new(),
    }
}

pub fn facts(path: &str, identity: &Identity) -> DriveFacts {
    DriveFacts {
        path: path.into(),
        identity: identity.clone(),
        capabilities: Capabilities::default(),
        refusal: None,
    }
}

/// A bay with these drives.
pub fn bay<'a>(drives: impl IntoIterator<Item = (&'a str, &'a Identity, &'a SimDrive)>) -> SimBay {
    let mut bay = SimBay::default();
    for (path, identity, drive) in drives {
        bay.insert(facts(path, identity), drive.clone());
    }
    bay
}

impl Bench {
    /// A drive full of old data.
    pub fn drive(&self, identity: &Identity) -> SimDrive {
        SimDrive::new(identity.clone(), OLD, &self.clock)
    }

    /// Erases one drive with these faults and checks the demands on every run.
    pub fn one(
        &self,
        identity: &Identity,
        faults: &[Fault],
        passes: &str,
        verify: VerifyMode,
    ) -> (VerifiedCertificate, SimDrive, Ran) {
        self.clear();
        let drive =
            faults.iter().fold(self.drive(identity), |drive, fault| drive.with(fault.clone()));
        let ran = self.wipe(&bay([("/dev/sda", identity, &drive)]), passes, verify).unwrap();
        let certificate = self.certificate();
        self.demands(&ran, &certificate, &drive);
        (certificate, drive, ran)
    }

    /// What holds of every run on one drive, whatever failed.
    pub fn demands(&self, ran: &Ran, certificate: &VerifiedCertificate, drive: &SimDrive) {
        let (evidence, conclusion) =
            (certificate.evidence().unwrap(), certificate.conclusion().unwrap());
        let result = &ran.report.drives[0];
        assert_eq!(ran.report.drives.len(), 1);
        assert_eq!(ran.report.faults, Vec::<String>::new());
        let path = result.certificate.as_ref().unwrap();
        assert_eq!(self.files(".cert.json"), [PathBuf::from(path)]);
        assert_eq!(self.files(".tmp"), Vec::<PathBuf>::new(), "no reserved room is left");
        assert_eq!(result.outcome, document::outcome(evidence, conclusion));
        assert_eq!(result.outcome == Outcome::Sanitized, conclusion.verdict == Verdict::Sanitized);

        let machine = self.verify(Path::new(ran.report.machine.as_ref().unwrap()));
        let named = &machine.document()["credentialSubject"]["drives"][0];
        assert_eq!(named["certificateDigest"], certificate.digest());
        assert_eq!(named["outcome"], serde_json::to_value(result.outcome).unwrap());

        let content = drive.content();
        let wrong = differing(evidence, &content);
        if certificate.is_sanitized() {
            assert!(wrong.is_empty(), "Sanitized, and old data at {:?}", wrong.ranges);
        }
        // Read-back says exactly what is on the medium, where it could read and said to read all.
        if let Some(verification) = &evidence.verification
            && evidence.passes.len() == evidence.planned.scheme.passes().len()
            && verification.read_bytes == evidence.drive.capacity_bytes
        {
            let block = u64::from(evidence.drive.logical_block_bytes);
            assert_eq!(verification.mismatches.count * block, wrong.total_bytes);
        }
    }
}

/// So many bad places, far apart, on a drive of 12 MiB, that every list of a certificate is full.
pub fn bad_all_over() -> Vec<Fault> {
    let pair = |i: u64| {
        let (bad, mute) = (at(i * 16 * KIB, 512), at(6 * MIB + i * 16 * KIB + 512, 512));
        [Fault::Unwritable(bad), Fault::Unreadable(mute)]
    };
    (0..300).flat_map(pair).collect()
}

/// The blocks that do not hold what the last pass should have written.
pub fn differing(evidence: &Evidence, content: &[u8]) -> RangeList {
    let mut wrong = RangeList::default();
    let block = evidence.drive.logical_block_bytes as usize;
    let Some(pattern) = last_pattern(evidence) else {
        wrong.push(Range { offset: 0, bytes: content.len() as u64 });
        return wrong;
    };
    let mut expected = vec![0; content.len()];
    pattern.fill(0, &mut expected);
    let pairs = content.chunks(block).zip(expected.chunks(block));
    for (i, (have, _)) in pairs.enumerate().filter(|(_, (have, want))| have != want) {
        wrong.push(Range { offset: (i * block) as u64, bytes: have.len() as u64 });
    }
    wrong
}

/// The pattern of the last planned pass, if it was begun.
fn last_pattern(evidence: &Evidence) -> Option<Pattern> {
    let planned = evidence.planned.scheme.passes();
    let last = evidence.passes.get(planned.len() - 1)?;
    assert_eq!(Some(&last.pattern), planned.last());
    let key = last.key.as_ref().and_then(|key| StreamKey::from_hex(key.revealed.as_ref()?));
    assert_eq!(last.pattern == Pass::Random, key.is_some());
    Pattern::of(last.pattern, key.as_ref())
}

/// `range` widened to whole physical blocks.
pub fn physical(range: Range, identity: &Identity) -> Range {
    let granule = u64::from(identity.physical_block_bytes);
    Range::between(
        range.offset / granule * granule,
        range.end().next_multiple_of(granule).min(identity.capacity_bytes),
    )
}

pub fn has(certificate: &VerifiedCertificate, shortfall: Shortfall) -> bool {
    certificate.conclusion().unwrap().shortfalls.contains(&shortfall)
}

pub fn at(offset: u64, bytes: u64) -> Range {
    Range { offset, bytes }
}

pub fn now() -> Timestamp {
    Timestamp::from_unix(1_795_000_000)
}
