//! The certificate that a PDF carries: its one embedded file (ISO 32000-1, 7.11.4) that is called
//! `*.json`.
//!
//! The file is scanned from its beginning to its end for objects (7.3.10), whatever its table of
//! them says: a second version of the attachment, which some programs show and others do not, is
//! found that way, and refused. Deliberately not: object streams, encryption, filters but
//! FlateDecode. What such a file carries is not found, and that is said.

use super::Fault;
use lexer::{Dict, Lexer, Value};

mod lexer;

/// The largest PDF that is looked into, in bytes: a page with its fonts has 70 KiB, and the
/// certificate in it at most 1 MiB.
pub const LARGEST: usize = 8 << 20;

/// How many attachments, streams and numbers are kept.
const MOST: usize = 10_000;

/// An object with a stream.
struct Stream<'a> {
    number: u64,
    bytes: &'a [u8],
    length: Option<Length>,
    filter: Filter,
}

enum Length {
    Bytes(u64),
    /// It is what the object of this number says.
    At(u64),
}

enum Filter {
    None,
    Flate,
    Other,
}

/// The bytes of the only `*.json` in this PDF, at most `largest`.
///
/// # Errors
/// No PDF, none or several of them, encrypted, or damaged.
pub fn attached(pdf: &[u8], largest: usize) -> Result<Vec<u8>, Fault> {
    if !pdf.starts_with(b"%PDF-") {
        return Err(Fault::NotPdf);
    }
    if pdf.len() > LARGEST {
        return Err(Fault::TooLarge);
    }
    let Found { streams, mut named, numbers } = scan(pdf)?;
    let encrypted = pdf.windows(8).any(|eight| eight == b"/Encrypt");
    let or_encrypted = |fault| if encrypted { Fault::EncryptedPdf } else { fault };
    named.sort_unstable();
    named.dedup();
    let number = match named.as_slice() {
        [] => return Err(or_encrypted(Fault::NoCertificate)),
        [number] => *number,
        _ => return Err(Fault::Several),
    };
    let mut versions = streams.iter().filter(|stream| stream.number == number);
    let stream = match (versions.next(), versions.next()) {
        (Some(stream), None) => stream,
        (None, _) => return Err(or_encrypted(Fault::Damaged)),
        _ => return Err(Fault::Several),
    };
    let damaged = or_encrypted(Fault::Damaged);
    let length = match stream.length {
        Some(Length::Bytes(length)) => Some(length),
        Some(Length::At(number)) => {
            numbers.iter().rfind(|(of, _)| *of == number).map(|(_, length)| *length)
        }
        None => None,
    };
    let bytes = length.and_then(|length| stream.bytes.get(..usize::try_from(length).ok()?));
    let bytes = bytes.filter(|_| ends_there(stream.bytes, length));
    let bytes = bytes.ok_or_else(|| damaged.clone())?;
    match stream.filter {
        Filter::None if bytes.len() <= largest => Ok(bytes.to_vec()),
        Filter::None => Err(Fault::TooLarge),
        Filter::Flate => {
            use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};
            decompress_to_vec_zlib_with_limit(bytes, largest).map_err(|error| match error.status {
                TINFLStatus::HasMoreOutput => Fault::TooLarge,
                _ => damaged,
            })
        }
        Filter::Other => Err(damaged),
    }
}

/// What there is in a PDF, as far as attachments go.
struct Found<'a> {
    streams: Vec<Stream<'a>>,
    /// The numbers of the objects that are attached under such a name.
    named: Vec<u64>,
    /// The objects that are a number, which a length may be.
    numbers: Vec<(u64, u64)>,
}

fn scan(pdf: &[u8]) -> Result<Found<'_>, Fault> {
    let mut found = Found { streams: Vec::new(), named: Vec::new(), numbers: Vec::new() };
    let mut lexer = Lexer::new(pdf);
    while let Some(number) = lexer.next_object() {
        match lexer.value() {
            Some(Value::Number(value)) => found.numbers.push((number, value)),
            Some(Value::Dict(dict)) => {
                found.named.extend(attaches(&dict));
                if let Some(bytes) = lexer.stream() {
                    let length = match dict.get("Length") {
                        Some(Value::Number(length)) => Some(Length::Bytes(*length)),
                        Some(Value::Reference(number)) => Some(Length::At(*number)),
                        _ => None,
                    };
                    // What is in a stream is no object of the file.
                    if let Some(Length::Bytes(length)) = length
                        && ends_there(bytes, Some(length))
                    {
                        lexer.skip(length);
                    }
                    found.streams.push(Stream { number, bytes, length, filter: filter(&dict) });
                }
            }
            _ => {}
        }
        if [found.streams.len(), found.named.len(), found.numbers.len()].iter().any(|n| *n > MOST) {
            return Err(Fault::TooLarge);
        }
    }
    Ok(found)
}

