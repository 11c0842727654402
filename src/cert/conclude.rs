//! From evidence to verdict: the rules, once. The tool runs them when it makes a certificate, and
//! every verifier runs them again over the evidence in it.
//!
//! Pure and total. Missing evidence never improves a verdict: whatever was not shown counts as
//! not done.

use sha2::{Digest as _, Sha256};

use crate::model::{
    CipherKey, Conclusion, DriveKind, Ending, Evidence, Medium, Method, Pass, PassEvidence,
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
    passes(evidence, &mut shortfalls);
    verification(evidence, &mut shortfalls);
    aftermath(evidence, &mut shortfalls);
    limits(evidence, &mut shortfalls);

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
    let method = (verdict == Verdict::Sanitized).then_some(match evidence.planned.technique {
        // Whatever was asked for: host writes reach Clear and no more.
        TechniqueId::Overwrite => Method::Clear,
    });
    Conclusion { verdict, method, shortfalls }
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
        return;
    }
    let Some(verification) = &evidence.verification else {
        found.push(Shortfall::VerificationUnfinished);
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
            }
        }
    }
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
    (verification.mode == evidence.planned.verify).then(|| {
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

fn limits(evidence: &Evidence, found: &mut Vec<Shortfall>) {
    let drive = &evidence.drive;
    match (drive.kind, drive.medium) {
        (DriveKind::DiskImage, _) => found.push(Shortfall::DiskImage),
        (DriveKind::BlockDevice, Medium::Virtual) => found.push(Shortfall::VirtualDrive),
        (DriveKind::BlockDevice, medium) => {
            found.push(Shortfall::HiddenAreas);
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
mod tests {
    use super::*;
    use crate::model::{
        Aftermath, Finding, Interruption, Planned, Range, RangeList, Timestamp, test_identity,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_795_000_000 + seconds)
    }

    /// Evidence of a run in which everything went well: random, then full read-back.
    fn good() -> Evidence {
        let drive = test_identity();
        let capacity = drive.capacity_bytes;
        let key = [7_u8; 16];
        Evidence {
            planned: Planned {
                plan_digest: "00".repeat(32),
                method: Method::Clear,
                technique: TechniqueId::Overwrite,
                scheme: "random".parse().unwrap(),
                verify: VerifyMode::Full,
            },
            engine: "sequential".to_owned(),
            direct_io: true,
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
        assert_eq!(conclusion.shortfalls, [Shortfall::HiddenAreas]);
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
        evidence.planned.verify = VerifyMode::Sample;
        let seed = [0x11; 32];
        let design = Design::new(VerifyMode::Sample, evidence.drive.capacity_bytes, 512, &seed);
        let verification = evidence.verification.as_mut().unwrap();
        (verification.mode, verification.read_bytes) = (VerifyMode::Sample, design.bytes());
        evidence.interruptions = vec![Interruption { resumed_at: at(5), pass: 0, offset: 1 << 20 }];
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.verdict, Verdict::Sanitized);
        for limit in [
            Shortfall::Sampled,
            Shortfall::SpareBlocks,
            Shortfall::HiddenAreas,
            Shortfall::Interrupted,
        ] {
            assert!(conclusion.shortfalls.contains(&limit), "{limit:?}");
        }
        evidence.drive.kind = DriveKind::DiskImage;
        evidence.direct_io = false;
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.verdict, Verdict::Sanitized);
        assert!(conclusion.shortfalls.contains(&Shortfall::DiskImage));
    }
}
