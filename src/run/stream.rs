//! The documents of one session, numbered and chained in the order in which they are signed.
//!
//! Nothing of it is read back later: a session that lost its power leaves a stream without an end,
//! and the next one is a stream of its own that says for which it goes on.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::certify::{self, CertifyError, Signed};
use super::journal::{RunInfo, Start};
use super::{Setup, machine_stem};
use crate::cert::document::Purpose;
use crate::cert::ending::{MACHINE, STARTED};
use crate::cert::{Begun, NOTHING_BEFORE, Place, profile};

/// The stream of a session.
pub(super) struct Stream<'a> {
    setup: &'a Setup<'a>,
    run: &'a RunInfo,
    purpose: Purpose,
    begun: Vec<Begun>,
    continues: Vec<String>,
    /// The place of the next document; none before the first.
    next: Mutex<Option<Place>>,
}

impl<'a> Stream<'a> {
    /// A stream of which nothing is signed yet. `starts` are what the session begins or goes on
    /// with.
    pub(super) fn new<'s>(
        setup: &'a Setup<'a>,
        run: &'a RunInfo,
        starts: impl Iterator<Item = &'s Start>,
    ) -> Self {
        let begun = |start: &Start| Begun {
            certificate: format!("urn:uuid:{}", start.certificate_id),
            model: start.drive.model.clone(),
            serial_number: start.drive.serial_number.clone(),
        };
        Self::of(setup, run, Purpose::Erase, starts.map(begun).collect())
    }

    /// The same for a session that erases nothing.
    pub(super) const fn of(
        setup: &'a Setup<'a>,
        run: &'a RunInfo,
        purpose: Purpose,
        begun: Vec<Begun>,
    ) -> Self {
        Self { setup, run, purpose, begun, continues: Vec::new(), next: Mutex::new(None) }
    }

    /// The same, going on for the streams in the outbox that have no end.
    pub(super) fn going_on(self) -> Self {
        Self { continues: without_end(self.setup, &self.begun), ..self }
    }

    /// Saves the first record, if that was not done yet.
    ///
    /// # Errors
    /// It could not be signed or saved.
    pub(super) fn begin(&self) -> Result<(), CertifyError> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        match self.begun(&mut next) {
            // It begins when it is signed.
            Ok(_) | Err(CertifyError::Later) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes the next document and saves it under `name`: its path, and its digest. The number is
    /// used up only if it was saved.
    ///
    /// # Errors
    /// It could not be made or saved, or the stream could not be begun.
    pub(super) fn add(
        &self,
        name: &str,
        make: impl FnOnce(&Place) -> Result<Signed, CertifyError>,
    ) -> Result<(String, String), CertifyError> {
        // Held while signing: the next document needs the digest of this one.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.begun(&mut next)?;
        let signed = make(&place)?;
        // An authorization that ran out, or a clock that was set, since the run began.
        self.setup.signer.station()?.verify(&signed.bytes)?;
        let path = certify::save(self.setup.outbox, name, &signed)?;
        *next = Some(after(&place, &signed));
        Ok((path, signed.digest))
    }

    /// The place of the next document, after the first record.
    fn begun(&self, next: &mut Option<Place>) -> Result<Place, CertifyError> {
        if let Some(place) = next {
            return Ok(place.clone());
        }
        let Setup { signer, context, outbox, time, .. } = self.setup;
        let station = signer.station()?;
        let first = Place {
            id: self.run.id.clone(),
            sequence: 0,
            previous_digest: NOTHING_BEFORE.to_owned(),
        };
        let id = uuid::Uuid::now_v7().to_string();
        let subject = self.run.subject(&id, &first, None, time.now());
        let Self { purpose, begun, continues, .. } = self;
        let signed = certify::started(station, context, subject, *purpose, begun, continues)?;
        station.verify(&signed.bytes)?;
        let name = format!("{}{STARTED}", machine_stem(self.setup, self.run));
        if let Err(error) = certify::save(outbox, &name, &signed) {
            // Half of it, where there was no room for the whole.
            outbox.release(&name);
            return Err(error);
        }
        Ok(next.insert(after(&first, &signed)).clone())
    }
}

fn after(place: &Place, signed: &Signed) -> Place {
    Place {
        id: place.id.clone(),
        sequence: place.sequence.saturating_add(1),
        previous_digest: signed.digest.clone(),
    }
}

/// The streams of this station in the outbox that have a beginning and no end, and began nothing
/// but what is gone on with: one that began something else ended, and its end was moved away, or
/// is at work at this moment.
fn without_end(setup: &Setup<'_>, begun: &[Begun]) -> Vec<String> {
    let known: HashSet<&str> = begun.iter().map(|begun| begun.certificate.as_str()).collect();
    let Ok(entries) = std::fs::read_dir(setup.outbox.directory()) else { return Vec::new() };
    let cut_off = |path: std::path::PathBuf| {
        let stem = path.file_name()?.to_str()?.strip_suffix(STARTED)?.to_owned();
        if setup.outbox.path(&format!("{stem}{MACHINE}")).exists() {
            return None;
        }
        // A stranger's file may be of any size, or a pipe.
        let found = std::fs::metadata(&path).ok()?;
        if !found.is_file() || found.len() > profile::MAX_BYTES as u64 {
            return None;
        }
        let station = setup.signer.station().ok()?;
        let document = station.verify(&std::fs::read(&path).ok()?).ok()?;
        let drives = document.document().pointer("/credentialSubject/drives")?;
        let theirs: Vec<Begun> = serde_json::from_value(drives.clone()).ok()?;
        let all = theirs.iter().all(|begun| known.contains(begun.certificate.as_str()));
        if !all || document.issuer() != station.did() {
            return None;
        }
        Some(document.place()?.id.clone())
    };
    let mut found: Vec<String> = entries.filter_map(|entry| cut_off(entry.ok()?.path())).collect();
    found.sort();
    found
}
