//! `nulstil demo`: the whole way on a made-up disk image, in plain words.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{DemoArgs, HowArgs};
use super::console::{Console, bytes};
use super::progress::Show;
use super::wipe::{Options, execute};
use super::{Exit, Stop, key, plan};
use crate::cert::ending;
use crate::cert::{Authorization, Trust, did, profile, verify};
use crate::clock;
use crate::keys::{KeyError, private, public};
use crate::model::{Outcome, VerifyMode};
use crate::os::{EngineChoice, LinuxBay};
use crate::plan::{ArmedPlan, Consent};
use crate::run::{self, Outbox, Signer, Station};

/// Size of the disk image.
const SIZE: u64 = 256 << 20;

/// The list of files a demo made, by which a rerun knows its own.
const LIST: &str = "demo-files.txt";

/// The first line of that list, by which it is known as a demo's.
const HEAD: &str = "Made by nulstil demo; the next demo here replaces these files, and no others:";

const IMAGE: &str = "disk.img";

pub(super) fn demo(console: &Console, args: &DemoArgs) -> Result<Exit, Stop> {
    fs::create_dir_all(&args.dir).map_err(|error| at(&args.dir, &error))?;
    let dir = args.dir.canonicalize().map_err(|error| at(&args.dir, &error))?;
    let mut files = Files::begin(&dir)?;
    let say = |text: &str| console.line(text);

    say("This demo erases a made-up disk and proves it. No real drive is touched.");
    say("");
    say(&format!("1. A disk image of {} full of made-up office records.", bytes(SIZE)));
    let image = files.own(IMAGE)?;
    let last = fill(&image).map_err(|error| at(&image, &error))?;
    say("   Anybody can read it. These are raw bytes from the middle and the end of it:");
    for offset in [SIZE / 2, last] {
        say(&format!("   > {}", peek(&image, offset).map_err(|error| at(&image, &error))?));
    }

    say("");
    say("2. Keys: a root key that stays in the safe, and a station key that the root authorizes.");
    let keys = Keys::make(&dir, &mut files)?;
    say(&format!("   Root fingerprint: {}", public::fingerprint(&keys.root)));

    say("");
    say("3. The plan, made and carried out by the same code as for a real drive:");
    let certificate = erase(console, &dir, &image, keys.station, &mut files)?;

    say("");
    say("4. The same places of the image now:");
    for offset in [SIZE / 2, last] {
        say(&format!("   > {}", peek(&image, offset).map_err(|error| at(&image, &error))?));
    }

    say("");
    say("5. An auditor checks the certificate, with nothing but the root's public key:");
    let trust = Trust::new(keys.root);
    let genuine = fs::read(&certificate).map_err(|error| at(&certificate, &error))?;
    let verified = verify(&genuine, &trust, clock::now())
        .map_err(|rejection| Stop::fault(format!("the demo's certificate: {rejection}.")))?;
    if !verified.is_sanitized() {
        return Err(Stop::fault("the demo's certificate does not say sanitized."));
    }
    say("   Authentic, and it says: sanitized, method clear.");

    say("");
    say("6. Somebody changes one byte of it:");
    let forged = forge(&certificate, &genuine, &mut files)?;
    let changed = fs::read(&forged).map_err(|error| at(&forged, &error))?;
    match verify(&changed, &trust, clock::now()) {
        Ok(_) => return Err(Stop::fault("the forged certificate was accepted.")),
        Err(rejection) => say(&format!("   Refused: {rejection}.")),
    }

    say("");
    say("Its files:");
    let paths = files.finish()?;
    for path in &paths {
        say(&path.display().to_string());
    }
    say("");
    say("Check it yourself, with:");
    let program = std::env::current_exe().unwrap_or_else(|_| "nulstil".into());
    say(&format!(
        "   {} verify {} --root {}",
        program.display(),
        certificate.display(),
        dir.join("root.pub").display()
    ));
    console.json(&json!({
        "event": "demo",
        "files": paths,
        "certificate": certificate,
        "forged": forged,
        "root": dir.join("root.pub"),
    }));
    Ok(Exit::Done)
}

/// The keys of the demo. Without passphrase: they protect nothing.
struct Keys {
    root: ed25519_dalek::VerifyingKey,
    station: Station,
}

