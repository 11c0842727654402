//! `nulstil verify`: the auditor's command.

mod judgement;
mod machines;
mod tally;
mod twins;

use std::collections::HashMap;

use super::args::VerifyArgs;
use super::code::Code;
use super::complete::{Completeness, Document, Known};
use super::console::Console;
use super::decisions::Decisions;
use super::files::read_beginning;
use super::sources::{self, Found, Pass, Source};
use super::{Exit, Stop, trust};
use crate::cert::{Rejection, Trust, VerifiedCertificate, Verifier, ending};
use crate::clock;
use crate::log::Inclusion;
use crate::model::Timestamp;
use judgement::Judgement;
use machines::{Machines, Part};
use tally::Tally;
use twins::{Meeting, Twins};

/// How many documents are judged before what was found is told, and how many bytes of them are
/// held in memory, out of archives.
const BATCH: usize = 1024;
const BATCH_BYTES: usize = 16 << 20;

pub(super) fn verify(console: &Console, args: &VerifyArgs) -> Result<Exit, Stop> {
    let trust = trust::with_witnesses(trust::load(console, &args.trust)?, &args.witness)?;
    let now = clock::now();
    let code = args.qr.as_ref().map(|text| Code::read(args, text, &trust, now)).transpose()?;
    match code {
        // Alone it says what it says, and nothing else is asked for.
        Some(code) if args.paths.is_empty() => Ok(code.tell(console, false)),
        code => files(console, args, &trust, now, code),
    }
}

/// Judges the files that are named, and a code beside them if there is one.
fn files(
    console: &Console,
    args: &VerifyArgs,
    trust: &Trust,
    now: Timestamp,
    mut code: Option<Code>,
) -> Result<Exit, Stop> {
    let verifier = Verifier::new(trust, now);
    let mut teller = Teller::new(console);

    // What people decided is known before what they decided on is judged, and told after it.
    let (mut decisions, mut decided) = (Decisions::default(), Vec::new());
    // So are the trust lists that lie there: with an older one nothing is judged.
    let mut lists = trust::Lists::of(trust.root);
    if let Some(path) = &args.trust.trust {
        let bytes = read_beginning(path).map_err(|error| Stop::usage(format!("{error}.")))?;
        let added = lists.add(console, &path.to_string_lossy(), &bytes);
        added.map_err(|why| Stop::usage(format!("--trust {}: {why}.", path.display())))?;
    }
    let endings: &[&str] = if args.complete { &ending::SESSION } else { &ending::DRIVES };
    let endings = [endings, &[ending::PAGE]].concat();
    let mut beyond = Beyond::default();
    let first = sources::all(&args.paths, &endings, Pass::First);
    in_batches(first.filter_map(|found| beyond.note(found)), |batch| {
        let is_list = |source: &&Source| source.is_list();
        let (found, batch): (Vec<&Source>, Vec<&Source>) = batch.iter().partition(is_list);
        for source in found {
            match source.read() {
                Ok(bytes) => match lists.add(console, &source.name, &bytes) {
                    Ok(()) => {}
                    Err(why) => decided.push(Err(Box::new(Judgement::no_list(&source.name, &why)))),
                },
                Err(why) => decided.push(Err(Box::new(Judgement::unreadable(&source.name, why)))),
            }
        }
        let read = on_all_cores(&batch, |source| read(source, &verifier));
        for (source, read) in batch.iter().zip(read) {
            if let Ok(document) = &read {
                decisions.add(&source.name, document);
            }
            decided.push(read.map(|document| {
                let name = &source.name;
                (Judgement::of(name, &document), Document::of(name, &document))
            }));
        }
    });
    lists.check(trust.list.as_ref())?;
    let mut machines = Machines::default();
    let rest = sources::all(&args.paths, &endings, Pass::Rest);
    in_batches(rest.filter_map(|found| beyond.note(found)), |batch| {
        for read in on_all_cores(batch, |source| {
            read(source, &verifier).map(|document| {
                let (name, found) = (&source.name, decisions.on(&document, now));
                let judgement = Judgement::of(name, &document).decided(found.held);
                let about = code.as_ref().map(|code| code.is_about(&document));
                let part = Part::of(&document, &judgement);
                (judgement, Document::of(name, &document), part, found.wrong, about)
            })
        }) {
            match read {
                Err(judgement) => teller.tell(*judgement, None),
                Ok((judgement, document, part, wrong, about)) => {
                    teller.named.wrong.extend(wrong);
                    if let (Some(code), Some(about)) = (&mut code, about) {
                        code.note(&judgement.path, about);
                    }
                    if let Some((judgement, document)) = machines.note(judgement, document, part) {
                        teller.tell(judgement, Some(document));
                    }
                }
            }
        }
    });
    for (judgement, document) in machines.settled() {
        teller.tell(judgement, Some(document));
    }
    for read in decided {
        match read {
            Err(judgement) => teller.tell(*judgement, None),
            Ok((judgement, document)) => {
                let settled = teller.named.settle(judgement);
                teller.tell(settled, Some(document));
            }
        }
    }
    let Teller { tally, known, .. } = teller;
    let mut exits = vec![tally.exit()];
    if !tally.has_certificates() {
        console.error(
            "No certificate was found; name certificates, pages or ZIPs of them, or a folder with \
             *.cert.json.",
        );
        exits.push(Exit::Rejected);
    }
    // What is not understood, or not even read, may be what is missing.
    let complete = match args.complete {
        true => {
            let found = known.complete(console, args.log.as_deref(), trust)?;
            let whole = tally.is_whole() && beyond.links.is_empty();
            Some(if whole { found } else { Completeness::Incomplete })
        }
        false => None,
    };
    if complete == Some(Completeness::Incomplete) {
        exits.push(Exit::Incomplete);
    }
    for link in &beyond.links {
        console.error(&format!(
            "{link} is a link to a folder, or to nowhere, and was not followed; name what it leads \
             to."
        ));
    }
    exits.extend(code.map(|code| code.tell(console, true)));
    tally.tell(console, complete, beyond.files());
    Ok(Exit::gravest(exits))
}

