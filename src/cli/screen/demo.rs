//! Something to try the console with: two made-up drives, keys, and a folder for results.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::Stop;
use crate::cli::console::Console;

/// The size of a made-up drive.
const SIZE: usize = 96 << 20;

/// A folder for it, and the words of the command line for an engine there.
pub(super) fn bench() -> Result<(PathBuf, Vec<OsString>), Stop> {
    let folder = PathBuf::from("nulstil-console-demo");
    let make = || -> std::io::Result<()> {
        fs::create_dir_all(folder.join("results"))?;
        let page = b"Kommunen, sagsnummer 4711: somebody's letters. ".repeat(1 << 10);
        for drive in ["drive-1.img", "drive-2.img"] {
            let mut file = File::create(folder.join(drive))?;
            for _ in 0..SIZE / page.len() {
                file.write_all(&page)?;
            }
        }
        Ok(())
    };
    make().map_err(|error| Stop::refused(format!("{}: {error}.", folder.display())))?;
    let authorize = ["key", "authorize", "--root", "root.key", "--station", "station.pub"];
    for (file, words) in [
        ("root.key", &["key", "new", "root", "--no-passphrase", "--dir", "."][..]),
        ("station.key", &["key", "new", "station", "--no-passphrase", "--dir", "."]),
        ("station.auth", &[&authorize[..], &["--out", "station.auth"]].concat()),
    ] {
        if !folder.join(file).exists() {
            run(&folder, words)?;
        }
    }
    let at = |name: &str| folder.join(name).into_os_string();
    let mut words = vec!["--key".into(), at("station.key")];
    words.extend(["--authorization".into(), at("station.auth"), "--out".into(), at("results")]);
    words.extend(["--".into(), at("drive-1.img"), at("drive-2.img")]);
    Ok((folder, words))
}

fn run(folder: &Path, words: &[&str]) -> Result<(), Stop> {
    let ran = Command::new("/proc/self/exe").args(words).current_dir(folder).output();
    match ran {
        Ok(ran) if ran.status.success() => Ok(()),
        Ok(ran) => Err(Stop::fault(String::from_utf8_lossy(&ran.stderr).trim().to_owned())),
        Err(error) => Err(Stop::fault(error.to_string())),
    }
}

/// What to look at afterwards.
pub(super) fn tell(folder: &Path) {
    let at = folder.display();
    let console = Console::new(false);
    console.line(&format!("The made-up drives and their certificates are in {at}. To check them:"));
    console.line(&format!("    nulstil verify {at}/results --root {at}/root.pub"));
}
