//! From evidence to verdict: the rules, once. The tool runs them when it makes a certificate, and
//! every verifier runs them again over the evidence in it.
//!
//! Pure and total. Missing evidence never improves a verdict: whatever was not shown counts as
//! not done.

mod firmware;

use firmware::Step;
use sha2::{Digest as _, Sha256};

use crate::model::{
    Bus, CipherKey, Conclusion, DriveKind, Ending, Evidence, Medium, Method, Pass, PassEvidence,
    Severity, Shortfall, TechniqueId, Verdict, VerificationEvidence, VerifyMode, hex,
    sampling::{Design, Kind},
    unhex,
};

/// The version of these rules, as certificates name it. A certificate is judged by the rules it
/// was made under; a change that can change a verdict is a new number, and the old rules stay.
pub const RULES: u32 = 1;

/// What follows from the evidence.
#[must_use]
pub fn conclude(evidence: &Evidence) -> Conclusion {
    let mut shortfalls = Vec::new();
    ending(evidence, &mut shortfalls);
    let reached = techniques(evidence, &mut shortfalls);
    aftermath(evidence, &mut shortfalls);
    hidden(evidence, &mut shortfalls);
    limits(evidence, reached, &mut shortfalls);

    shortfalls.sort_by_key(|shortfall| std::cmp::Reverse(shortfall.severity()));
    let mut seen = Vec::new();
    shortfalls.retain(|shortfall| {
        let new = !seen.contains(shortfall);
        seen.push(*shortfall);
        new
    });
    let verdict = match shortfalls.first().map(|shortfall| shortfall.severity()) {
        None | Some(Severity::Limit) => Verdict::Sanitized,
        Some(Severity::Doubt) => Verdict::Indeterminate,
        Some(Severity::Failure) => Verdict::NotSanitized,
    };
    // Whatever was asked for: a technique reaches what it reaches.
    let method = reached.filter(|_| verdict == Verdict::Sanitized);
    Conclusion { verdict, method, shortfalls }
}

/// What the techniques reached together: the best of what each one proves by itself.
fn techniques(evidence: &Evidence, found: &mut Vec<Shortfall>) -> Option<Method> {
    let planned = &evidence.planned;
    let overwritten = planned.techniques.contains(&TechniqueId::Overwrite);
    let by_firmware = planned.techniques.iter().filter(|id| **id != TechniqueId::Overwrite);
    if planned.techniques.is_empty()
        || !by_firmware.eq(evidence.firmware.iter().map(|e| &e.technique))
    {
        found.push(Shortfall::TechniqueMissing);
    }

    let mut overwrite = Vec::new();
    if overwritten || !evidence.passes.is_empty() {
        passes(evidence, &mut overwrite);
        verification(evidence, &mut overwrite);
    }
    let proven = |gaps: &[Shortfall]| gaps.iter().all(|gap| gap.severity() == Severity::Limit);
    let cleared = (overwritten && proven(&overwrite)).then_some(Method::Clear);
    let medium = evidence.drive.medium;
    let steps: Vec<Step> = evidence.firmware.iter().map(|e| firmware::judge(e, medium)).collect();
    let reached = steps.iter().map(|step| step.claim).chain([cleared]).max().flatten();

    found.extend(overwrite);
    // Whether a later technique proves what was reached; the overwrite comes last.
    let mut made_up_for = cleared.is_some() && cleared == reached;
    for step in steps.into_iter().rev() {
        made_up_for |= step.claim.is_some() && step.claim == reached;
        if step.claim.is_none()
            && reached >= Some(planned.least)
            && (made_up_for || !step.left_something())
        {
            // What was reached stands on another technique.
            found.push(Shortfall::StepFailed);
        } else {
            found.extend(step.gaps);
        }
    }
    if let Some(reached) = reached
        && reached < planned.method
    {
        found.push(if reached >= planned.least {
            Shortfall::FellBack
        } else {
            Shortfall::MethodNotReached
        });
    }
    reached
}

fn ending(evidence: &Evidence, found: &mut Vec<Shortfall>) {
    match evidence.ending {
        Ending::Completed => {}
        Ending::Aborted => found.push(Shortfall::Aborted),
        Ending::Incomplete => found.push(Shortfall::Incomplete),
        Ending::Failed { .. } => found.push(Shortfall::RunFailed),
    }
    if !evidence.interruptions.is_empty() {
        found.push(Shortfall::Interrupted);
    }
}

