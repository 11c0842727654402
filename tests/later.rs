//! Runs that are signed later: what they leave is no certificate, and becomes one only by a station
//! that says so; and what a mirror of the results gets before the first write.

#![cfg(all(target_os = "linux", feature = "tool"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sim_common;

use std::sync::{Arc, Mutex};

use nulstil::model::{Computer, Outcome, VerifyMode};
use nulstil::run::{self, Event, NotBegun, Outbox, Setup, Signer};
use nulstil::sim::SimDrive;
use sim_common::{Bench, MIB, OLD, bay, identity};

const SIZE: u64 = 2 * MIB;

/// Erases one drive in another computer, with nobody there who signs.
fn recorded(bench: &Bench, sim: &SimDrive) -> (run::Report, Vec<Event>) {
    let drive = identity("S1", SIZE);
    let bay = bay([("/dev/sda", &drive, sim)]);
    let plan = bench.plan(&bay, "zeros", VerifyMode::Full);
    let armed = bench.armed(&plan);
    let (report, events) = bench.with(&bay, |setup| {
        let mut context = setup.context.clone();
        context.computer =
            Computer { serial_number: Some("INTAKE-PC".into()), ..Computer::default() };
        run::wipe(armed, &Setup { signer: Signer::Later, context: &context, ..*setup })
    });
    (report.unwrap(), events)
}

/// Signs what was recorded, on a computer with no drives.
fn sign(bench: &Bench) -> Result<run::Report, NotBegun> {
    let outbox = Outbox::open(bench.dir.path()).unwrap();
    let runs = run::recorded(&outbox);
    assert_eq!(runs.len(), 1);
    let there = runs[0].recorded.clone().unwrap();
    let (result, _) = bench.with(&bay([]), |setup| {
        let setup = Setup { context: &there.context, inventory: &there.inventory, ..*setup };
        run::close_recorded(&setup, &runs[0].id)
    });
    result
}

#[test]
fn what_is_recorded_is_no_certificate_until_it_is_signed() {
    let bench = Bench::new();
    let sim = bench.drive(&identity("S1", SIZE));
    let (report, _) = recorded(&bench, &sim);
    assert!(sim.content().iter().all(|byte| *byte == 0));
    let [drive] = &report.drives[..] else { panic!("{report:?}") };
    assert_eq!((drive.outcome, &drive.certificate), (Outcome::Indeterminate, &None));
    assert!(drive.reasons[0].contains("NOT SIGNED"), "{:?}", drive.reasons);
    assert_eq!((report.machine, report.faults), (None, vec![]));
    // Nothing but the journal: not even room for a document.
    assert_eq!(std::fs::read_dir(bench.dir.path()).unwrap().count(), 1);

    // A station that was not asked to believe it does not: neither does it go on, nor close it.
    for result in [bench.resume(&bay([])), bench.close(&bay([]))] {
        let Err(NotBegun::Refused(refused)) = result else { panic!("it was believed") };
        assert!(refused[0].1.message.contains("another station key"), "{refused:?}");
    }
    assert_eq!(bench.files(".json").len(), 0);

    let signed = sign(&bench).unwrap();
    assert_eq!(signed.drives[0].outcome, Outcome::Sanitized, "{signed:?}");
    let certificate = bench.certificate();
    assert!(certificate.is_sanitized());
    let text = certificate.document().to_string();
    assert!(text.contains("INTAKE-PC"), "the computer is the one where it took place: {text}");
    let machine = std::fs::read_to_string(signed.machine.unwrap()).unwrap();
    assert!(machine.contains("INTAKE-PC") && signed.machine_lacks.is_empty(), "{machine}");
    // Once.
    assert!(run::recorded(&Outbox::open(bench.dir.path()).unwrap()).is_empty());
}

#[test]
fn a_recorded_run_that_was_cut_off_is_signed_as_that() {
    let bench = Bench::new();
    let sim = bench.drive(&identity("S1", SIZE));
    recorded(&bench, &sim);
    let journal = bench.journal();
    let text = std::fs::read_to_string(&journal).unwrap();
    let first = text.lines().next().unwrap();
    std::fs::write(&journal, format!("{first}\n")).unwrap();
    let signed = sign(&bench).unwrap();
    assert_ne!(signed.drives[0].outcome, Outcome::Sanitized);
    assert!(!bench.certificate().is_sanitized());
}