impl Keys {
    fn make(dir: &Path, files: &mut Files) -> Result<Self, Stop> {
        let mut make = |name: &str| -> Result<ed25519_dalek::SigningKey, Stop> {
            let fault = |error| Stop::fault(format!("{error}."));
            for ending in ["key", "pub"] {
                files.own(&format!("{name}.{ending}"))?;
            }
            let paths = private::create(dir, name, None).map_err(fault)?;
            let none = || Err(KeyError::NoPassphrase("the demo's keys have none".to_owned()));
            private::load(&paths.private, none).map_err(fault)
        };
        let (root, station) = (make("root")?, make("station")?);
        let now = clock::now();
        let path = files.own("station.auth")?;
        let mut authorization = key::making::authorization(
            "Demo root",
            "Demo station",
            did::of(&station.verifying_key()),
            now,
            1,
        );
        crate::paper::delegate(&mut authorization, &root)
            .map_err(|error| Stop::fault(format!("{error}.")))?;
        let signed = Authorization::sign(&authorization, &root, now)
            .map_err(|error| Stop::fault(format!("{error}.")))?;
        let text = profile::pretty(&signed).map_err(|error| Stop::fault(format!("{error}.")))?;
        fs::write(&path, text).map_err(|error| at(&path, &error))?;
        let station =
            Station::new(station, signed, now).map_err(|error| Stop::fault(format!("{error}.")))?;
        Ok(Self { root: root.verifying_key(), station })
    }
}

/// Plans, consents, erases and certifies; gives the path of the certificate.
fn erase(
    console: &Console,
    dir: &Path,
    image: &Path,
    station: Station,
    files: &mut Files,
) -> Result<PathBuf, Stop> {
    let outbox = Outbox::open(dir).map_err(|error| Stop::refused(error.to_string()))?;
    let how = HowArgs { verify: Some(VerifyMode::Full), ..HowArgs::default() };
    let plan = plan::make(&LinuxBay::live(EngineChoice::Auto), &[image.to_owned()], &how);
    if !console.is_json() {
        plan::show(console, &plan.document(), "   ");
    }
    if plan::refusals(console, &plan) != Exit::Done {
        return Err(Stop::refused("The demo's disk image cannot be used; name another --dir."));
    }
    let digest = plan.digest().unwrap_or_default();
    let armed = ArmedPlan::new(&plan, Consent::ahead(&digest))
        .map_err(|error| Stop::fault(format!("{error}.")))?;
    let before = files.present()?;
    let exit = execute(
        console,
        Show::new(console),
        Signer::Station(&station),
        &outbox,
        Options::default(),
        Outcome::Sanitized,
        |setup| run::wipe(armed, setup),
    )?;
    let made: Vec<PathBuf> =
        files.present()?.into_iter().filter(|path| !before.contains(path)).collect();
    files.made(&made);
    let certificate =
        made.into_iter().find(|path| path.to_string_lossy().ends_with(ending::CERTIFICATE));
    match certificate {
        Some(certificate) if exit == Exit::Done => Ok(certificate),
        _ => Err(Stop { exit, message: "The demo's disk image was not erased.".to_owned() }),
    }
}

/// The certificate with one byte changed: the serial number of a good lie.
fn forge(certificate: &Path, genuine: &[u8], files: &mut Files) -> Result<PathBuf, Stop> {
    let name = certificate.file_name().unwrap_or_default().to_string_lossy();
    let name = name.replace(ending::CERTIFICATE, ".forged.json");
    let path = files.own(&name)?;
    let mut forged = genuine.to_vec();
    let word = b"\"capacityBytes\": ";
    let digit = forged.windows(word.len()).position(|window| window == word);
    if let Some(byte) = digit.and_then(|at| forged.get_mut(at + word.len())) {
        *byte = if *byte == b'9' { b'8' } else { *byte + 1 };
    }
    fs::write(&path, &forged).map_err(|error| at(&path, &error))?;
    Ok(path)
}

