//! The certificate that a PDF carries: its one embedded file (ISO 32000-1, 7.11.4).
//!
//! Two programs that read one PDF must find the same file in it, and people see what theirs shows.
//! So only a PDF in plain sight is read: it is of one piece (see `file`), what it attaches is one
//! file, and the catalog leads there. What that file is called says nothing. Deliberately not:
//! changes appended to the file, a table that is told twice (as for "fast web view"), object
//! streams, encryption, filters but FlateDecode.

use super::Fault;
use super::inflate::inflate;
use file::{File, Object};
use lexer::{Dict, Value};

mod file;
mod lexer;
#[cfg(test)]
#[path = "../../tests/common/pdf.rs"]
mod made;

/// The largest PDF that is looked into, in bytes: a page with its fonts has 70 KiB, and the
/// certificate in it at most 1 MiB.
pub const LARGEST: usize = 8 << 20;

/// The bytes of the only file that this PDF attaches, at most `largest`.
///
/// # Errors
/// No PDF, none or several of them, encrypted, or not in plain sight.
pub fn attached(pdf: &[u8], largest: usize) -> Result<Vec<u8>, Fault> {
    if !pdf.starts_with(b"%PDF-") {
        return Err(Fault::NotPdf);
    }
    if pdf.len() > LARGEST {
        return Err(Fault::TooLarge);
    }
    let encrypted = pdf.windows(8).any(|eight| eight == b"/Encrypt");
    only(pdf, largest).map_err(|fault| if encrypted { Fault::EncryptedPdf } else { fault })
}

fn only(pdf: &[u8], largest: usize) -> Result<Vec<u8>, Fault> {
    let file = File::read(pdf).ok_or(Fault::AlteredPdf)?;
    let stream = match file.attach {
        0 => return Err(Fault::NoCertificate),
        1 => followed(&file).ok_or(Fault::AlteredPdf)?,
        _ => return Err(Fault::Several),
    };
    let (Value::Dict(dict), Some(bytes)) = (&stream.value, stream.stream) else {
        return Err(Fault::AlteredPdf);
    };
    if is_packed(dict).ok_or(Fault::AlteredPdf)? {
        inflate(bytes, true, largest).map_err(|fault| match fault {
            Fault::Damaged => Fault::AlteredPdf,
            fault => fault,
        })
    } else if bytes.len() <= largest {
        Ok(bytes.to_vec())
    } else {
        Err(Fault::TooLarge)
    }
}

/// The embedded file that the catalog leads to, as programs go that list attachments (7.7.4).
fn followed<'a, 'b>(file: &'b File<'a>) -> Option<&'b Object<'a>> {
    let names = file.dict(file.root()?.get("Names")?)?;
    let tree = file.dict(names.get("EmbeddedFiles")?)?;
    if tree.get("Kids").is_some() {
        return None;
    }
    let Value::Array(pairs) = file.resolved(tree.get("Names")?)? else { return None };
    let [Value::Text, specification] = pairs.as_slice() else { return None };
    let files = file.dict(file.dict(specification)?.get("EF")?)?;
    file.object(files.reference()?)
}

