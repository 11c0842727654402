//! `nulstil engine`: the process that owns the drives of a bench. `nulstil console` starts it; it goes
//! on when the terminal of that is gone.

use std::sync::mpsc;

use super::args::{AsksArg, BenchArgs, EngineArgs};
use super::files::read_small;
use super::station::text;
use super::{Exit, Stop, paper, plan};
use crate::cert::profile;
use crate::engine::{Asks, Desk, Folder, Hub, Keeping, Listener, Setting, Signing};
use crate::model::Paperwork;
use crate::plan::Policy;

/// An authorization larger than this is none.
const LARGEST_AUTHORIZATION: u64 = 64 << 10;

pub(super) fn engine(args: &EngineArgs) -> Result<Exit, Stop> {
    // A session of its own: what happens to the terminal it was started from is nothing to it.
    let _ = nix::unistd::setsid();
    let bench = bench(&args.bench)?;
    let listener = Listener::open(&args.socket)
        .map_err(|error| Stop::refused(format!("{}: {error}.", args.socket.display())))?;
    let (told, inputs) = mpsc::channel();
    let hub = Hub::default();
    let desk = Desk::new(Box::new(bench), hub.clone(), told.clone());
    std::thread::spawn(move || listener.serve(&hub, &told));
    desk.run(&inputs, true);
    let _ = std::fs::remove_file(&args.socket);
    Ok(Exit::Done)
}

fn bench(args: &BenchArgs) -> Result<Folder, Stop> {
    let (Some(key), Some(path), Some(out)) = (&args.key, &args.authorization, &args.out) else {
        return Err(Stop::usage("It needs --key, --authorization and --out."));
    };
    let wrong = |why: String| Stop::refused(format!("--authorization {}: {why}.", path.display()));
    let bytes = read_small(path, LARGEST_AUTHORIZATION).map_err(wrong)?;
    let authorization = profile::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
    let policy = args.policy.as_deref().map(plan::policy).transpose().map_err(Stop::refused)?;
    let out = out
        .canonicalize()
        .map_err(|error| Stop::refused(format!("--out {}: {error}.", out.display())))?;
    let setting = Setting {
        language: paper::language(args.language),
        asks: match args.asks {
            AsksArg::ScanStartsWipe => Asks::ScanStartsWipe,
            AsksArg::AskEachDisk => Asks::AskEachDisk,
        },
        policy: policy.unwrap_or_else(Policy::default),
        paperwork: Paperwork {
            asset_tag: None,
            operator: text(args.operator.as_deref()),
            location: text(args.location.as_deref()),
        },
        signing: Signing::Locked,
        keeping: Keeping::Folder { path: out.display().to_string() },
        obstacles: Vec::new(),
        expected: None,
        remarks: Vec::new(),
    };
    Ok(Folder::new(key.clone(), authorization, out, args.drives.clone(), setting))
}
