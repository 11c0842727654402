//! One page of A4 for one drive: what a person has to know, and how to check it.
//!
//! The verdict is told three times, in words, by a sign and by the shape of the page, so that it is
//! recognised from across a room and in a black-and-white print: an erased drive has a light page
//! with a tick; one that is not erased a dark field with a cross and a thick frame around the whole
//! page; one of which it is not proven a dark field with a triangle and a broken frame.
//!
//! What counts is the signed document; the page is a view of it and says so. Names that a drive
//! gives itself may come from an attacker: they are measured, wrapped and cut, and cannot push
//! anything off the page.

mod archive;
mod canvas;
mod content;
mod layout;
mod qr;
mod words;

use ed25519_dalek::VerifyingKey;

use crate::cert::VerifiedCertificate;
use crate::model::Language;

/// A page to be made.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The certificate.
    pub certificate: &'a VerifiedCertificate,
    /// Its file: the name without a folder, and its bytes as they were verified.
    pub name: &'a str,
    /// See [`Self::name`].
    pub bytes: &'a [u8],
    /// The root key that was trusted.
    pub root: &'a VerifyingKey,
    /// The code of the certificate, if the station's key was at hand.
    pub code: Option<&'a str>,
    /// The language of the page. The attached certificate is what it is.
    pub language: Language,
}

impl Page<'_> {
    /// The PDF/A-3b file; `None` if there is no page for such a document, because it is not about
    /// one drive or not understood in full.
    #[must_use]
    pub fn render(&self) -> Option<Vec<u8>> {
        let content = content::Content::of(self.certificate, self.language)?;
        let title = format!("{} - {}", content.headline, self.name);
        let canvas = layout::draw(self, &content)?;
        archive::write(
            canvas,
            &archive::About {
                title: &title,
                language: self.language,
                issued: self.certificate.issued(),
                name: self.name,
                certificate: self.bytes,
            },
        )
    }
}
