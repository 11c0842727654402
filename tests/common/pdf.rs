//! PDFs of one piece, as short as they can be.

/// Numbered objects that carry these files, as they are; the last one is the last file.
pub fn objects(attachments: &[(&str, &[u8])]) -> Vec<(u64, Vec<u8>)> {
    let (mut names, mut objects) = (String::new(), Vec::new());
    for (at, (name, bytes)) in (0..).zip(attachments) {
        let (specification, file) = (10 + 2 * at, 11 + 2 * at);
        names.push_str(&format!("({name}) {specification} 0 R"));
        let text =
            format!("<</Type/Filespec/F({name})/UF({name})/EF<</F {file} 0 R/UF {file} 0 R>>>>");
        objects.push((specification, text.into_bytes()));
        let head = format!("<</Type/EmbeddedFile/Subtype/x/Length {}>>\nstream\n", bytes.len());
        objects.push((file, [head.as_bytes(), bytes, b"\nendstream"].concat()));
    }
    let catalog =
        format!("<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[{names}]>>>>>>");
    let pages = b"<</Type/Pages/Count 0/Kids[]>>".to_vec();
    [vec![(1, catalog.into_bytes()), (2, pages)], objects].concat()
}

/// The file of these objects; the first is the catalog. More can be in its trailer.
pub fn file(objects: &[(u64, Vec<u8>)], trailer: &str) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n%made\n".to_vec();
    let mut table = "xref\n0 1\n0000000000 65535 f \n".to_owned();
    for (number, object) in objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n \n", pdf.len()));
        pdf.extend(format!("{number} 0 obj\n").as_bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let (root, at) = (objects[0].0, pdf.len());
    pdf.extend(table.as_bytes());
    pdf.extend(
        format!("trailer\n<</Root {root} 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n").as_bytes(),
    );
    pdf
}

/// A PDF that carries these files.
pub fn carrying(attachments: &[(&str, &[u8])]) -> Vec<u8> {
    file(&objects(attachments), "")
}
