//! What follows from an erase by the drive's own firmware: it is believed only with markers that
//! were planted before and are gone afterwards.

use crate::model::{
    Completion, FirmwareErase, LEAST_MARKERS, Markers, Medium, Method, Reset, Severity, Shortfall,
};

/// What one technique came to.
pub(super) struct Step {
    /// The method that it proves; none if anything speaks against it.
    pub(super) claim: Option<Method>,
    /// What speaks against it, and its limits.
    pub(super) gaps: Vec<Shortfall>,
}

impl Step {
    /// Whether something was found afterwards that was to be gone.
    pub(super) fn left_something(&self) -> bool {
        [Shortfall::MarkersSurvived, Shortfall::DataSurvived]
            .iter()
            .any(|survived| self.gaps.contains(survived))
    }
}

/// Judges one erase.
pub(super) fn judge(erase: &FirmwareErase, medium: Medium) -> Step {
    let mut gaps = Vec::new();
    match &erase.completion {
        Completion::Completed { witness: Some(_) } => {}
        Completion::Completed { witness: None } => gaps.push(Shortfall::EraseNotWitnessed),
        Completion::Rejected { .. } => gaps.push(Shortfall::CommandRejected),
        Completion::Failed { .. } => gaps.push(Shortfall::EraseFailed),
        Completion::Unknown { .. } => gaps.push(Shortfall::EraseUnconfirmed),
    }
    let completed = matches!(erase.completion, Completion::Completed { .. });
    if completed && !matches!(erase.reset, Some(Reset::Done { .. })) {
        gaps.push(Shortfall::NotReset);
    }
    match &erase.markers {
        None => gaps.push(Shortfall::MarkersMissing),
        Some(markers) => looked_for(markers, &mut gaps),
    }
    let proven = gaps.iter().all(|gap| gap.severity() == Severity::Limit);
    if proven {
        gaps.push(Shortfall::BeyondFirmware);
        if erase.technique.is_cryptographic() {
            gaps.push(Shortfall::KeyHistory);
        }
    }
    Step { claim: proven.then(|| erase.technique.claims(medium)), gaps }
}

