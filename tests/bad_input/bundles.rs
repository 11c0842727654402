//! What certificates travel in: ZIPs and PDFs, good ones and those that were made to do harm.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::common::pdf::{carrying, two_faced};
use crate::common::{Bench, Ran, nulstil, plain_words, text};

/// A certificate of a disk image, and the folder it lies in.
fn bench_with_certificate() -> (Bench, Vec<u8>) {
    let bench = Bench::new();
    bench.wipe(&[text(&bench.image("image.img", 1 << 20))]).expect(0);
    let good = fs::read(&bench.results(".cert.json")[0]).unwrap();
    (bench, good)
}

fn verify(bench: &Bench, path: &Path, more: &[&str]) -> Ran {
    let root = bench.path("root.pub");
    nulstil([&["verify", text(path), "--root", text(&root), "--json"], more].concat())
}

/// The same with so little memory that what is read whole does not fit.
fn verify_in_little(bench: &Bench, path: &Path) -> Ran {
    let root = bench.path("root.pub");
    let program = crate::common::NULSTIL;
    let line = format!(
        "ulimit -v 400000 && exec {program} verify {} --root {} --json",
        text(path),
        text(&root)
    );
    let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A ZIP as Python makes it; the lines see it as `z`.
fn zip(bench: &Bench, name: &str, lines: &str) -> PathBuf {
    let path = bench.path(name);
    let program =
        format!("import zipfile,sys\nwith zipfile.ZipFile(sys.argv[1],'w',8) as z:\n{lines}");
    let made = crate::common::command("python3", &["-W", "ignore", "-c", &program, text(&path)]);
    assert!(made, "python3 makes {name}");
    path
}

/// A PDF with one attachment.
fn pdf(name: &str, attached: &[u8]) -> Vec<u8> {
    carrying(&[(name, attached)])
}

#[test]
fn a_batch_in_one_file() {
    let (bench, good) = bench_with_certificate();
    let out = bench.out();
    let lines = format!(
        " import os\n for f in sorted(os.listdir('{0}')): z.write('{0}/'+f,'certs/'+f)\n \
         z.writestr('inner.zip',b'')\n",
        text(&out)
    );
    // A ZIP in it is not opened, and that is said.
    let ran = verify(&bench, &zip(&bench, "nested.zip", &lines), &[]).expect(4);
    plain_words(&ran, &["inner.zip", "not opened"]);
    let whole = zip(&bench, "batch.zip", lines.split(" z.writestr").next().unwrap());
    // Whether the machine is complete is another question: it may have more drives.
    let ran = verify(&bench, &whole, &["--complete"]);
    assert_eq!(ran.summary()["completeness"], "complete");
    let names: Vec<String> =
        ran.json().iter().map(|line| line["path"].as_str().unwrap_or("").to_owned()).collect();
    assert!(names[0].contains("batch.zip!certs/") && names[0].ends_with(".cert.json"), "{names:?}");
    // Beside its JSON a PDF is the same certificate, and not one more.
    let json = bench.results(".cert.json").remove(0);
    let paper = PathBuf::from(text(&json).replace(".json", ".pdf"));
    fs::write(&paper, pdf("x.cert.json", &good)).unwrap();
    let summary = verify(&bench, &out, &["--complete"]).summary();
    assert_eq!((&summary["judged"], &summary["sameBeside"]), (&3.into(), &1.into()));
    assert_eq!((&summary["sanitized"], &summary["completeness"]), (&1.into(), &"complete".into()));
    verify(&bench, &paper, &[]).expect(0);
    // One that carries another certificate is refused.
    bench.wipe(&[text(&bench.image("b.img", 1 << 20))]).expect(0);
    let second = bench.results(".cert.json").into_iter().find(|path| *path != json).unwrap();
    fs::write(&paper, pdf("x.cert.json", &fs::read(second).unwrap())).unwrap();
    let ran = verify(&bench, &out, &[]).expect(4);
    assert!(ran.json().iter().any(|line| line["code"] == "differs-from-beside"), "{ran:?}");
}

#[test]
fn what_is_far_too_large() {
    let (bench, _) = bench_with_certificate();
    for (ending, words) in
        [("cert.json", "large"), ("zip", "not a whole ZIP"), ("pdf", "not a PDF")]
    {
        let path = bench.path(&format!("zeros.{ending}"));
        File::create(&path).unwrap().set_len(1 << 30).unwrap();
        plain_words(&verify_in_little(&bench, &path).expect(4), &[words]);
    }
}

#[test]
fn zips_that_are_bombs_or_lie() {
    let (bench, _) = bench_with_certificate();
    for (name, lines, words) in [
        ("flat.zip", " z.writestr('x.cert.json',bytes(1<<20))\n", "too large"),
        ("huge.zip", " z.writestr('x.cert.json',bytes(64<<20))\n", "too large"),
        ("out.zip", " z.writestr('../x.cert.json','{}')\n", "leads out of its folder"),
        ("root.zip", " z.writestr('/x.cert.json','{}')\n", "leads out of its folder"),
        (
            "two.zip",
            " z.writestr('x.cert.json','{}')\n z.writestr('X.cert.json','1')\n",
            "are called",
        ),
        ("many.zip", " for i in range(65536): z.writestr(str(i),b'')\n", "too many entries"),
        (
            "overlap.zip",
            " z.writestr('a.cert.json','{}')\n z.writestr('b.cert.json','{}')\n \
             z.filelist[1].header_offset=0\n",
            "share bytes",
        ),
        (
            "size.zip",
            " z.writestr('a.cert.json','{}')\n z.filelist[0].file_size=3\n",
            "something else than the list",
        ),
    ] {
        let path = zip(&bench, name, lines);
        plain_words(&verify_in_little(&bench, &path).expect(4), &[name, words]);
    }
}

#[test]
fn pdfs_that_carry_none() {
    let (bench, good) = bench_with_certificate();
    let whole = pdf("x.cert.json", &good);
    for (name, bytes, words) in [
        ("none.pdf", carrying(&[]), "carries no certificate"),
        ("photo.pdf", pdf("photo.jpg", b"\xff\xd8"), "UTF-8"),
        ("cut.pdf", whole[..whole.len() / 2].to_vec(), "damaged"),
        ("two.pdf", carrying(&[("x.cert.json", &good), ("y.json", b"{}")]), "more than one"),
        ("large.pdf", pdf("x.json", &vec![b' '; (1 << 20) + 1]), "too large"),
        ("text.pdf", good.clone(), "not a PDF"),
    ] {
        let path = bench.path(name);
        fs::write(&path, bytes).unwrap();
        plain_words(&verify_in_little(&bench, &path).expect(4), &[name, words]);
    }
}

/// What a viewer shows and what is judged are the same file, or nothing is judged.
#[test]
fn pdfs_with_two_faces() {
    let (bench, good) = bench_with_certificate();
    let good = String::from_utf8(good).unwrap();
    for (one, other) in [(good.as_str(), "{}"), ("{}", good.as_str())] {
        for (name, bytes) in two_faced(one, other) {
            let path = bench.path("x.cert.pdf");
            fs::write(&path, bytes).unwrap();
            let ran = verify(&bench, &path, &[]).expect(4);
            plain_words(&ran, &["ask for the"]);
            assert_eq!(ran.json()[0]["verdict"], "unreadable", "{name}");
        }
    }
}

/// Names that are others once Windows or Info-ZIP has unpacked them: a decision that is judged
/// there, and not here.
#[test]
fn zips_whose_names_change_on_the_way() {
    let (bench, _) = bench_with_certificate();
    let second = " i=zipfile.ZipInfo('notes.txt')\n \
                  i.extra=b'up\\x16\\0\\1'+bytes(4)+b'a.validation.json'\n z.writestr(i,'{}')\n";
    for (name, lines, words) in [
        ("dot.zip", " z.writestr('a.validation.json.','{}')\n", "Windows changes a name"),
        ("blank.zip", " z.writestr('f.cert.json ','{}')\n", "Windows changes a name"),
        ("second.zip", second, "two names"),
    ] {
        let path = zip(&bench, name, lines);
        plain_words(&verify(&bench, &path, &[]).expect(4), &[name, words]);
    }
}