fn passes(evidence: &Evidence, found: &mut Vec<Shortfall>) {
    let planned = evidence.planned.scheme.passes();
    if evidence.passes.len() != planned.len() {
        found.push(Shortfall::PassesMissing);
    }
    for (pass, planned) in evidence.passes.iter().zip(planned) {
        if pass.pattern != *planned {
            found.push(Shortfall::PatternDiffers);
        }
        one_pass(pass, evidence.drive.capacity_bytes, found);
    }
}

fn one_pass(pass: &PassEvidence, capacity: u64, found: &mut Vec<Shortfall>) {
    if !pass.not_written.is_empty() {
        found.push(Shortfall::BlocksNotWritten);
    }
    let covered = pass.written_bytes.checked_add(pass.not_written.total_bytes);
    if covered != Some(capacity) || capacity == 0 {
        found.push(Shortfall::CoverageUnproven);
    }
    if !pass.flushed {
        found.push(Shortfall::NotFlushed);
    }
    let key_fits = match (&pass.pattern, &pass.key) {
        (Pass::Random, Some(key)) => commitment_holds(key),
        (Pass::Random, None) | (_, Some(_)) => false,
        (_, None) => true,
    };
    if !key_fits {
        found.push(Shortfall::KeyDiffers);
    }
}

/// Whether the commitment is one, and the revealed key, if any, is the one committed to.
fn commitment_holds(key: &CipherKey) -> bool {
    let commitment = unhex(&key.sha256).is_some_and(|digest| digest.len() == 32);
    commitment
        && key.revealed.as_ref().is_none_or(|revealed| {
            unhex(revealed).is_some_and(|key_bytes| hex(&Sha256::digest(key_bytes)) == key.sha256)
        })
}

fn verification(evidence: &Evidence, found: &mut Vec<Shortfall>) {
    if evidence.planned.verify == VerifyMode::None {
        found.push(Shortfall::NotVerified);
    }
    let Some(verification) = &evidence.verification else {
        if evidence.planned.verify != VerifyMode::None {
            found.push(Shortfall::VerificationUnfinished);
        }
        return;
    };
    match design(evidence, verification) {
        None => found.push(Shortfall::VerificationUnfinished),
        Some(design) => {
            let seen = verification.read_bytes.checked_add(verification.unreadable.total_bytes);
            if seen != Some(design.bytes()) || design.bytes() == 0 {
                found.push(Shortfall::VerificationUnfinished);
            }
            if design.kind() != Kind::Full {
                found.push(Shortfall::Sampled);
                if !evidence.interruptions.is_empty() {
                    found.push(Shortfall::InterruptedAndSampled);
                }
            }
        }
    }
    // What was found counts, whether or not it was planned to look for it.
    if !verification.unreadable.is_empty() {
        found.push(Shortfall::BlocksUnreadable);
    }
    if verification.mismatches.count > 0 || !verification.mismatches.blocks.is_empty() {
        found.push(Shortfall::BlocksDiffer);
    }
}

/// The design that the recorded seed gives; `None` if the record does not fit the plan.
fn design(evidence: &Evidence, verification: &VerificationEvidence) -> Option<Design> {
    let seed: [u8; 32] = unhex(&verification.seed)?.try_into().ok()?;
    // More than planned is read after an interruption; less never fits.
    (verification.mode >= evidence.planned.verify).then(|| {
        let drive = &evidence.drive;
        Design::new(verification.mode, drive.capacity_bytes, drive.logical_block_bytes, &seed)
    })
}

fn aftermath(evidence: &Evidence, found: &mut Vec<Shortfall>) {
    match &evidence.aftermath {
        None => found.push(Shortfall::AfterCheckMissing),
        Some(after) => {
            if !after.same_drive {
                found.push(Shortfall::DriveChanged);
            }
            if after.capacity_bytes != evidence.drive.capacity_bytes {
                found.push(Shortfall::CapacityChanged);
            }
        }
    }
}