/// Whoever is to decide whether the computer is done hears it, signed or not.
#[test]
fn what_a_recorded_run_leaves_out_is_told() {
    let bench = Bench::new();
    let [one, other] = [identity("S1", SIZE), identity("S2", SIZE)];
    let (sim, left) = (bench.drive(&one), bench.drive(&other));
    let only = bay([("/dev/sda", &one, &sim)]);
    let both = bay([("/dev/sda", &one, &sim), ("/dev/sdb", &other, &left)]);
    for (there, lacks) in [(&both, vec!["/dev/sdb (serial S2) was not erased."]), (&only, vec![])] {
        let armed = bench.armed(&bench.plan(&only, "zeros", VerifyMode::Full));
        let (report, _) =
            bench.with(there, |setup| run::wipe(armed, &Setup { signer: Signer::Later, ..*setup }));
        assert_eq!(report.unwrap().machine_lacks, lacks);
    }
    assert!(left.content().iter().all(|byte| *byte == OLD));
}

/// When, what was there, and whether the drive was untouched.
type Told = (String, Vec<String>, bool);

/// A mirror that notes what the outbox held, and whether the drive was written to, each time.
#[derive(Debug)]
struct Notes {
    folder: std::path::PathBuf,
    sim: SimDrive,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Notes {
    fn note(&self, when: &str) {
        let names = std::fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<_> =
            names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.'));
        let untouched = self.sim.content().iter().all(|byte| *byte == OLD);
        self.told.lock().unwrap().push((when.into(), names, untouched));
    }
}

impl run::Mirror for Notes {
    fn now(&self) {
        self.note("now");
    }

    fn soon(&self) {
        self.note("soon");
    }
}

#[test]
fn a_mirror_has_the_first_records_before_the_first_write_and_hears_of_each_document() {
    let bench = Bench::new();
    let drive = identity("S1", SIZE);
    let sim = bench.drive(&drive);
    let bay = bay([("/dev/sda", &drive, &sim)]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Notes { folder: bench.dir.path().into(), sim: sim.clone(), told: told.clone() };
    let outbox = Outbox::open(bench.dir.path()).unwrap().mirrored(Box::new(notes));
    let armed = bench.armed(&bench.plan(&bay, "zeros", VerifyMode::Full));
    let (result, _) =
        bench.with(&bay, |setup| run::wipe(armed, &Setup { outbox: &outbox, ..*setup }));
    result.unwrap();
    let told = told.lock().unwrap();
    let now: Vec<_> = told.iter().filter(|(when, ..)| when == "now").collect();
    let [(_, names, untouched)] = &now[..] else { panic!("{told:?}") };
    let ends = |ending: &str| names.iter().any(|name| name.ends_with(ending));
    assert!(*untouched && ends(".journal") && ends(".start.json"), "{now:?}");
    // First record, certificate, page, machine report.
    assert_eq!(told.iter().filter(|(when, ..)| when == "soon").count(), 4, "{told:?}");
}

/// It goes on with nobody there who signs either, and is signed as one that was cut off.
#[test]
fn a_recorded_run_goes_on() {
    let bench = Bench::new();
    let drive = identity("S1", SIZE);
    recorded(&bench, &bench.drive(&drive));
    let text = std::fs::read_to_string(bench.journal()).unwrap();
    std::fs::write(bench.journal(), format!("{}\n", text.lines().next().unwrap())).unwrap();
    let sim = bench.drive(&drive);
    let (report, _) = bench.with(&bay([("/dev/sdb", &drive, &sim)]), |setup| {
        run::resume(&Setup { signer: Signer::Later, ..*setup })
    });
    let report = report.unwrap();
    assert_eq!(report.drives[0].outcome, Outcome::Indeterminate, "{report:?}");
    assert!(sim.content().iter().all(|byte| *byte == 0));
    assert_eq!(bench.files(".json").len(), 0);
    assert_eq!(sign(&bench).unwrap().drives[0].outcome, Outcome::Sanitized);
    assert_eq!(bench.certificate().evidence().unwrap().interruptions.len(), 1);
}
