//! Reports on machines beside the certificates that they name: one must not say what the other
//! denies. Nobody else joins the two, and a machine leaves as complete by its report.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::complete::Document;
use super::judgement::Judgement;
use crate::cert::{Decision, MachineDrive, VerifiedCertificate};
use crate::model::{Blankness, Identity, Outcome, Verdict};

/// What a document is to a report on a machine.
pub(super) enum Part {
    /// One that a line may name.
    Named(Box<Named>),
    /// A report itself, with its lines.
    Report(Vec<MachineDrive>),
}

/// What is kept of a document that a line may name.
pub(super) struct Named {
    file: String,
    /// The drive without what changes from one day to the next.
    drive: Option<Identity>,
    /// The best that it proves.
    proves: Option<Outcome>,
    is_understood: bool,
    /// A person's word against it.
    refused: Option<String>,
}

impl Part {
    pub(super) fn of(document: &VerifiedCertificate, judgement: &Judgement) -> Self {
        if let Some(lines) = document.machine_drives() {
            return Self::Report(lines.to_vec());
        }
        let sanitized = document.conclusion().filter(|it| it.verdict == Verdict::Sanitized);
        let blank = document.inspection().filter(|(_, found)| found.verdict == Blankness::Blank);
        let refused = judgement.validations.first();
        let refused = refused.filter(|newest| newest.decision != Decision::Accepted);
        Self::Named(Box::new(Named {
            file: judgement.path.clone(),
            drive: document.drive().map(lasting),
            proves: sanitized
                .map(|_| Outcome::Sanitized)
                .or_else(|| blank.map(|_| Outcome::FoundBlank)),
            is_understood: document.missing().is_empty(),
            refused: refused.map(|it| format!("{} by {}", it.decision, it.decided_by)),
        }))
    }
}

/// A drive without its attachment and the record of sources.
fn lasting(drive: &Identity) -> Identity {
    Identity { diskseq: None, sources: BTreeMap::new(), ..drive.clone() }
}

/// All reports, which wait for the documents that they name, and those.
#[derive(Default)]
pub(super) struct Machines {
    named: HashMap<String, Named>,
    reports: Vec<(Judgement, Document, Vec<MachineDrive>)>,
}

impl Machines {
    /// Takes note of a document; a report is kept back until all others are known.
    pub(super) fn note(
        &mut self,
        judgement: Judgement,
        document: Document,
        part: Part,
    ) -> Option<(Judgement, Document)> {
        match part {
            Part::Report(lines) => {
                self.reports.push((judgement, document, lines));
                None
            }
            Part::Named(named) => {
                if let Some(digest) = &judgement.digest {
                    self.named.insert(digest.clone(), *named);
                }
                Some((judgement, document))
            }
        }
    }

    /// The reports, judged again by what they name.
    pub(super) fn settled(self) -> impl Iterator<Item = (Judgement, Document)> {
        let Self { named, reports } = self;
        reports
            .into_iter()
            .map(move |(judgement, document, lines)| (settle(&named, judgement, &lines), document))
    }
}

fn settle(
    documents: &HashMap<String, Named>,
    judgement: Judgement,
    lines: &[MachineDrive],
) -> Judgement {
    let (mut against, mut lacks, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for line in lines {
        let Some(digest) = &line.certificate_digest else { continue };
        let drive = line.named();
        if !seen.insert(digest) {
            against.push(format!("{drive} has the same certificate as another drive in it"));
        }
        let Some(named) = documents.get(digest) else { continue };
        let file = &named.file;
        let claims =
            line.outcome.filter(|it| [Outcome::Sanitized, Outcome::FoundBlank].contains(it));
        if !named.is_understood {
            lacks.push(format!("{drive} has a certificate that is incomplete, {file}"));
        } else if named.drive != line.drive.as_ref().map(lasting) {
            against.push(format!("{drive} is not the drive that its certificate is about, {file}"));
        } else if claims.is_some() && claims != named.proves {
            against.push(format!("{drive} is not what its certificate says of it, {file}"));
        } else if let Some(refused) = &named.refused {
            lacks.push(format!("{drive} has a certificate that was {refused}, {file}"));
        }
    }
    match against.is_empty() {
        true => judgement.lacking(lacks),
        false => judgement.rejected(against.join("; "), "machine-mismatch"),
    }
}