/// Whether `endstream` follows after so many bytes, and a line end (7.3.8.1).
fn ends_there(bytes: &[u8], length: Option<u64>) -> bool {
    let rest = length.and_then(|length| bytes.get(usize::try_from(length).ok()?..));
    rest.is_some_and(|rest| {
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest.strip_prefix(b"\n").unwrap_or(rest).starts_with(b"endstream")
    })
}

/// The objects that a file specification (7.11.3) attaches under a name that ends in `.json`.
fn attaches(dict: &Dict<'_>) -> Vec<u64> {
    let json = ["UF", "F"].iter().any(|name| match dict.get(name) {
        Some(Value::Text(text)) => readable(text).to_lowercase().ends_with(".json"),
        _ => false,
    });
    match dict.get("EF") {
        Some(Value::Dict(files)) if json => files.references().collect(),
        _ => Vec::new(),
    }
}

/// A text string (7.9.2.2): UTF-16 with a mark, or else bytes of which only ASCII matters here.
fn readable(text: &[u8]) -> String {
    match text.strip_prefix(&[0xfe, 0xff]) {
        Some(wide) => {
            let (units, _) = wide.as_chunks();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            String::from_utf16_lossy(&units)
        }
        None => String::from_utf8_lossy(text).into_owned(),
    }
}