/// What the drive does not show, nothing that was done to what it shows has reached. A firmware that
/// erases it all the same is not believed: no marker could be planted there.
fn hidden(evidence: &Evidence, found: &mut Vec<Shortfall>) {
    let Evidence { drive, hidden, .. } = evidence;
    if hidden.is_left(drive.capacity_bytes, drive.logical_block_bytes) {
        found.push(Shortfall::HiddenBlocksLeft);
    }
    if hidden.is_unknown()
        && drive.kind == DriveKind::BlockDevice
        && drive.medium != Medium::Virtual
    {
        found.push(Shortfall::HiddenAreas);
    }
}

fn limits(evidence: &Evidence, reached: Option<Method>, found: &mut Vec<Shortfall>) {
    let drive = &evidence.drive;
    match (drive.kind, drive.medium) {
        (DriveKind::DiskImage, _) => found.push(Shortfall::DiskImage),
        (DriveKind::BlockDevice, Medium::Virtual) => found.push(Shortfall::VirtualDrive),
        // The firmware reaches what the host does not.
        (DriveKind::BlockDevice, _) if reached >= Some(Method::Purge) => {}
        (DriveKind::BlockDevice, medium) => {
            // ATA and SAS drives have none; what is behind a USB bridge is not known.
            if !matches!(drive.bus, Bus::Sata | Bus::Pata | Bus::Sas | Bus::Scsi) {
                found.push(Shortfall::BootPartitions);
            }
            if medium.remaps() {
                found.push(Shortfall::SpareBlocks);
            }
        }
    }
    if !evidence.direct_io && drive.kind == DriveKind::BlockDevice {
        found.push(Shortfall::PageCache);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{
        Aftermath, Finding, Hidden, HiddenArea, Interruption, Planned, Range, RangeList, Timestamp,
        test_identity,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_795_000_000 + seconds)
    }

    /// Evidence of a run in which everything went well: random, then full read-back.
    pub(in crate::cert) fn good() -> Evidence {
        let drive = test_identity();
        let capacity = drive.capacity_bytes;
        let key = [7_u8; 16];
        Evidence {
            planned: Planned {
                plan_digest: "00".repeat(32),
                method: Method::Clear,
                least: Method::Clear,
                techniques: vec![TechniqueId::Overwrite],
                scheme: "random".parse().unwrap(),
                verify: VerifyMode::Full,
            },
            hidden: Hidden::untouched(HiddenArea::None),
            engine: "sequential".to_owned(),
            direct_io: true,
            firmware: Vec::new(),
            passes: vec![PassEvidence {
                pattern: Pass::Random,
                key: Some(CipherKey {
                    sha256: hex(&Sha256::digest(key)),
                    revealed: Some(hex(&key)),
                }),
                started_at: at(0),
                ended_at: at(10),
                written_bytes: capacity,
                not_written: RangeList::default(),
                retries: 0,
                flushed: true,
                speed: Default::default(),
            }],
            interruptions: Vec::new(),
            verification: Some(VerificationEvidence {
                mode: VerifyMode::Full,
                seed: "11".repeat(32),
                statement: String::new(),
                started_at: at(10),
                ended_at: at(20),
                read_bytes: capacity,
                unreadable: RangeList::default(),
                mismatches: Default::default(),
                speed: Default::default(),
            }),
            aftermath: Some(Aftermath {
                same_drive: true,
                capacity_bytes: capacity,
                partitions_reread: Some(true),
            }),
            ending: Ending::Completed,
            drive,
        }
    }

    fn one_block() -> RangeList {
        let mut list = RangeList::default();
        list.push(Range { offset: 4096, bytes: 4096 });
        list
    }

    #[test]
    fn a_good_run_is_clear_and_says_its_limits() {
        let conclusion = conclude(&good());
        assert_eq!(conclusion.verdict, Verdict::Sanitized);
        assert_eq!(conclusion.method, Some(Method::Clear));
        assert_eq!(conclusion.shortfalls, []);
    }

    fn unknown() -> HiddenArea {
        HiddenArea::Unknown { reason: "a bridge".into() }
    }

    /// The drive of [`good`] once hid its last quarter.
    fn present() -> HiddenArea {
        let native = good().drive.blocks();
        HiddenArea::Present { accessible: native / 4 * 3, native }
    }

    #[test]
    fn hidden_blocks_that_were_shown_are_no_gap_and_all_others_are() {
        let with = |before, after| {
            let hidden = Hidden { before, after, exchanges: Vec::new() };
            conclude(&Evidence { hidden, ..good() })
        };
        assert_eq!(with(present(), HiddenArea::None).shortfalls, []);
        for unknown in [
            with(unknown(), unknown()),
            with(unknown(), HiddenArea::None),
            // An area was shown, and whether there is another one beneath cannot be told.
            with(present(), unknown()),
        ] {
            assert_eq!(unknown.shortfalls, [Shortfall::HiddenAreas]);
            assert_eq!(unknown.verdict, Verdict::Sanitized);
        }
        for (before, after) in
            [(present(), present()), (HiddenArea::None, present()), (unknown(), present())]
        {
            let left = with(before, after);
            assert!(left.shortfalls.contains(&Shortfall::HiddenBlocksLeft), "{left:?}");
            assert_eq!((left.verdict, left.method), (Verdict::NotSanitized, None));
        }
        // The drive says that it shows all, and the host did not see it.
        for native in [good().drive.blocks() + 1, 1, u64::MAX] {
            let before = HiddenArea::Present { accessible: 0, native };
            for after in [HiddenArea::None, unknown()] {
                let contradicted = with(before.clone(), after);
                let left = contradicted.shortfalls.first() == Some(&Shortfall::HiddenBlocksLeft);
                assert!(left, "{native}: {contradicted:?}");
            }
        }
    }

    #[test]
    fn boot_partitions_are_said_where_there_may_be_any() {
        for (bus, said) in
            [(Bus::Sata, false), (Bus::Sas, false), (Bus::Nvme, true), (Bus::Usb, true)]
        {
            let mut evidence = good();
            evidence.drive.bus = bus;
            let shortfalls = conclude(&evidence).shortfalls;
            assert_eq!(shortfalls.contains(&Shortfall::BootPartitions), said, "{bus:?}");
        }
    }

    #[test]
    fn an_overwrite_never_reads_purge() {
        let mut evidence = good();
        evidence.planned.method = Method::Purge;
        assert_eq!(conclude(&evidence).method, Some(Method::Clear));
    }

    /// Every single thing that can be wrong, and the verdict it must lead to.
    #[test]
    fn each_flaw_alone_is_enough() {
        type Flaw = (Shortfall, fn(&mut Evidence));
        let flaws: &[Flaw] = &[
            (Shortfall::Aborted, |e| e.ending = Ending::Aborted),
            (Shortfall::Incomplete, |e| e.ending = Ending::Incomplete),
            (Shortfall::RunFailed, |e| e.ending = Ending::Failed { reason: "gone".into() }),
            (Shortfall::PassesMissing, |e| e.passes.clear()),
            (Shortfall::PassesMissing, |e| e.passes.push(e.passes[0].clone())),
            (Shortfall::PatternDiffers, |e| e.passes[0].pattern = Pass::Zeros),
            (Shortfall::BlocksNotWritten, |e| {
                e.passes[0].not_written = one_block();
                e.passes[0].written_bytes -= 4096;
            }),
            (Shortfall::BlocksNotWritten, |e| e.passes[0].not_written.count = 1),
            (Shortfall::CoverageUnproven, |e| e.passes[0].written_bytes -= 512),
            (Shortfall::CoverageUnproven, |e| e.passes[0].written_bytes += 512),
            (Shortfall::CoverageUnproven, |e| e.passes[0].written_bytes = u64::MAX),
            (Shortfall::CoverageUnproven, |e| {
                e.drive.capacity_bytes = 0;
                e.passes[0].written_bytes = 0;
            }),
            (Shortfall::NotFlushed, |e| e.passes[0].flushed = false),
            (Shortfall::KeyDiffers, |e| e.passes[0].key = None),
            (Shortfall::KeyDiffers, |e| {
                e.passes[0].key.as_mut().unwrap().revealed = Some("00".repeat(16));
            }),
            (Shortfall::KeyDiffers, |e| {
                e.passes[0].key = Some(CipherKey { sha256: "00".into(), revealed: None });
            }),
            (Shortfall::NotVerified, |e| e.planned.verify = VerifyMode::None),
            (Shortfall::VerificationUnfinished, |e| e.verification = None),
            (Shortfall::VerificationUnfinished, |e| {
                e.verification.as_mut().unwrap().read_bytes -= 512;
            }),
            (Shortfall::VerificationUnfinished, |e| {
                e.verification.as_mut().unwrap().mode = VerifyMode::Quick;
            }),
            (Shortfall::VerificationUnfinished, |e| {
                e.verification.as_mut().unwrap().seed = "11".into();
            }),
            (Shortfall::BlocksUnreadable, |e| {
                let verification = e.verification.as_mut().unwrap();
                verification.unreadable = one_block();
                verification.read_bytes -= 4096;
            }),
            (Shortfall::BlocksDiffer, |e| {
                e.verification.as_mut().unwrap().mismatches.push_with(|| Finding {
                    lba: 1,
                    expected: String::new(),
                    found_keyed_digest: String::new(),
                });
            }),
            (Shortfall::BlocksDiffer, |e| e.verification.as_mut().unwrap().mismatches.count = 1),
            (Shortfall::PageCache, |e| e.direct_io = false),
            (Shortfall::AfterCheckMissing, |e| e.aftermath = None),
            (Shortfall::DriveChanged, |e| e.aftermath.as_mut().unwrap().same_drive = false),
            (Shortfall::CapacityChanged, |e| e.aftermath.as_mut().unwrap().capacity_bytes -= 512),
        ];
        for (shortfall, flaw) in flaws {
            let mut evidence = good();
            flaw(&mut evidence);
            let conclusion = conclude(&evidence);
            assert!(conclusion.shortfalls.contains(shortfall), "{shortfall:?}: {conclusion:?}");
            assert_ne!(conclusion.verdict, Verdict::Sanitized, "{shortfall:?}");
            assert_eq!(conclusion.method, None, "{shortfall:?}");
            let expected = match shortfall.severity() {
                Severity::Doubt => Verdict::Indeterminate,
                _ => Verdict::NotSanitized,
            };
            assert_eq!(conclusion.verdict, expected, "{shortfall:?}");
        }
    }

    #[test]
    fn limits_are_said_and_do_not_fail() {
        let mut evidence = good();
        evidence.drive.medium = Medium::Ssd;
        evidence.hidden = Hidden::untouched(unknown());
        evidence.planned.verify = VerifyMode::Sample;
        let seed = [0x11; 32];
        let design = Design::new(VerifyMode::Sample, evidence.drive.capacity_bytes, 512, &seed);
        let verification = evidence.verification.as_mut().unwrap();
        (verification.mode, verification.read_bytes) = (VerifyMode::Sample, design.bytes());
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.verdict, Verdict::Sanitized);
        for limit in [Shortfall::Sampled, Shortfall::SpareBlocks, Shortfall::HiddenAreas] {
            assert!(conclusion.shortfalls.contains(&limit), "{limit:?}");
        }
        // Cut off in between, a sample is not enough; everything read back is.
        let whole = evidence.drive.capacity_bytes;
        evidence.interruptions = vec![Interruption { resumed_at: at(5), pass: 0, offset: 1 << 20 }];
        assert_eq!(conclude(&evidence).verdict, Verdict::Indeterminate);
        let verification = evidence.verification.as_mut().unwrap();
        (verification.mode, verification.read_bytes) = (VerifyMode::Full, whole);
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.verdict, Verdict::Sanitized);
        assert!(conclusion.shortfalls.contains(&Shortfall::Interrupted));
        evidence.drive.kind = DriveKind::DiskImage;
        evidence.direct_io = false;
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.verdict, Verdict::Sanitized);
        assert!(conclusion.shortfalls.contains(&Shortfall::DiskImage));
    }

    /// What makes evidence worse, or takes some of it away. `n` says how and where.
    type Worsen = fn(&mut Evidence, u64);
    const WORSE: &[Worsen] = &[
        |e, n| {
            if e.ending == Ending::Completed {
                e.ending = match n % 3 {
                    0 => Ending::Aborted,
                    1 => Ending::Incomplete,
                    _ => Ending::Failed { reason: String::new() },
                };
            }
        },
        |e, _| drop(e.passes.pop()),
        |e, n| pass(e, n, |pass, n| pass.written_bytes = pass.written_bytes.saturating_sub(n + 1)),
        |e, n| {
            pass(e, n, |pass, n| {
                let bytes = (n % 5000 + 1).min(pass.written_bytes);
                pass.written_bytes -= bytes;
                pass.not_written.push(Range { offset: n, bytes });
            });
        },
        |e, n| pass(e, n, |pass, _| pass.flushed = false),
        |e, n| {
            pass(e, n, |pass, n| match &mut pass.key {
                Some(key) if n % 3 == 0 => key.sha256 = "00".repeat(32),
                Some(key) if n % 3 == 1 => key.revealed = Some("00".repeat(16)),
                _ => pass.key = None,
            });
        },
        |e, n| pass(e, n, |pass, _| pass.pattern = Pass::Byte { value: 7 }),
        |e, n| read(e, |read| read.read_bytes = read.read_bytes.saturating_sub(n + 1)),
        |e, n| {
            read(e, |read| {
                let bytes = (n % 5000 + 1).min(read.read_bytes);
                read.read_bytes -= bytes;
                read.unreadable.push(Range { offset: n, bytes });
            });
        },
        |e, _| read(e, |read| read.mismatches.count += 1),
        |e, _| read(e, |read| read.seed.clear()),
        |e, _| read(e, |read| read.mode = VerifyMode::Quick),
        |e, _| e.planned.verify = VerifyMode::None,
        |e, _| e.direct_io = false,
        |e, n| {
            if let Some(after) = &mut e.aftermath {
                match n % 2 {
                    0 => after.same_drive = false,
                    _ => after.capacity_bytes = n,
                }
            }
        },
        |e, n| {
            e.interruptions.push(Interruption { resumed_at: at(0), pass: 0, offset: n });
        },
        |e, _| e.drive.medium = Medium::Unknown,
        |e, n| match e.hidden.after {
            HiddenArea::None if n % 2 == 0 => e.hidden.after = unknown(),
            _ => e.hidden.after = present(),
        },
        |e, n| e.hidden.before = HiddenArea::Present { accessible: 1, native: n },
        |e, _| e.verification = None,
        |e, _| e.aftermath = None,
    ];

    /// The last two take away what may have told of a failure: then nothing is known of it.
    const TAKES_AWAY: usize = WORSE.len() - 2;

    fn pass(evidence: &mut Evidence, n: u64, worsen: fn(&mut PassEvidence, u64)) {
        let passes = evidence.passes.len().max(1);
        if let Some(pass) = evidence.passes.get_mut(n as usize % passes) {
            worsen(pass, n);
        }
    }

    fn read(evidence: &mut Evidence, worsen: impl FnOnce(&mut VerificationEvidence)) {
        if let Some(read) = &mut evidence.verification {
            worsen(read);
        }
    }

    fn rank(evidence: &Evidence) -> u8 {
        match conclude(evidence).verdict {
            Verdict::NotSanitized => 0,
            Verdict::Indeterminate => 1,
            Verdict::Sanitized => 2,
        }
    }

    proptest::proptest! {
        /// However the evidence came to be: what makes it worse never makes the verdict better.
        #[test]
        fn worse_evidence_never_gives_a_better_verdict(
            three in proptest::prelude::any::<bool>(),
            steps in proptest::collection::vec((0..WORSE.len(), 0_u64..1 << 40), 1..8)
        ) {
            let mut evidence = good();
            if three {
                let zeros = PassEvidence {
                    pattern: Pass::Zeros, key: None, ..evidence.passes[0].clone()
                };
                let ones = PassEvidence { pattern: Pass::Ones, ..zeros.clone() };
                evidence.passes.splice(0..0, [zeros, ones]);
                evidence.planned.scheme = "dod-short-3".parse().unwrap();
            }
            proptest::prop_assert_eq!(rank(&evidence), 2);
            for (which, n) in steps {
                let before = rank(&evidence);
                WORSE[which](&mut evidence, n);
                let after = rank(&evidence);
                if which >= TAKES_AWAY {
                    proptest::prop_assert!(after < 2, "{}: sanitized without it", which);
                } else {
                    proptest::prop_assert!(after <= before, "{which} {n}: {before} to {after}");
                }
            }
        }
    }
}