/// What was found at the places that were named, and not looked at.
#[derive(Default)]
struct Beyond {
    others: usize,
    links: Vec<String>,
}

impl Beyond {
    /// The document, if it is one.
    fn note(&mut self, found: Found) -> Option<Source> {
        match found {
            Found::Document(source) => return Some(source),
            Found::Other => self.others += 1,
            Found::Link(name) => self.links.push(name),
        }
        None
    }

    const fn files(&self) -> usize {
        self.others + self.links.len()
    }
}

/// Tells what was found out, one document after the other, and keeps what is asked of all of them.
struct Teller<'a> {
    console: &'a Console,
    twins: Twins,
    tally: Tally,
    known: Known,
    named: Named,
}

impl<'a> Teller<'a> {
    fn new(console: &'a Console) -> Self {
        Self {
            console,
            twins: Twins::default(),
            tally: Tally::default(),
            known: Known::default(),
            named: Named::default(),
        }
    }

    fn tell(&mut self, judgement: Judgement, document: Option<Document>) {
        let judgement = match self.twins.meet(judgement) {
            Meeting::Same => return self.tally.same_beside(),
            Meeting::Other(judgement) => judgement,
            Meeting::First(judgement) => {
                self.known.extend(document);
                self.named.note(&judgement);
                judgement
            }
        };
        self.console.json(&judgement);
        if !self.console.is_json() {
            self.console.line(&judgement.line());
        }
        if judgement.exit != Exit::Done {
            self.console.error(&judgement.sentence());
        }
        self.tally.count(&judgement);
    }
}

/// Does `work` on as many documents at a time as are held in memory at once.
fn in_batches(mut sources: impl Iterator<Item = Source>, mut work: impl FnMut(&[Source])) {
    loop {
        let (mut batch, mut held) = (Vec::new(), 0);
        while batch.len() < BATCH && held < BATCH_BYTES {
            let Some(source) = sources.next() else { break };
            held += source.held();
            batch.push(source);
        }
        if batch.is_empty() {
            return;
        }
        work(&batch);
    }
}

/// Does `work` on every item, on as many cores as there are, and gives the results in order.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let part = items.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(part)
            .map(|part| scope.spawn(|| part.iter().map(&work).collect::<Vec<_>>()))
            .collect();
        // A panic of ours is a fault of this program and ends it here as it would without threads.
        parts
            .into_iter()
            .flat_map(|part| match part.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

/// Reads and checks one document. The error says why it proves nothing.
fn read(source: &Source, verifier: &Verifier<'_>) -> Result<VerifiedCertificate, Box<Judgement>> {
    let name = &source.name;
    let bytes = source.read().map_err(|reason| Box::new(Judgement::unreadable(name, reason)))?;
    let document = genuine(source, &bytes, verifier).map_err(|rejection| {
        Box::new(Judgement::empty(name).rejected(rejection.to_string(), rejection.code()))
    })?;
    // By its name it is counted as what it is not, or overlooked.
    if !ending::fits(document.kind(), name) {
        let reason = format!("it is a {} under another kind's name", document.kind());
        return Err(Box::new(Judgement::empty(name).rejected(reason, "type-mismatch")));
    }
    Ok(document)
}

/// Checks a document, with the proof beside it that it is in the office's log, if there is one.
pub(super) fn genuine(
    source: &Source,
    bytes: &[u8],
    verifier: &Verifier<'_>,
) -> Result<VerifiedCertificate, Rejection> {
    // Only a trust list says whose log counts.
    let proof = verifier.trust().list.as_ref().and_then(|_| source.proof());
    let proof = proof.map(|bytes| Inclusion::parse(&bytes)).transpose()?;
    verifier.verify(bytes, proof.as_ref())
}

/// Which files hold what each validation decides on, by the validation's digest: it may lie here in
/// several copies. And which of the validations do not hold.
#[derive(Default)]
struct Named {
    on: HashMap<String, Vec<String>>,
    wrong: HashMap<String, Rejection>,
}

impl Named {
    fn note(&mut self, judgement: &Judgement) {
        for decided in &judgement.validations {
            self.on.entry(decided.digest.clone()).or_default().push(judgement.path.clone());
        }
    }

    /// What is said of a validation when all that it may decide on was judged.
    fn settle(&self, mut judgement: Judgement) -> Judgement {
        let digest = judgement.digest.as_deref().unwrap_or_default();
        if let Some(rejection) = self.wrong.get(digest) {
            let (reason, code) = (rejection.to_string(), rejection.code());
            return judgement.rejected(reason, code);
        }
        judgement.decides_on = Some(self.on.get(digest).cloned().unwrap_or_default());
        judgement
    }
}