/// Fills the image with records; gives the offset of the last one.
fn fill(path: &Path) -> std::io::Result<u64> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut chunk = Vec::with_capacity(1 << 20);
    let (mut number, mut written, mut last) = (0_u64, 0_u64, 0);
    while written < SIZE {
        chunk.clear();
        while chunk.len() < 1 << 20 {
            let record = record(number);
            number += 1;
            let room = (1 << 20) - chunk.len();
            if room >= record.len() {
                last = written + chunk.len() as u64;
            }
            chunk.extend(record.bytes().take(room));
        }
        file.write_all(&chunk)?;
        written += chunk.len() as u64;
    }
    file.sync_all()?;
    Ok(last)
}

/// One made-up record. Nobody of that name, number or illness exists.
fn record(number: u64) -> String {
    const NAMES: [&str; 6] =
        ["Anna Prøve", "Bo Eksempel", "Clara Opdigtet", "Dan Test", "Eva Attrap", "Finn Fiktiv"];
    const MATTERS: [&str; 5] = [
        "sick note, until Friday",
        "application for home help",
        "salary 31,250.00 DKK",
        "minutes of a private meeting",
        "password hint: name of the dog",
    ];
    let pick = |list: &[&'static str], n: u64| {
        usize::try_from(n % list.len() as u64).ok().and_then(|i| list.get(i).copied()).unwrap_or("")
    };
    format!(
        "RECORD {number:08} | {} | CPR 000000-{:04} | {}\n",
        pick(&NAMES, number),
        number * 7919 % 10_000,
        pick(&MATTERS, number / 6)
    )
}

/// A line of what stands at `offset`, as a person would see it in a hex viewer.
fn peek(path: &Path, offset: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut raw = [0; 160];
    file.read_exact(&mut raw[..96])?;
    let raw = &raw[..96];
    if raw.iter().all(|byte| *byte == 0) {
        return Ok(format!("{} zero bytes", raw.len()));
    }
    let text = String::from_utf8_lossy(raw);
    let line = text.lines().max_by_key(|line| line.len()).unwrap_or_default();
    Ok(line.trim_matches('\u{fffd}').to_owned())
}

/// The files in the demo's directory that are the demo's.
struct Files {
    dir: PathBuf,
    ours: Vec<PathBuf>,
}

impl Files {
    /// Removes what an earlier demo made there, and nothing else.
    fn begin(dir: &Path) -> Result<Self, Stop> {
        let list = dir.join(LIST);
        let earlier = match fs::read_to_string(&list) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(at(&list, &error)),
        };
        if !earlier.is_empty() && earlier.lines().next() != Some(HEAD) {
            return Err(foreign(&list));
        }
        for name in earlier.lines().skip(1) {
            // A name, never a path: whatever the list says, nothing outside is touched.
            if Path::new(name).file_name().is_some_and(|plain| plain == name) {
                match fs::remove_file(dir.join(name)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(at(&dir.join(name), &error));
                    }
                    _ => {}
                }
            }
        }
        let mut files = Self { dir: dir.to_owned(), ours: Vec::new() };
        files.made(&[list]);
        Ok(files)
    }

    /// Claims a name for a file of ours; somebody else's file of that name is left alone.
    fn own(&mut self, name: &str) -> Result<PathBuf, Stop> {
        let path = self.dir.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(foreign(&path));
        }
        self.made(std::slice::from_ref(&path));
        Ok(path)
    }

    /// Notes files of ours, at once: a demo that is cut off still knows them next time.
    fn made(&mut self, paths: &[PathBuf]) {
        self.ours.extend_from_slice(paths);
        let names: Vec<_> =
            self.ours.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        let _ = fs::write(self.dir.join(LIST), format!("{HEAD}\n{}\n", names.join("\n")));
    }

    /// Everything that is in the directory now.
    fn present(&self) -> Result<Vec<PathBuf>, Stop> {
        let entries = fs::read_dir(&self.dir).map_err(|error| at(&self.dir, &error))?;
        Ok(entries.flatten().map(|entry| entry.path()).collect())
    }

    /// Our files that are there, in order.
    fn finish(mut self) -> Result<Vec<PathBuf>, Stop> {
        self.ours.retain(|path| path.exists());
        self.ours.sort();
        Ok(self.ours)
    }
}

fn foreign(path: &Path) -> Stop {
    Stop::refused(format!(
        "{} is already there and not from a demo; name another --dir.",
        path.display()
    ))
}

fn at(path: &Path, error: &std::io::Error) -> Stop {
    Stop::refused(format!("{}: {error}; name another --dir.", path.display()))
}
