//! All in all: how many of each, and whether anything is missing.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::Exit;
use super::super::complete::Completeness;
use super::super::console::Console;
use super::judgement::{Judgement, Word};
use crate::cert::Decision;
use crate::model::{Blankness, DriveKind, Verdict};

/// What was found. A copy counts as judged, and as nothing else twice.
#[derive(Default)]
pub(super) struct Tally {
    verdicts: BTreeMap<Word, usize>,
    sanitized: usize,
    images: usize,
    found_blank: usize,
    not_found_blank: usize,
    to_be_destroyed: usize,
    copies: usize,
    same_beside: usize,
    certificates: usize,
    /// The newest decision on each document.
    decisions: BTreeMap<Decision, usize>,
    exits: Vec<Exit>,
}

impl Tally {
    pub(super) fn count(&mut self, judgement: &Judgement) {
        *self.verdicts.entry(judgement.verdict).or_default() += 1;
        self.certificates += usize::from(judgement.is_certificate);
        self.exits.push(judgement.exit);
        if judgement.copy_of.is_some() {
            self.copies += 1;
            return;
        }
        let newest = judgement.validations.first();
        if let Some(newest) = newest {
            *self.decisions.entry(newest.decision).or_default() += 1;
        }
        if judgement.verdict != Word::Authentic {
            return;
        }
        // What a person refused does not leave as sanitized.
        let stands = newest.is_none_or(|newest| newest.decision == Decision::Accepted);
        if judgement.conclusion == Some(Verdict::Sanitized) && stands {
            self.sanitized += 1;
            self.images += usize::from(judgement.drive_kind == Some(DriveKind::DiskImage));
        }
        match judgement.found {
            Some(Blankness::Blank) => self.found_blank += 1,
            Some(Blankness::NotBlank | Blankness::Unknown) => self.not_found_blank += 1,
            None => {}
        }
        self.to_be_destroyed += usize::from(judgement.to_be_destroyed);
    }

    /// A page that holds the same as the certificate beside it.
    pub(super) fn same_beside(&mut self) {
        self.same_beside += 1;
    }

    pub(super) const fn has_certificates(&self) -> bool {
        self.certificates > 0
    }

    /// Whether there is something, and all of it was read and understood.
    pub(super) fn is_whole(&self) -> bool {
        self.judged() > 0 && self.judged() == self.of(Word::Authentic)
    }

    pub(super) fn exit(&self) -> Exit {
        Exit::gravest(self.exits.iter().copied())
    }

    fn judged(&self) -> usize {
        self.verdicts.values().sum()
    }

    fn of(&self, word: Word) -> usize {
        self.verdicts.get(&word).copied().unwrap_or_default()
    }

    fn decided(&self, decision: Decision) -> usize {
        self.decisions.get(&decision).copied().unwrap_or_default()
    }

    /// Tells it; `complete` says whether nothing is missing, if that was asked, and `others` how
    /// many files were not looked at.
    pub(super) fn tell(&self, console: &Console, complete: Option<Completeness>, others: usize) {
        let (completeness, until) = match complete {
            None => ("not checked", None),
            Some(Completeness::Complete { until }) => ("complete", until),
            Some(Completeness::Incomplete) => ("INCOMPLETE", None),
        };
        let Self { sanitized, images, same_beside, .. } = self;
        let (judged, authentic) = (self.judged(), self.of(Word::Authentic));
        let (incomplete, rejected) = (self.of(Word::AuthenticIncomplete), self.of(Word::Rejected));
        let unreadable = self.of(Word::Unreadable);
        let [accepted, escalated, refused] =
            [Decision::Accepted, Decision::Escalated, Decision::Rejected]
                .map(|it| self.decided(it));
        console.json(&json!({
            "event": "summary",
            "judged": judged,
            "authentic": authentic,
            "authenticIncomplete": incomplete,
            "rejected": rejected,
            "unreadable": unreadable,
            "sanitized": sanitized,
            "sanitizedDiskImages": images,
            "foundBlank": self.found_blank,
            "notFoundBlank": self.not_found_blank,
            "toBeDestroyed": self.to_be_destroyed,
            "copies": self.copies,
            "sameBeside": same_beside,
            "otherFiles": others,
            "validations": { "accepted": accepted, "escalated": escalated, "rejected": refused },
            "completeness": completeness.to_lowercase(),
            "completeUntil": until,
        }));
        if console.is_json() {
            return;
        }
        if *same_beside > 0 {
            console.line(&format!(
                "Pages that hold the same as the certificate beside them: {same_beside}"
            ));
        }
        if accepted + escalated + refused > 0 {
            console.line(&format!(
                "Decided by people: {accepted} accepted, {escalated} escalated, {refused} rejected"
            ));
        }
        if others > 0 {
            console.line(&format!("Other files, not looked at: {others}"));
        }
        let (blank, not_blank, destroy) =
            (self.found_blank, self.not_found_blank, self.to_be_destroyed);
        if blank + not_blank + destroy > 0 {
            console.line(&format!(
                "Not erased by us: {blank} found blank, {not_blank} not found blank, {destroy} to be \
                 destroyed"
            ));
        }
        console.line(&format!(
            "{judged} judged: {authentic} authentic ({sanitized} sanitized, {images} of them disk \
             images), {incomplete} incomplete, {rejected} rejected, {unreadable} unreadable; \
             completeness: {completeness}{}",
            until.map(|until| format!(" until {until}")).unwrap_or_default()
        ));
    }
}