/// Whether these bytes are packed; none if they are to be read in any other way.
fn is_packed(dict: &Dict<'_>) -> Option<bool> {
    if ["DecodeParms", "F", "FFilter"].iter().any(|key| dict.get(key).is_some()) {
        return None;
    }
    let filter = match dict.get("Filter") {
        None => return Some(false),
        Some(Value::Array(all)) => match all.as_slice() {
            [] => return Some(false),
            [only] => only,
            _ => return None,
        },
        Some(value) => value,
    };
    (*filter == Value::Name(b"FlateDecode")).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::made::{carrying, file, objects};
    use super::*;

    fn read(pdf: &[u8]) -> Result<Vec<u8>, Fault> {
        attached(pdf, 1 << 20)
    }

    /// One with `{"a":1}` in which this is changed in the objects, and the table told right.
    fn with(from: &str, to: &str) -> Result<Vec<u8>, Fault> {
        let plain = objects(&[("a.cert.json", b"{\"a\":1}")]);
        let changed: Vec<(u64, Vec<u8>)> = plain
            .iter()
            .map(|(number, object)| {
                let text = String::from_utf8(object.clone()).unwrap();
                (*number, text.replace(from, to).into_bytes())
            })
            .collect();
        assert_ne!(changed, plain, "{from}");
        read(&file(&changed, ""))
    }

    #[test]
    fn exactly_one() {
        let (one, other) = (("a.cert.json", &b"{}"[..]), ("photo.jpg", &b"1 2"[..]));
        assert_eq!(read(&carrying(&[one])), Ok(b"{}".to_vec()));
        assert_eq!(read(&carrying(&[other])), Ok(b"1 2".to_vec()), "its name says nothing");
        assert_eq!(read(&carrying(&[])), Err(Fault::NoCertificate));
        assert_eq!(read(&carrying(&[one, other])), Err(Fault::Several));
        let twice = [carrying(&[one]), carrying(&[one])].concat();
        assert_eq!(read(&twice), Err(Fault::AlteredPdf));
        assert_eq!(read(b"{}"), Err(Fault::NotPdf));
    }

    #[test]
    fn spellings_that_all_programs_read_alike() {
        let good = Ok(b"{\"a\":1}".to_vec());
        for (from, to) in [
            ("(a.cert.json)", "<612E6365 72742E6A736F6E>"),
            ("(a.cert.json)", "(\\141\\)()b\\\n.json)"),
            ("/Length 7", "/Filter[]/Length 7"),
            ("/Subtype/x", "/Subtype/application#2fvc"),
            ("/EF<</F 11 0 R/UF 11 0 R>>", "/EF<< /UF\n11  0\r\nR>>"),
            (" 10 0 R]", "<</EF<</F 11 0 R>>>>]"),
            ("/Type/Catalog", "/Names 9 0 R/Type/Catalog"),
        ] {
            // A specification in place of a reference to it leaves the other one.
            let expected = match to {
                "<</EF<</F 11 0 R>>>>]" => Err(Fault::Several),
                "/Names 9 0 R/Type/Catalog" => Err(Fault::AlteredPdf),
                _ => good.clone(),
            };
            assert_eq!(with(from, to), expected, "{to}");
        }
        let mut indirect = objects(&[("a.json", b"{\"a\":1}")]);
        let last = indirect.last_mut().unwrap();
        let text = String::from_utf8(last.1.clone()).unwrap();
        last.1 = text.replace("/Length 7", "/Length 99 0 R").into_bytes();
        assert_eq!(read(&file(&indirect, "")), Err(Fault::AlteredPdf));
        indirect.push((99, b"7".to_vec()));
        assert_eq!(read(&file(&indirect, "")), good);
    }

    /// Each of them has shown one attachment to a viewer and another one, or none, to a verifier.
    #[test]
    fn what_is_not_in_plain_sight() {
        for (from, to) in [
            ("/EF<", "/#45F<"),
            ("/EF<", "/EF 5 0 R/EF<"),
            ("/EF<", "/EF%\n<"),
            ("/EF<", "/EF\0<"),
            ("/Names[", "/Kids[]/Names["),
            ("/EF<</F 11 0 R/UF 11 0 R>>", "/EF<</F 11 0 R/UF 10 0 R>>"),
            ("/EF<</F 11 0 R/UF 11 0 R>>", "/EF<</F 11 1 R>>"),
            ("/EF<</F 11 0 R/UF 11 0 R>>", "/EF 11 0 R"),
            ("/Length 7", "/Length 7/Filter/LZWDecode"),
            ("/Length 7", "/Length 7/Filter/FlateDecode"),
            ("/Length 7", "/Length 7/Filter/Flate#44ecode"),
            ("/Length 7", "/Length 7/F(x)"),
            ("/Length 7", "/Length 7/First 1"),
            ("/Length 7", "/Length 7/W[1 2 1]"),
            ("{\"a\":1}", "9 0 obj"),
            ("\nendstream", "\nendstreams"),
            ("/Names[", "/Names[(b)12 0 R"),
        ] {
            assert_eq!(with(from, to), Err(Fault::AlteredPdf), "{to}");
        }
        assert_eq!(with("/Pages 2", "/Fs<</EF<</F 10 0 R>>>>/Pages 2"), Err(Fault::Several));
        let plain = objects(&[("a.json", b"{}")]);
        assert!(read(&file(&plain, "/Size 3")).is_ok());
        for trailer in ["/Prev 15", "/XRefStm 15", "/#50rev 15", "/Root 10 0 R"] {
            assert_eq!(read(&file(&plain, trailer)), Err(Fault::AlteredPdf), "{trailer}");
        }
        assert_eq!(read(&file(&plain, "/Encrypt 5 0 R")), Err(Fault::EncryptedPdf));
        // The table, and what is between the objects.
        let good = carrying(&[("a.json", b"{}")]);
        let text = String::from_utf8(good.clone()).unwrap();
        assert!(read(text.replacen("%made", "%md\r ", 1).as_bytes()).is_ok());
        for (from, to) in [
            ("%made", "made%"),
            ("10 0 obj", "10 1 obj"),
            ("10 0 obj", "10 0%obj"),
            ("10 0 obj", "12 0 obj"),
            (" 00000 n \n", " 00001 n \n"),
            (" 00000 n \n", " 00000 f \n"),
            (" 00000 n \n", " 00000 n  "),
            ("xref\n0 ", "xref\n1 "),
            ("endobj\nxref", "endobj\nxxxx"),
            ("%%EOF\n", "%%EOF\n\n"),
            ("%%EOF\n", "%%EOF\n%"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert_eq!(read(changed.as_bytes()), Err(Fault::AlteredPdf), "{from} {to}");
        }
        for cut in 5..good.len() - 1 {
            assert!(read(&good[..cut]).is_err(), "{cut}");
        }
        assert_eq!(read(&good[..good.len() - 1]), read(&good));
    }

    #[test]
    fn what_shows_one_file_and_carries_another() {
        for (name, pdf) in super::made::two_faced("{\"a\":1}", "{\"a\":2}") {
            let expected = if name.contains("nested") { Fault::Several } else { Fault::AlteredPdf };
            assert_eq!(read(&pdf), Err(expected), "{name}");
        }
    }

    #[test]
    fn lengths_that_are_wrong() {
        for length in ["6", "0", "70", "9999999999", "-7", "(7)", "7 0 R", "7/Length 7"] {
            let length = format!("/Length {length}");
            assert_eq!(with("/Length 7", &length), Err(Fault::AlteredPdf), "{length}");
        }
    }

    #[test]
    fn deflate_within_limits() {
        let packed = |bytes: &[u8]| miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9);
        let with = |bytes: &[u8]| {
            let mut stored = objects(&[("a.json", bytes)]);
            let stream = &mut stored.last_mut().unwrap().1;
            stream.splice(2..2, *b"/Filter/FlateDecode");
            read(&file(&stored, ""))
        };
        assert_eq!(with(&packed(b"{}")), Ok(b"{}".to_vec()));
        let most = vec![b' '; 1 << 20];
        assert_eq!(with(&packed(&most)), Ok(most.clone()));
        assert_eq!(with(&packed(&vec![b' '; (1 << 20) + 1])), Err(Fault::TooLarge));
        let half = packed(b"{\"a\": \"nothing but a longer text\"}");
        assert_eq!(with(&half[..half.len() / 2]), Err(Fault::AlteredPdf));
        assert_eq!(with(&[&packed(b"{}")[..], b"x"].concat()), Err(Fault::AlteredPdf));
        let more = [most, vec![b' ']].concat();
        assert_eq!(read(&carrying(&[("a.json", &more)])), Err(Fault::TooLarge));
    }

    /// What would take a careless reader its stack, its memory or a very long time.
    #[test]
    fn what_does_not_end() {
        for (part, so_often) in [
            ("<<", 1_000_000),
            ("[", 4_000_000),
            ("(", 4_000_000),
            ("1 ", 4_000_000),
            ("<</A[1]>>", 400_000),
            ("endobj 1 0 obj ", 400_000),
            ("obj", 2_000_000),
            (" ", 8_000_000),
            ("%\n", 4_000_000),
        ] {
            let pdf = file(&[(1, part.repeat(so_often).into_bytes())], "");
            assert!(read(&pdf).is_err(), "{part}");
        }
        let length = [vec![b' '; 1 << 20], b"5".to_vec()].concat();
        let mut streams = vec![(1, length)];
        let stream = b"<</Length 1 0 R>>stream\nabcde\nendstream".to_vec();
        streams.extend((2..50_000).map(|number| (number, stream.clone())));
        assert!(read(&file(&streams, "")).is_err());
        assert_eq!(read(&[&b"%PDF-"[..], &vec![0; LARGEST]].concat()), Err(Fault::TooLarge));
    }
}