fn filter(dict: &Dict<'_>) -> Filter {
    let one = |value: &Value<'_>| match value {
        Value::Name(b"FlateDecode") => Filter::Flate,
        _ => Filter::Other,
    };
    // Whatever changes how the bytes are to be read is not what this program reads.
    if dict.get("DecodeParms").is_some() || dict.get("F").is_some() {
        return Filter::Other;
    }
    match dict.get("Filter") {
        None => Filter::None,
        Some(Value::Array(all)) => match all.as_slice() {
            [] => Filter::None,
            [only] => one(only),
            _ => Filter::Other,
        },
        Some(value) => one(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PDF with these attachments, stored; whoever shows PDFs may miss a cross-reference table.
    fn pdf(attachments: &[(&str, &[u8])]) -> Vec<u8> {
        let mut pdf = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<</Type/Catalog/A 2 0 R>>\nendobj\n".to_vec();
        for (at, (name, bytes)) in attachments.iter().enumerate() {
            let number = 10 + 2 * at;
            let head = format!(
                "{number} 0 obj\n<</Type/Filespec/F({name})/UF({name})/EF<</F {0} 0 R/UF {0} 0 R>>\
                 >>\nendobj\n{0} 0 obj\n<</Type/EmbeddedFile/Length {1}>>\nstream\n",
                number + 1,
                bytes.len()
            );
            pdf.extend(head.as_bytes());
            pdf.extend(*bytes);
            pdf.extend(b"\nendstream\nendobj\n");
        }
        pdf.extend(b"trailer\n<</Root 1 0 R>>\n%%EOF\n");
        pdf
    }

    fn read(pdf: &[u8]) -> Result<Vec<u8>, Fault> {
        attached(pdf, 1 << 20)
    }

    fn with(from: &str, to: &str) -> Result<Vec<u8>, Fault> {
        let text = String::from_utf8_lossy(&pdf(&[("a.cert.json", b"{\"a\":1}")])).into_owned();
        assert!(text.contains(from), "{from}");
        read(text.replace(from, to).as_bytes())
    }

    #[test]
    fn exactly_one() {
        let (one, other) = (("a.cert.json", &b"{}"[..]), ("b.JSON", &b"[]"[..]));
        let photo = ("photo.jpg", &b"11 0 obj <</EF<</F 11 0 R>>/F(x.json)>>"[..]);
        assert_eq!(read(&pdf(&[one])), Ok(b"{}".to_vec()));
        assert_eq!(read(&pdf(&[photo, other])), Ok(b"[]".to_vec()), "a photo is none");
        assert_eq!(read(&pdf(&[])), Err(Fault::NoCertificate));
        assert_eq!(read(&pdf(&[photo])), Err(Fault::NoCertificate));
        assert_eq!(read(&pdf(&[one, other])), Err(Fault::Several));
        // A second version of the same object, as an incremental update appends it.
        let twice = [pdf(&[one]), pdf(&[("a.cert.json", b"[]")])].concat();
        assert_eq!(read(&twice), Err(Fault::Several));
        assert_eq!(read(b"{}"), Err(Fault::NotPdf));
    }

    #[test]
    fn spellings() {
        let good = Ok(b"{\"a\":1}".to_vec());
        assert_eq!(with("(a.cert.json)", "<612E6365 72742E6A736F6E>"), good);
        assert_eq!(with("(a.cert.json)", "<FEFF0061002E006A0073006F006E>"), good);
        assert_eq!(with("(a.cert.json)", "(\\141\\(()b\\\n.json)"), good);
        assert_eq!(with("/Length 7", "/Length 99 0 R"), Err(Fault::Damaged));
        let indirect = "99 0 obj 7 endobj 1 0 obj";
        let text = String::from_utf8_lossy(&pdf(&[("a.json", b"{\"a\":1}")])).into_owned();
        let text = text
            .replace("/Length 7", "/Length 99 0 R")
            .replace("1 0 obj\n<</Type/C", &format!("{indirect}<</Type/C"));
        assert_eq!(read(text.as_bytes()), good);
        assert_eq!(with("/Length 7", "/Filter[]/Length 7 %x\n"), good);
        assert_eq!(with("/Length 7", "/Filter/LZWDecode/Length 7"), Err(Fault::Damaged));
        assert_eq!(with("/Length 7", "/Filter/FlateDecode/Length 7"), Err(Fault::Damaged));
        assert_eq!(with("/Root", "/Encrypt 5 0 R/Root"), good, "what is in plain sight is read");
        assert_eq!(with("/EF<<", "/Encrypt 5 0 R/E<<"), Err(Fault::EncryptedPdf));
    }

    #[test]
    fn lengths_that_are_wrong() {
        for length in ["6", "0", "70", "9999999999", "-7", "(7)", "7 0 R", "7/Length 7"] {
            let length = format!("/Length {length}");
            assert_eq!(with("/Length 7", &length), Err(Fault::Damaged), "{length}");
        }
        let good = pdf(&[("a.json", b"{}")]);
        for cut in 5..good.len() {
            let _ = read(&good[..cut]);
        }
    }

    #[test]
    fn deflate_within_limits() {
        let packed = |bytes: &[u8]| miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9);
        let with = |bytes: &[u8]| {
            let stored = pdf(&[("a.json", bytes)]);
            let at = stored.windows(8).position(|eight| eight == b"/Length ").unwrap();
            read(&[&stored[..at], b"/Filter/FlateDecode", &stored[at..]].concat())
        };
        assert_eq!(with(&packed(b"{}")), Ok(b"{}".to_vec()));
        let most = vec![b' '; 1 << 20];
        assert_eq!(with(&packed(&most)), Ok(most.clone()));
        assert_eq!(with(&packed(&vec![b' '; (1 << 20) + 1])), Err(Fault::TooLarge));
        let half = packed(b"{\"a\": \"nothing but a longer text\"}");
        assert_eq!(with(&half[..half.len() / 2]), Err(Fault::Damaged));
        assert_eq!(read(&pdf(&[("a.json", &[most, vec![b' ']].concat())])), Err(Fault::TooLarge));
    }

    /// What would take a careless reader its stack, its memory or a very long time.
    #[test]
    fn what_does_not_end() {
        for (part, so_often) in [
            ("1 0 obj <<", 400_000),
            ("[", 4_000_000),
            ("1 0 obj [", 400_000),
            ("1 0 obj (", 400_000),
            ("1 0 obj 1 1 ", 400_000),
            ("1 0 obj <</Length 1>> stream\n", 200_000),
            ("1 0 obj 5 ", 600_000),
            ("obj", 2_000_000),
            ("1 0 obj <</EF<</F 1 0 R>>/F(x.json)>>", 100_000),
        ] {
            let pdf = format!("%PDF-1.7 {}", part.repeat(so_often));
            assert!(read(pdf.as_bytes()).is_err(), "{part}");
        }
        assert_eq!(read(&[&b"%PDF-"[..], &vec![0; LARGEST]].concat()), Err(Fault::TooLarge));
    }
}
