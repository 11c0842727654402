//! The page beside a certificate. The certificate is what counts: if there is no page, that is a
//! warning, and `nulstil paper` makes it later.

use super::Setup;
use super::certify::Station;
use super::event::Event;
use crate::cert::ending::{CERTIFICATE, PAGE};
use crate::cert::{Rejection, VerifiedCertificate};
use crate::paper::{Page, code};

/// The name of the page of the certificate `name`.
pub(super) fn page_name(name: &str) -> String {
    format!("{}{PAGE}", name.strip_suffix(CERTIFICATE).unwrap_or(name))
}

/// The text of the code that stands for a certificate on paper, where there is one.
#[must_use]
pub fn code_of(certificate: &VerifiedCertificate, station: &Station) -> Option<String> {
    code(certificate, station.root(), station.key()).ok().flatten()
}

/// Makes and saves the page of the certificate that was saved as `name`, unless it is there.
pub(super) fn make(setup: &Setup<'_>, name: &str, path: &str) {
    let page = page_name(name);
    if setup.outbox.path(&page).exists() {
        setup.outbox.release(&page);
        return;
    }
    if let Err(why) = save(setup, name, &page) {
        setup.outbox.release(&page);
        let message = format!(
            "The page {page} could not be made ({why}); make it later with \"nulstil paper\"."
        );
        (setup.emit)(Event::Warning { path: Some(path.to_owned()), message });
    }
}

fn save(setup: &Setup<'_>, name: &str, page: &str) -> Result<(), String> {
    // As it was written: the page shows what is there, not what was meant.
    let bytes = std::fs::read(setup.outbox.path(name)).map_err(|error| error.to_string())?;
    let rejected = |error: Rejection| error.to_string();
    let station = setup.signer.station().map_err(|error| error.to_string())?;
    let certificate = station.verify(&bytes).map_err(rejected)?;
    let code = code(&certificate, station.root(), station.key()).map_err(|e| e.to_string())?;
    let rendered = Page {
        certificate: &certificate,
        name,
        bytes: &bytes,
        root: station.root(),
        code: code.as_deref(),
        language: setup.language,
    }
    .render()
    .ok_or("there is no page for such a document")?;
    setup.outbox.save(page, &rendered).map_err(|error| error.to_string())?;
    Ok(())
}
