//! What lies in folders, ZIPs and PDFs when nobody has tidied up, or somebody means harm.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Bench, NULSTIL, Ran, command, nulstil, nulstil_as_nobody, plain_words, text};

/// A folder with one good certificate in it, whose bytes come along.
fn folder_with_certificate() -> (Bench, PathBuf, Vec<u8>) {
    let bench = Bench::new();
    bench.wipe(&[text(&bench.image("image.img", 1 << 20))]).expect(0);
    let folder = bench.path("folder");
    fs::create_dir(&folder).unwrap();
    let good = fs::read(&bench.results(".cert.json")[0]).unwrap();
    fs::write(folder.join("good.cert.json"), &good).unwrap();
    (bench, folder, good)
}

/// `verify` in less address space than a reader of everything would take.
fn verify(bench: &Bench, path: &Path, json: bool) -> Ran {
    let (root, json) = (bench.path("root.pub"), if json { "--json" } else { "" });
    let line = format!(
        "ulimit -v 400000 && exec {NULSTIL} verify '{}' --root {} {json}",
        text(path),
        text(&root)
    );
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// One sentence with these words for the file of this name, 4, and the good one beside it is still
/// judged.
#[track_caller]
fn tells(bench: &Bench, folder: &Path, name: &str, words: &[&str]) {
    let ran = verify(bench, folder, true).expect(4);
    plain_words(&ran, &[&[name], words].concat());
    let summary = ran.summary();
    assert_eq!((&summary["authentic"], &summary["judged"]), (&1.into(), &2.into()), "{ran:?}");
}

#[test]
fn what_is_no_file_in_a_folder() {
    let (bench, folder, _) = folder_with_certificate();
    // A folder that leads back to itself is not followed, and nothing in it is counted twice.
    symlink(&folder, folder.join("again")).unwrap();
    symlink("..", folder.join("up")).unwrap();
    assert_eq!(verify(&bench, &folder, true).expect(0).summary()["judged"], 1);
    let at = folder.join("x.cert.json");
    symlink(&folder, &at).unwrap();
    tells(&bench, &folder, "x.cert.json", &["not a file"]);
    fs::remove_file(&at).unwrap();
    symlink(&at, &at).unwrap();
    tells(&bench, &folder, "x.cert.json", &["cannot be read"]);
    fs::remove_file(&at).unwrap();
    symlink("gone", &at).unwrap();
    tells(&bench, &folder, "x.cert.json", &["no such file"]);
    fs::remove_file(&at).unwrap();
    symlink("/dev/zero", &at).unwrap();
    tells(&bench, &folder, "x.cert.json", &["not a file"]);
    fs::remove_file(&at).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(&at).unwrap();
    tells(&bench, &folder, "x.cert.json", &["not a file"]);
    drop(socket);
    fs::remove_file(&at).unwrap();
    for ending in ["cert.json", "cert.pdf", "validation.json", "zip"] {
        let name = format!("x.{ending}");
        let fifo = folder.join(&name);
        assert!(command("mkfifo", &[text(&fifo)]));
        tells(&bench, &folder, &name, &["not a file"]);
        fs::remove_file(&fifo).unwrap();
    }
    // Major 1, minor 5 is /dev/zero.
    if command("mknod", &[text(&at), "c", "1", "5"]) {
        tells(&bench, &folder, "x.cert.json", &["not a file"]);
    } else {
        crate::common::skipped("what_is_no_file_in_a_folder", "no device nodes can be made here");
    }
}

/// What `--complete` comes to.
fn completeness(bench: &Bench, path: &Path) -> String {
    let root = bench.path("root.pub");
    let ran = nulstil(["verify", text(path), "--complete", "--root", text(&root), "--json"]);
    ran.summary()["completeness"].as_str().unwrap().to_owned()
}

/// Windows does not know upper and lower case apart, nor do the sticks that files travel on.
#[test]
fn endings_in_any_case() {
    let (bench, folder, good) = folder_with_certificate();
    for name in ["x.CERT.JSON", "x.Destroy.json", "x.INSPECTION.JSON", "x.cert.PDF", "x.ZIP"] {
        fs::write(folder.join(name), "{}").unwrap();
        tells(&bench, &folder, name, &[]);
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::write(folder.join("x.VALIDATION.JSON"), "{}").unwrap();
    tells(&bench, &folder, "x.VALIDATION.JSON", &["signature block"]);
    fs::remove_file(folder.join("x.VALIDATION.JSON")).unwrap();
    fs::rename(folder.join("good.cert.json"), folder.join("GOOD.CERT.JSON")).unwrap();
    assert_eq!(verify(&bench, &folder, true).expect(0).summary()["sanitized"], 1);
    // Beside it the same is the same, and another is another.
    fs::write(folder.join("GOOD.cert.json"), &good).unwrap();
    assert_eq!(verify(&bench, &folder, true).expect(0).summary()["sanitized"], 1);
}

/// An empty ZIP, or one full of something else, is nothing that was looked at.
#[test]
fn a_zip_under_a_documents_name() {
    let (bench, folder, _) = folder_with_certificate();
    let empty = [&b"PK\x05\x06"[..], &[0; 18]].concat();
    for name in ["x.cert.json", "x.destroy.json", "x.inspection.json", "x.validation.json"] {
        fs::write(folder.join(name), &empty).unwrap();
        tells(&bench, &folder, name, &["not a well-formed document"]);
        fs::remove_file(folder.join(name)).unwrap();
    }
    for name in ["x.machine.json", "x.start.json"] {
        fs::write(folder.join(name), &empty).unwrap();
        assert_eq!(verify(&bench, &folder, true).expect(0).summary()["otherFiles"], 1);
        assert_eq!(completeness(&bench, &folder), "incomplete");
        verify(&bench, &folder.join(name), true).expect(4);
        fs::remove_file(folder.join(name)).unwrap();
    }
}

#[test]
fn what_was_not_looked_at_is_told() {
    let (bench, folder, _) = folder_with_certificate();
    assert_eq!(verify(&bench, &folder, true).expect(0).summary()["otherFiles"], 0);
    fs::write(folder.join("good.tlog-proof"), "").unwrap();
    fs::write(folder.join("note.txt"), "").unwrap();
    fs::create_dir(folder.join("deeper")).unwrap();
    fs::write(folder.join("deeper/REJECTED.json"), "{}").unwrap();
    let zip = folder.join("batch.zip");
    let program = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w')\n\
                   z.writestr('a.csv','')\nz.writestr('b/','')\n\
                   z.writestr('f.cert.json/','{}')\nz.close()";
    assert!(command("python3", &["-c", program, text(&zip)]));
    assert_eq!(verify(&bench, &folder, true).expect(0).summary()["otherFiles"], 4);
    let plain = verify(&bench, &folder, false).expect(0);
    assert!(plain.stdout.contains("Other files, not looked at: 4\n"), "{plain:?}");

    // A link to a folder is named: what is behind it may be what is missing. (The sessions' records
    // are not in this folder, so only one of the two reasons may count here.)
    let whole = bench.out();
    assert_eq!(completeness(&bench, &whole), "complete");
    symlink(&folder, whole.join("more")).unwrap();
    assert_eq!(completeness(&bench, &whole), "incomplete");
    plain_words(&verify(&bench, &whole, true), &["more", "link", "not followed"]);
}

#[test]
fn a_folder_that_lies_too_deep_is_judged_whatever_its_name() {
    let (bench, folder, _) = folder_with_certificate();
    let deep = (0..16).fold(folder.clone(), |path, n| path.join(n.to_string()));
    for name in ["x.trust", "x.validation.json", "x"] {
        fs::create_dir_all(deep.join(name)).unwrap();
        tells(&bench, &folder, name, &["too deep"]);
        fs::remove_dir(deep.join(name)).unwrap();
    }
}

#[test]
fn a_folder_that_must_not_be_read() {
    let (bench, folder, _) = folder_with_certificate();
    let secret = folder.join("secret");
    fs::create_dir(&secret).unwrap();
    fs::write(folder.join("x.cert.json"), "{}").unwrap();
    for (path, mode) in [(bench.dir.path(), 0o755), (&secret, 0), (&folder.join("x.cert.json"), 0)]
    {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let root = bench.path("root.pub");
    let args = ["verify", text(&folder), "--root", text(&root), "--json"];
    let Some(ran) = nulstil_as_nobody("a_folder_that_must_not_be_read", &args) else { return };
    let ran = ran.expect(4);
    plain_words(&ran, &["secret", "must not be read by this user"]);
    plain_words(&ran, &["x.cert.json", "must not be read by this user"]);
    assert_eq!(ran.summary()["authentic"], 1);
}

#[test]
fn a_hundred_thousand_files() {
    let (bench, folder, _) = folder_with_certificate();
    for n in 0..100_000 {
        File::create(folder.join(format!("{n}.cert.json"))).unwrap();
    }
    let ran = verify(&bench, &folder, true).expect(4);
    let summary = ran.summary();
    assert_eq!((&summary["judged"], &summary["rejected"]), (&100_001.into(), &100_000.into()));
    assert_eq!(summary["sanitized"], 1);
}

/// Whatever a file is at the moment it is read, it is judged as that, and the rest as ever.
#[test]
fn files_that_vanish_and_grow_meanwhile() {
    let (bench, folder, good) = folder_with_certificate();
    for n in 0..2000 {
        fs::write(folder.join(format!("{n:04}.cert.json")), &good).unwrap();
    }
    let root = bench.path("root.pub");
    let args = ["verify", text(&folder), "--root", text(&root), "--json"];
    let ran = std::thread::scope(|scope| {
        let ran = scope.spawn(|| nulstil(args));
        for n in (0..2000).rev() {
            let path = folder.join(format!("{n:04}.cert.json"));
            if n % 2 == 0 {
                fs::remove_file(path).unwrap();
            } else {
                let mut file = File::options().append(true).open(path).unwrap();
                file.write_all(b" \n{").unwrap();
            }
        }
        ran.join().unwrap()
    });
    assert!([0, 4].contains(&ran.code), "{}", ran.code);
    for line in ran.json().iter().filter(|line| line["event"] == "certificate") {
        let reason = line["reason"].as_str().unwrap_or_default();
        let known = match line["verdict"].as_str().unwrap() {
            "authentic" => true,
            "unreadable" => reason.contains("no such file"),
            _ => reason.contains("follows after the end"),
        };
        assert!(known, "{line}");
    }
}

#[test]
fn names_that_play_with_the_terminal() {
    let (bench, folder, _) = folder_with_certificate();
    let wild = "\u{1b}[2J\u{7}\u{202e}nosj.\u{9b}1m\r\n";
    fs::write(folder.join(format!("{wild}.cert.json")), "{}").unwrap();
    fs::write(folder.join(format!("{wild}.trust")), "{}").unwrap();
    fs::create_dir(folder.join(format!("{wild}.d"))).unwrap();
    fs::write(folder.join(format!("{wild}.d/x.zip")), "PK").unwrap();
    let zip = folder.join("names.zip");
    let program = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w')\n\
                   z.writestr('\\u202enosj.\\u009b1m.cert.json','{}')\nz.close()";
    assert!(command("python3", &["-c", program, text(&zip)]));
    for json in [false, true] {
        let ran = verify(&bench, &folder, json).expect(4);
        for text in [&ran.stdout, &ran.stderr] {
            let raw =
                |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
            assert!(!text.contains(raw), "{text:?}");
        }
        // A line feed in a name makes no line of its own.
        assert!(ran.stderr.lines().all(|line| {
            ["nulstil: ", "Trusted root key", "/"].iter().any(|start| line.starts_with(start))
        }));
        assert!(
            !json
                || ran
                    .json()
                    .iter()
                    .any(|line| { line["path"].as_str().is_some_and(|path| path.contains(wild)) })
        );
    }
}

#[test]
fn texts_that_are_none() {
    let (bench, folder, good) = folder_with_certificate();
    let good = String::from_utf8(good).unwrap();
    let at = good.find("\"name\"").unwrap();
    let with = |bytes: &[u8]| [&good.as_bytes()[..at], bytes, &good.as_bytes()[at..]].concat();
    for (bytes, words) in [
        (with(br#""x": "\ud800","#), "not"),
        (with(br#""x": "\udc00\ud800","#), "not"),
        (with(br#""\udfff": 1,"#), "not"),
        (with(b"\"x\": \"\xed\xa0\x80\","), "UTF-8"),
        (with(b"\"x\": \"\xc0\xaf\","), "UTF-8"),
        (with(b"\"\xff\": 1,"), "UTF-8"),
    ] {
        fs::write(folder.join("x.cert.json"), bytes).unwrap();
        tells(&bench, &folder, "x.cert.json", &[words, "do not accept"]);
    }
}

#[test]
fn zips_that_are_locked_or_say_two_things() {
    let (bench, folder, _) = folder_with_certificate();
    let zip = folder.join("x.zip");
    for (lines, words) in [
        ("z.writestr('x.cert.json','{}')\nz.filelist[0].flag_bits|=1", "encrypted"),
        ("z.writestr('x.cert.json','{}')\nz.writestr('x.cert.json','1')", "are called"),
        ("z.writestr('x.cert.json','{}')\nz.filelist[0].filename='y.cert.json'", "another name"),
        ("z.writestr('x.cert.json','{}')\nz.filelist[0].CRC=1", "something else than the list"),
        ("z.writestr('x.cert.json','{}')\nz.filelist[0].compress_type=9", "packed in a way"),
        ("z.writestr('x\\ny.cert.json','{}')", "leads out of its folder"),
        ("z.writestr('x.cert.json',bytes(1<<28))", "too large"),
    ] {
        let program =
            format!("import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w',8)\n{lines}\nz.close()");
        assert!(command("python3", &["-W", "ignore", "-c", &program, text(&zip)]));
        tells(&bench, &folder, "x.zip", &[words]);
    }
}

/// Pages that this program made, as they are and as others save them again.
#[test]
fn real_pages_and_what_others_make_of_them() {
    let (bench, folder, good) = folder_with_certificate();
    let page = bench.results(".cert.pdf").remove(0);
    let at = folder.join("x.cert.pdf");
    let saved = |options: &[&str]| {
        assert!(
            command("qpdf", &[options, &["--", text(&page), text(&at)]].concat()),
            "{options:?}"
        );
    };
    if !command("qpdf", &["--version"]) {
        crate::common::skipped("real_pages_and_what_others_make_of_them", "there is no qpdf");
        return;
    }
    fs::remove_file(folder.join("good.cert.json")).unwrap();
    // The attachment is where it was, and is the same bytes.
    for options in [
        &["--object-streams=disable"][..],
        &["--stream-data=uncompress"],
        &["--qdf"],
        &["--recompress-flate", "--compression-level=9"],
    ] {
        saved(options);
        let ran = verify(&bench, &folder, true).expect(0);
        assert_eq!(ran.summary()["sanitized"], 1, "{options:?} {ran:?}");
        let zip = bench.path("pages.zip");
        let program = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w',8)\n\
                       z.write(sys.argv[2],'certs/x.cert.pdf')\nz.close()";
        assert!(command("python3", &["-c", program, text(&zip), text(&at)]));
        let ran = verify(&bench, &zip, true).expect(0);
        assert_eq!(ran.summary()["sanitized"], 1, "{options:?} {ran:?}");
    }
    fs::write(folder.join("good.cert.json"), &good).unwrap();
    // Two tables, names packed into a stream, or bytes under a password: not looked into, and said.
    for (options, words) in [
        (&["--linearize"][..], "ask for the PDF as it was made"),
        (&["--object-streams=generate"], "ask for the PDF as it was made"),
        (&["--encrypt", "", "owner", "256"], "encrypted"),
        (&["--encrypt", "user", "owner", "256"], "encrypted"),
        (&["--encrypt", "user", "owner", "128", "--use-aes=y"], "encrypted"),
        (&["--empty", "--pages", text(&page), "1"], "carries no certificate"),
    ] {
        if options[0] == "--empty" {
            let args = [options, &["--", text(&at)]].concat();
            assert!(command("qpdf", &args));
        } else {
            saved(options);
        }
        tells(&bench, &folder, "x.cert.pdf", &[words]);
    }
    // A bomb for an attachment.
    let zeros = format!("{}/zeros", text(bench.dir.path()));
    let program = "import sys,zlib\nopen(sys.argv[1],'wb').write(zlib.compress(bytes(1<<28),9))";
    assert!(command("python3", &["-c", program, &zeros]));
    let mut objects = crate::common::pdf::objects(&[("x.cert.json", &fs::read(zeros).unwrap())]);
    objects.last_mut().unwrap().1.splice(2..2, *b"/Filter/FlateDecode");
    fs::write(&at, crate::common::pdf::file(&objects, "")).unwrap();
    tells(&bench, &folder, "x.cert.pdf", &["too large"]);
}
