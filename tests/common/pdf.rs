//! PDFs as short as they can be: of one piece, and those that show one file and carry another.

#![allow(dead_code, reason = "every test uses a part of it")]
#![allow(unreachable_pub, reason = "some of the tests are crates of their own")]

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

/// The same with objects appended to it (ISO 32000-1, 7.5.6), the first of them the catalog. What
/// is between an object's number and its `obj` is given.
fn updated(pdf: &[u8], objects: &[(u64, &str, String)]) -> Vec<u8> {
    let (mut pdf, mut table) = (pdf.to_vec(), "xref\n".to_owned());
    let before = pdf.windows(5).rposition(|five| five == b"xref\n").unwrap_or_default();
    let text = String::from_utf8_lossy(pdf.get(before..).unwrap_or_default()).into_owned();
    let previous = text.lines().nth(1).unwrap_or_default();
    for (number, space, object) in objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n \n", pdf.len()));
        pdf.extend(format!("{number} 0{space}obj\n{object}\nendobj\n").as_bytes());
    }
    let at = pdf.len();
    let end = format!("trailer\n<</Root 1 0 R/Size 40/Prev {previous}>>\nstartxref\n{at}\n%%EOF\n");
    pdf.extend([table, end].concat().as_bytes());
    pdf
}

/// PDFs in which programs have found one of these two texts, and other programs the other one.
pub fn two_faced(one: &str, other: &str) -> Vec<(&'static str, Vec<u8>)> {
    let real = carrying(&[("x.cert.json", one.as_bytes())]);
    let catalog = |attached: &str| {
        format!("<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(x){attached}]>>>>>>")
    };
    let stream = |text: &str| {
        format!("<</Type/EmbeddedFile/Length {}>>\nstream\n{text}\nendstream", text.len())
    };
    let file = || (32, " ", stream(other));
    let named = "<</Type/Filespec/F(x.cert.json)/UF(x.cert.json)";
    let update = |specification: &str, space: &'static str| {
        let specification = format!("{named}{specification}>>");
        updated(&real, &[(1, " ", catalog(" 30 0 R")), (30, space, specification), file()])
    };
    let indirect = [
        (1, " ", catalog(" 30 0 R")),
        (30, " ", format!("{named}/EF 31 0 R>>")),
        (31, " ", "<</F 32 0 R>>".to_owned()),
        file(),
    ];
    let direct = [(1, " ", catalog(&format!("{named}/EF<</F 32 0 R>>>>"))), file()];
    let two = |first: &str, second: &str| {
        let objects = [
            (1, "<</Type/Catalog>>".to_owned()),
            (10, "<</F(x.cert.js\\157n)/EF<</F 11 0 R>>>>".to_owned()),
            (11, stream(first)),
            (20, "<</K<</F(x.cert.json)/EF<</F 21 0 R>>>>>>".to_owned()),
            (21, stream(second)),
        ];
        self::file(&objects.map(|(number, object)| (number, object.into_bytes())), "")
    };
    let hidden = stream(one).replace("/Length", "/N 1/First 5/Type/ObjStm/Length");
    let in_a_stream = [objects(&[("x", other.as_bytes())]), vec![(40, hidden.into_bytes())]];
    // The table leads into a stream, where another specification is.
    let inner = format!("10 0 obj\n{named}/EF<</F 9 0 R>>>>\nendobj");
    let mut inside = objects(&[("x.cert.json", one.as_bytes())]);
    inside.extend([(9, stream(other).into_bytes()), (50, stream(&inner).into_bytes())]);
    let inside = String::from_utf8_lossy(&self::file(&inside, "")).into_owned();
    let [first, last] = [inside.find("10 0 obj"), inside.rfind("10 0 obj")]
        .map(|at| format!("{:010} 00000 n", at.unwrap_or_default()));
    vec![
        ("escaped-or-nested", two(one, other)),
        ("nested-or-escaped", two(other, one)),
        ("indirect", updated(&real, &indirect)),
        ("escaped-key", update("/#45F<</F 32 0 R>>", " ")),
        ("direct", updated(&real, &direct)),
        ("comment-in-head", update("/EF<</F 32 0 R>>", " %x\n")),
        ("object-stream", self::file(&in_a_stream.concat(), "")),
        ("appended", [real.clone(), carrying(&[("x.cert.json", other.as_bytes())])].concat()),
        ("object-in-stream", inside.replace(&first, &last).into_bytes()),
    ]
}
