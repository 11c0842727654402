//! Something to try the console with: two made-up drives, keys, and a folder for results.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cert::document;
use crate::cli::Stop;
use crate::cli::console::Console;
use crate::cli::key::making;
use crate::keys::{KeyError, private};
use crate::model::Language;

/// The size of a made-up drive.
const SIZE: usize = 96 << 20;

/// For how many days the station may sign.
const DAYS: u32 = 30;

/// A folder for it, and the words of the command line for an engine there.
pub(super) fn bench(language: Language) -> Result<(PathBuf, Vec<OsString>), Stop> {
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
    make_keys(&folder)?;
    let at = |name: &str| folder.join(name).into_os_string();
    let mut words = vec!["--key".into(), at("station.key")];
    words.extend(["--authorization".into(), at("station.auth"), "--out".into(), at("results")]);
    words.extend(["--language".into(), language.choose("en", "da").into()]);
    words.extend(["--".into(), at("drive-1.img"), at("drive-2.img")]);
    Ok((folder, words))
}

/// Keys without passphrase: they protect nothing.
fn make_keys(folder: &Path) -> Result<(), Stop> {
    let fault = |error: KeyError| Stop::fault(format!("{error}."));
    for name in ["root", "station"] {
        if !folder.join(format!("{name}.key")).exists() {
            private::create(folder, name, None).map_err(fault)?;
        }
    }
    let [root, key, out] =
        ["root.key", "station.pub", "station.auth"].map(|name| folder.join(name));
    if !out.exists() {
        let kinds = &document::TYPES[..];
        making::authorize(&Console::new(false), &root, kinds, &key, &out, None, DAYS)?;
    }
    Ok(())
}

/// What to look at afterwards.
pub(super) fn tell(folder: &Path) {
    let at = folder.display();
    let console = Console::new(false);
    console.line(&format!("The made-up drives and their certificates are in {at}. To check them:"));
    console.line(&format!("    nulstil verify {at}/results --root {at}/root.pub"));
}
