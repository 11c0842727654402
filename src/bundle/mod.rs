//! What certificates travel in: a PDF that carries one, a ZIP that carries many.
//!
//! Both come from strangers, so they are read by as little as will do, within limits on size, count
//! and work, and what is not in plain sight is refused instead of guessed at. Nothing is written
//! anywhere, and a name in a ZIP is only ever shown.
//!
//! Pure but for the `Read` and `Seek` that the caller gives; what the bytes mean is not known here.

mod crc;
mod inflate;
pub mod pdf;
mod zip;

pub use zip::{Archive, Entry, Packed};

/// Why nothing is taken out. Each message says what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No end of a ZIP where it must be.
    #[error("this is not a whole ZIP file; ask for it again")]
    NotZip,
    /// ZIP64: more than 65,534 entries, or 4 GiB.
    #[error("this ZIP has too many entries or is too large; unpack it and name the folder")]
    Zip64,
    /// The list of entries contradicts itself or the file.
    #[error("the list of files in this ZIP is wrong ({0}); do not unpack it, ask for another one")]
    Directory(String),
    /// Reading failed.
    #[error("it cannot be read ({0}); try again")]
    Read(String),
    /// An entry with a password.
    #[error("it is encrypted; unpack the ZIP with its password and name the folder")]
    Encrypted,
    /// Another way of packing than Store and Deflate.
    #[error("it is packed in a way that this program does not read; unpack it and name the folder")]
    Method,
    /// Larger than what it should be ever is.
    #[error("it is too large for what it should be; ask for another one")]
    TooLarge,
    /// What the archive unpacks to, all in all.
    #[error(
        "this ZIP unpacks to more than this program reads of one; unpack it and name the folder"
    )]
    TooMuch,
    /// What there is does not unpack to what it should be.
    #[error("it is damaged; ask for it again")]
    Damaged,
    /// No header of a PDF.
    #[error("this is not a PDF; ask for it again")]
    NotPdf,
    /// No attachment.
    #[error(
        "this PDF carries no certificate; ask for the PDF as it was made, or for the .cert.json"
    )]
    NoCertificate,
    /// Several of them: which of them the reader of the page has seen is anybody's guess.
    #[error("this PDF carries more than one file; ask for the .cert.json")]
    Several,
    /// Not in plain sight: programs may find different attachments in it.
    #[error(
        "this PDF is damaged, or was changed after it was made; ask for the PDF as it was made, or \
         for the .cert.json"
    )]
    AlteredPdf,
    /// A PDF with a password, or with rights that take one.
    #[error("this PDF is encrypted; ask for the PDF as it was made, or for the .cert.json")]
    EncryptedPdf,
}