fn looked_for(markers: &Markers, gaps: &mut Vec<Shortfall>) {
    if markers.survived.count > 0 || !markers.survived.blocks.is_empty() {
        gaps.push(Shortfall::MarkersSurvived);
    }
    if markers.unchanged.count > 0 || !markers.unchanged.blocks.is_empty() {
        gaps.push(Shortfall::DataSurvived);
    }
    if markers.planted < LEAST_MARKERS || markers.planted != markers.wanted {
        gaps.push(Shortfall::MarkersMissing);
    }
    let after = &markers.after;
    if markers.read_after != markers.planted
        || markers.samples_read_after != markers.sampled
        || after.unreadable > 0
        || after.blocks() == 0
    {
        gaps.push(Shortfall::MarkersUnread);
    } else if [after.zeros, after.ones].contains(&after.blocks()) {
        gaps.push(Shortfall::ReadsUniform);
    }
    if markers.unreadable_before > 0 {
        gaps.push(Shortfall::SamplesUnread);
    }
    if markers.sampled == 0 {
        gaps.push(Shortfall::OnlyMarkers);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{conclude, tests::good};
    use crate::model::{
        Completion, Content, Ending, Evidence, Finding, Findings, FirmwareErase, LEAST_MARKERS,
        Markers, Medium, Method, Reset, Shortfall, TechniqueId, Timestamp, Verdict, Witness,
    };

    fn erase(technique: TechniqueId) -> FirmwareErase {
        FirmwareErase {
            technique,
            started_at: Timestamp::from_unix(1_795_000_000),
            ended_at: Timestamp::from_unix(1_795_000_060),
            before: Vec::new(),
            exchanges: Vec::new(),
            completion: Completion::Completed { witness: Some(Witness::SeenRunning) },
            logged: None,
            reset: Some(Reset::Done { how: String::new() }),
            markers: Some(Markers {
                seed: "11".repeat(32),
                key_sha256: "22".repeat(32),
                wanted: LEAST_MARKERS,
                planted: LEAST_MARKERS,
                read_after: LEAST_MARKERS,
                survived: Findings::default(),
                sampled: 900,
                unreadable_before: 0,
                samples_read_after: 900,
                unchanged: Findings::default(),
                after: Content { zeros: 1, other: 1000, ..Content::default() },
            }),
        }
    }

    /// A block erase of an SSD, without an overwrite on top.
    fn purged() -> Evidence {
        let mut evidence = good();
        evidence.drive.medium = Medium::Ssd;
        evidence.planned.method = Method::Purge;
        evidence.planned.least = Method::Purge;
        evidence.planned.techniques = vec![TechniqueId::NvmeSanitizeBlockErase];
        evidence.firmware = vec![erase(TechniqueId::NvmeSanitizeBlockErase)];
        evidence.passes.clear();
        evidence.verification = None;
        evidence
    }

    fn one() -> Findings {
        let mut findings = Findings::default();
        findings.push_with(|| Finding {
            lba: 7,
            expected: String::new(),
            found_keyed_digest: String::new(),
        });
        findings
    }

    #[test]
    fn a_proven_block_erase_is_purge_and_says_its_limits() {
        let conclusion = conclude(&purged());
        assert_eq!(conclusion.method, Some(Method::Purge), "{conclusion:?}");
        assert_eq!(conclusion.shortfalls, [Shortfall::BeyondFirmware]);
        let mut uniform = purged();
        let markers = uniform.firmware[0].markers.as_mut().unwrap();
        markers.after = Content { zeros: 1000, ..Content::default() };
        assert!(conclude(&uniform).shortfalls.contains(&Shortfall::ReadsUniform));
        assert_eq!(conclude(&uniform).method, Some(Method::Purge));
    }

    /// What a proof does not reach is said, each for itself, and does not undo the proof.
    #[test]
    fn each_limit_is_said_alone() {
        type Limit = (Shortfall, fn(&mut FirmwareErase));
        let limits: &[Limit] = &[
            (Shortfall::SamplesUnread, |e| e.markers.as_mut().unwrap().unreadable_before = 1),
            (Shortfall::NotReset, |e| e.reset = None),
            (Shortfall::NotReset, |e| {
                e.reset = Some(Reset::NotDone { reason: String::new() });
            }),
            (Shortfall::OnlyMarkers, |e| {
                let markers = e.markers.as_mut().unwrap();
                (markers.sampled, markers.samples_read_after) = (0, 0);
            }),
        ];
        for (shortfall, limit) in limits {
            let mut evidence = purged();
            limit(&mut evidence.firmware[0]);
            let conclusion = conclude(&evidence);
            assert_eq!(conclusion.method, Some(Method::Purge), "{shortfall:?}: {conclusion:?}");
            let mut expected = [*shortfall, Shortfall::BeyondFirmware];
            expected.sort_by_key(|limit| *limit as u8);
            let mut found = conclusion.shortfalls;
            found.sort_by_key(|limit| *limit as u8);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn with_an_overwrite_on_top_both_must_hold() {
        let mut both = good();
        both.drive.medium = Medium::Ssd;
        both.planned.method = Method::Purge;
        both.planned.least = Method::Purge;
        both.planned.techniques =
            vec![TechniqueId::NvmeSanitizeCryptoErase, TechniqueId::Overwrite];
        both.firmware = vec![erase(TechniqueId::NvmeSanitizeCryptoErase)];
        let conclusion = conclude(&both);
        assert_eq!(conclusion.method, Some(Method::Purge), "{conclusion:?}");
        assert!(conclusion.shortfalls.contains(&Shortfall::KeyHistory));
        assert!(!conclusion.shortfalls.contains(&Shortfall::SpareBlocks));
        both.verification.as_mut().unwrap().mismatches = one();
        assert_eq!(conclude(&both).verdict, Verdict::NotSanitized);
    }

    /// Every single thing that can be wrong with an erase by firmware.
    #[test]
    fn each_flaw_alone_is_enough() {
        type Flaw = (Shortfall, fn(&mut FirmwareErase));
        let flaws: &[Flaw] = &[
            (Shortfall::EraseNotWitnessed, |e| {
                e.completion = Completion::Completed { witness: None };
            }),
            (Shortfall::CommandRejected, |e| {
                e.completion = Completion::Rejected { reason: String::new() };
            }),
            (Shortfall::EraseFailed, |e| {
                e.completion = Completion::Failed { reason: String::new() };
            }),
            (Shortfall::EraseUnconfirmed, |e| {
                e.completion = Completion::Unknown { reason: String::new() };
            }),
            (Shortfall::MarkersMissing, |e| e.markers = None),
            (Shortfall::MarkersMissing, |e| e.markers.as_mut().unwrap().planted -= 1),
            (Shortfall::MarkersMissing, |e| {
                let markers = e.markers.as_mut().unwrap();
                (markers.wanted, markers.planted, markers.read_after) = (256, 255, 255);
            }),
            (Shortfall::MarkersMissing, |e| {
                let markers = e.markers.as_mut().unwrap();
                (markers.wanted, markers.planted, markers.read_after) = (3, 3, 3);
            }),
            (Shortfall::MarkersSurvived, |e| e.markers.as_mut().unwrap().survived = one()),
            (Shortfall::MarkersSurvived, |e| e.markers.as_mut().unwrap().survived.count = 1),
            (Shortfall::DataSurvived, |e| e.markers.as_mut().unwrap().unchanged = one()),
            (Shortfall::MarkersUnread, |e| e.markers.as_mut().unwrap().read_after -= 1),
            (Shortfall::MarkersUnread, |e| e.markers.as_mut().unwrap().samples_read_after = 0),
            (Shortfall::MarkersUnread, |e| {
                e.markers.as_mut().unwrap().after.unreadable = 1;
            }),
            (Shortfall::MarkersUnread, |e| {
                e.markers.as_mut().unwrap().after = Content::default();
            }),
        ];
        for (shortfall, flaw) in flaws {
            let mut evidence = purged();
            flaw(&mut evidence.firmware[0]);
            let conclusion = conclude(&evidence);
            assert!(conclusion.shortfalls.contains(shortfall), "{shortfall:?}: {conclusion:?}");
            assert_ne!(conclusion.verdict, Verdict::Sanitized, "{shortfall:?}");
            assert_eq!(conclusion.method, None, "{shortfall:?}");
        }
    }

    #[test]
    fn what_survives_is_made_up_for_only_by_what_comes_later() {
        use TechniqueId::{NvmeSanitizeBlockErase, NvmeSanitizeCryptoErase, Overwrite};
        let mut evidence = purged();
        evidence.planned.techniques = vec![NvmeSanitizeCryptoErase, NvmeSanitizeBlockErase];
        let mut lies = erase(NvmeSanitizeCryptoErase);
        lies.markers.as_mut().unwrap().survived = one();
        evidence.firmware.insert(0, lies);
        assert_eq!(conclude(&evidence).method, Some(Method::Purge));
        // The other way round the last that is known of the drive is that it lies.
        for flaw in [|m: &mut Markers| m.survived = one(), |m: &mut Markers| m.unchanged = one()] {
            let mut evidence = evidence.clone();
            evidence.firmware = vec![erase(NvmeSanitizeCryptoErase), erase(NvmeSanitizeBlockErase)];
            flaw(evidence.firmware[1].markers.as_mut().unwrap());
            assert_eq!(conclude(&evidence).verdict, Verdict::NotSanitized);
            // An overwrite on top reaches less than what it would have to make up for.
            evidence.planned.techniques.push(Overwrite);
            evidence.passes = good().passes;
            evidence.verification = good().verification;
            assert_eq!(conclude(&evidence).verdict, Verdict::NotSanitized);
        }
    }

    #[test]
    fn numbers_that_cannot_be_do_not_stop_the_judge() {
        let most = u64::MAX;
        let mut evidence = purged();
        evidence.firmware[0].markers = Some(Markers {
            wanted: most,
            planted: most,
            read_after: most,
            sampled: most,
            samples_read_after: most,
            after: Content { zeros: most, ones: most, repeating: most, other: most, unreadable: 1 },
            ..Markers::default()
        });
        assert_ne!(conclude(&evidence).verdict, Verdict::Sanitized);
    }

    #[test]
    fn what_was_not_planned_or_not_done_proves_nothing() {
        let mut missing = purged();
        missing.firmware.clear();
        let mut other = purged();
        other.firmware[0].technique = TechniqueId::NvmeSanitizeCryptoErase;
        let mut twice = purged();
        twice.firmware.push(twice.firmware[0].clone());
        let mut nothing = purged();
        nothing.planned.techniques.clear();
        nothing.firmware.clear();
        let mut aborted = purged();
        aborted.ending = Ending::Aborted;
        for evidence in [missing, other, twice, nothing, aborted] {
            let conclusion = conclude(&evidence);
            assert_eq!(conclusion.verdict, Verdict::NotSanitized, "{conclusion:?}");
            assert_eq!(conclusion.method, None);
        }
        // Passes that nobody planned are a run that was another.
        let mut passes = purged();
        passes.passes = good().passes;
        assert_ne!(conclude(&passes).verdict, Verdict::Sanitized);
    }

    #[test]
    fn a_format_is_clear_and_no_more() {
        let mut evidence = purged();
        evidence.planned.techniques = vec![TechniqueId::NvmeFormatUserDataErase];
        evidence.firmware = vec![erase(TechniqueId::NvmeFormatUserDataErase)];
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.verdict, Verdict::NotSanitized);
        assert!(conclusion.shortfalls.contains(&Shortfall::MethodNotReached));
        // The policy decides whether that is enough, and the certificate says so.
        evidence.planned.least = Method::Clear;
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.method, Some(Method::Clear));
        assert!(conclusion.shortfalls.contains(&Shortfall::FellBack));
        assert!(conclusion.shortfalls.contains(&Shortfall::SpareBlocks));
    }

    #[test]
    fn a_step_that_failed_counts_only_where_the_rest_is_not_enough() {
        let rejected = |technique| FirmwareErase {
            completion: Completion::Rejected { reason: String::new() },
            markers: None,
            ..erase(technique)
        };
        let mut evidence = purged();
        evidence.planned.techniques =
            vec![TechniqueId::NvmeSanitizeCryptoErase, TechniqueId::NvmeSanitizeBlockErase];
        evidence.firmware.insert(0, rejected(TechniqueId::NvmeSanitizeCryptoErase));
        let conclusion = conclude(&evidence);
        assert_eq!(conclusion.method, Some(Method::Purge));
        assert!(conclusion.shortfalls.contains(&Shortfall::StepFailed));
        assert!(!conclusion.shortfalls.contains(&Shortfall::KeyHistory), "{conclusion:?}");
        // An overwrite does not make up for it, unless the policy says so.
        let mut fallen = good();
        fallen.drive.medium = Medium::Ssd;
        fallen.planned.method = Method::Purge;
        fallen.planned.least = Method::Purge;
        fallen.planned.techniques =
            vec![TechniqueId::NvmeSanitizeBlockErase, TechniqueId::Overwrite];
        fallen.firmware = vec![rejected(TechniqueId::NvmeSanitizeBlockErase)];
        assert_eq!(conclude(&fallen).verdict, Verdict::NotSanitized);
        fallen.planned.least = Method::Clear;
        let conclusion = conclude(&fallen);
        assert_eq!(conclusion.method, Some(Method::Clear));
        assert!(conclusion.shortfalls.contains(&Shortfall::FellBack));
    }
}
