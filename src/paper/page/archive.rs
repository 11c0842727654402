//! From a page to PDF/A-3b (ISO 19005-3) with the certificate as its source: colour profile, XMP
//! metadata, associated file. What is not in the certificate is not in the file either: the same
//! certificate gives the same bytes, always.

use lopdf::{Document, Object, Stream, StringFormat, dictionary};
use printpdf::{Mm, PdfDocument, PdfFont, PdfPage, PdfSaveOptions};
use sha2::{Digest as _, Sha256};

use super::canvas::{A4, Canvas, Face};
use crate::model::{Language, Timestamp};

/// A colour profile of sRGB, made by `certs/fonts/make-srgb`.
const SRGB: &[u8] = include_bytes!("../../../certs/fonts/sRGB.icc");

/// What the file says of itself.
#[derive(Debug, Clone)]
pub(super) struct About<'a> {
    pub title: &'a str,
    pub language: Language,
    /// When the certificate was issued: the page is never older or newer than what it shows.
    pub issued: Timestamp,
    /// The name of the attached certificate, and its bytes.
    pub name: &'a str,
    pub certificate: &'a [u8],
}

/// The finished file.
pub(super) fn write(canvas: Canvas, about: &About<'_>) -> Option<Vec<u8>> {
    let (ops, fonts) = canvas.finish();
    let mut pdf = PdfDocument::new(about.title);
    for (face, font) in Face::ALL.into_iter().zip(fonts) {
        let id = printpdf::FontId(face.id().to_owned());
        pdf.resources.fonts.map.insert(id, PdfFont::new(font));
    }
    pdf.pages = vec![PdfPage::new(Mm(A4.0), Mm(A4.1), ops)];
    let mut document = pdf.to_lopdf_document(&PdfSaveOptions::default(), &mut Vec::new());
    archive(&mut document, about).ok()?;
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).ok()?;
    Some(bytes)
}

fn archive(document: &mut Document, about: &About<'_>) -> lopdf::Result<()> {
    "1.7".clone_into(&mut document.version);
    let profile = Stream::new(dictionary! { "N" => 3 }, SRGB.to_vec());
    let profile = document.add_object(profile);
    let file = document.add_object(attached(about));
    let specification = document.add_object(dictionary! {
        "Type" => "Filespec",
        "F" => text(about.name),
        "UF" => text(about.name),
        "Desc" => text("The signed document that this page shows"),
        "AFRelationship" => "Source",
        "EF" => dictionary! { "F" => file, "UF" => file },
    });
    let metadata = Stream::new(
        dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
        metadata(about).into_bytes(),
    );
    // Readers that know nothing of PDF find it, too.
    let metadata = document.add_object(metadata.with_compression(false));
    let catalog = document.catalog_mut()?;
    catalog.set("Metadata", metadata);
    catalog.set("Lang", text(about.language.tag()));
    catalog.set("AF", vec![Object::Reference(specification)]);
    catalog.set(
        "Names",
        dictionary! {
            "EmbeddedFiles" => dictionary! {
                "Names" => vec![text(about.name), specification.into()],
            },
        },
    );
    catalog.set(
        "OutputIntents",
        vec![Object::Dictionary(dictionary! {
            "Type" => "OutputIntent",
            "S" => "GTS_PDFA1",
            "OutputConditionIdentifier" => text("sRGB IEC61966-2.1"),
            "Info" => text("sRGB IEC61966-2.1"),
            "DestOutputProfile" => profile,
        })],
    );
    let information = document.add_object(dictionary! {
        "Title" => text(about.title),
        "Producer" => text(PRODUCER),
        "CreationDate" => text(&date(about.issued)),
        "ModDate" => text(&date(about.issued)),
    });
    if let Ok(Object::Reference(old)) = document.trailer.get(b"Info") {
        let old = *old;
        document.objects.remove(&old);
    }
    document.trailer.set("Info", information);
    let (source, page) = identifiers(about, document);
    document.trailer.set("ID", vec![bytes(source), bytes(page)]);
    document.compress();
    Ok(())
}

const PRODUCER: &str = concat!("nulstil ", env!("CARGO_PKG_VERSION"));

fn attached(about: &About<'_>) -> Stream {
    let size = i64::try_from(about.certificate.len()).unwrap_or(i64::MAX);
    Stream::new(
        dictionary! {
            "Type" => "EmbeddedFile",
            "Subtype" => "application/vc",
            "Params" => dictionary! { "Size" => size, "ModDate" => text(&date(about.issued)) },
        },
        about.certificate.to_vec(),
    )
}

/// Which certificate it is of, and which page of it: the same certificate in another language, or
/// drawn by another version, is another file.
fn identifiers(about: &About<'_>, document: &Document) -> (Vec<u8>, Vec<u8>) {
    let source = Sha256::digest(about.certificate);
    let mut page = Sha256::new_with_prefix(source);
    for object in document.objects.values() {
        if let Object::Stream(stream) = object {
            page.update(&stream.content);
        }
    }
    let half = |digest: &[u8]| digest.iter().copied().take(16).collect();
    (half(&source), half(&page.finalize()))
}

fn bytes(bytes: Vec<u8>) -> Object {
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// A text string: ASCII as it is, anything else in UTF-16 (ISO 32000-1, 7.9.2.2).
fn text(text: &str) -> Object {
    if text.is_ascii() {
        return Object::string_literal(text);
    }
    let units = [0xfeff].into_iter().chain(text.encode_utf16());
    bytes(units.flat_map(u16::to_be_bytes).collect())
}

/// A time as PDF writes it (ISO 32000-1, 7.9.4).
fn date(time: Timestamp) -> String {
    let digits: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
    format!("D:{digits}Z")
}

/// XMP (ISO 16684-1), which says the same as the information dictionary.
fn metadata(about: &About<'_>) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (title, language, time) = (escape(about.title), about.language.tag(), about.issued);
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\"\n \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\"\n \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n \
         xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
         <pdfaid:part>3</pdfaid:part>\n\
         <pdfaid:conformance>B</pdfaid:conformance>\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>\n\
         <pdf:Producer>{PRODUCER}</pdf:Producer>\n\
         <xmp:CreateDate>{time}</xmp:CreateDate>\n\
         <xmp:ModifyDate>{time}</xmp:ModifyDate>\n\
         <xmp:MetadataDate>{time}</xmp:MetadataDate>\n\
         </rdf:Description>\n\
         </rdf:RDF>\n\
         </x:xmpmeta>\n\
         <?xpacket end=\"w\"?>\n"
    )
}
