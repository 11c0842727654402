//! The certificate on paper: a page for people, and on it a code that a telephone reads and that
//! stands for itself.
//!
//! ```text
//! statement    what the code says            the key facts, and the digest of the certificate
//! delegation   the root's word for a station   in short, for the code
//! cose         how both are signed           COSE_Sign1 (RFC 9052)
//! code         the text of the code          base45 (RFC 9285)
//! page         the page                      PDF/A-3b with the certificate in it
//! ```
//!
//! The code proves what was signed; the evidence is in the file that it names by its digest.

mod code;
mod cose;
mod delegation;
#[cfg(feature = "tool")]
mod page;
mod statement;
mod text;

pub use code::{LONGEST, PREFIX, Refused, VerifiedCode, code, verify};
pub use delegation::delegate;
#[cfg(feature = "tool")]
pub use page::Page;
pub use statement::Statement;
