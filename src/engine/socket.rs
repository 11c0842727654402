//! The way between consoles and the engine: a Unix socket that only the owner of the engine may open,
//! and one JSON object a line on it.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use zeroize::Zeroizing;

use super::desk::Input;
use super::hub::Hub;
use super::{Order, Report};

/// The longest order, in bytes. A report may be as long as a plan for many drives.
const ORDER: u64 = 64 << 10;
const REPORT: u64 = 16 << 20;

/// How long a console may take to read a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// The engine's end, and the right to be the only engine there.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    _only: Flock<File>,
}

impl Listener {
    /// Opens the socket at `path`, in a folder that nobody else may enter.
    ///
    /// # Errors
    /// Another engine is there (`AddrInUse`), or the place cannot be used.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        let file =
            File::options().write(true).create(true).truncate(false).open(PathBuf::from(lock))?;
        let only = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|_| io::Error::from(io::ErrorKind::AddrInUse))?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(Self { socket, _only: only })
    }

    /// Takes in consoles for ever. What they ask for goes to `told`.
    pub fn serve(&self, hub: &Hub, told: &Sender<Input>) {
        for stream in self.socket.incoming() {
            // Too many open files, or a console that is gone already.
            let Ok(stream) = stream else {
                std::thread::sleep(Duration::from_millis(100));
                continue;
            };
            if may_order(&stream) {
                let _ = attend(stream, hub.clone(), told.clone());
            }
        }
    }
}

/// Whether it is root's, or that of whoever the engine belongs to.
fn may_order(stream: &UnixStream) -> bool {
    let own = nix::unistd::geteuid().as_raw();
    getsockopt(stream, PeerCredentials).is_ok_and(|peer| peer.uid() == 0 || peer.uid() == own)
}

/// One console: a thread that reads what it asks, and one that writes what it is told.
fn attend(stream: UnixStream, hub: Hub, told: Sender<Input>) -> io::Result<()> {
    let mut writer = stream.try_clone()?;
    // One that does not read for so long is given up, and orders nothing any more.
    writer.set_write_timeout(Some(PATIENCE))?;
    let (console, lines) = hub.join();
    std::thread::Builder::new().spawn(move || {
        for mut line in lines {
            line.push('\n');
            if writer.write_all(line.as_bytes()).is_err() {
                break;
            }
        }
        // Given up, or gone: then the other thread ends too.
        let _ = writer.shutdown(Shutdown::Both);
    })?;
    std::thread::Builder::new().spawn(move || {
        let _ = told.send(Input::Came(console));
        // What it reads may be a secret, which then lies in the line that is erased and nowhere else.
        let mut reader = BufReader::with_capacity(1, stream);
        while let Ok(Some(line)) = line(&mut reader, ORDER) {
            match serde_json::from_slice::<Order>(&line) {
                Ok(order) => {
                    if told.send(Input::Order(console, order)).is_err() {
                        break;
                    }
                }
                Err(_) => {
                    let why = "That order is not understood; the console is of another version.";
                    hub.tell(console, &Report::Declined(why.to_owned().into()));
                }
            }
        }
        hub.leave(console);
    })?;
    Ok(())
}

/// One line without its end; nothing if there is none any more, and an error if it is too long.
/// There may be a secret in it.
fn line(
    reader: &mut BufReader<UnixStream>,
    longest: u64,
) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // As long as an order may be: a line that grows leaves copies of itself behind.
    let room = usize::try_from(longest.min(ORDER)).unwrap_or_default();
    let mut line = Zeroizing::new(Vec::with_capacity(room));
    reader.by_ref().take(longest).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// A console's end, for what it is told.
#[derive(Debug)]
pub struct Ear(BufReader<UnixStream>);

/// A console's end, for what it asks.
#[derive(Debug)]
pub struct Mouth(UnixStream);

/// Connects a console.
///
/// # Errors
/// There is no engine, or it is somebody else's.
pub fn connect(path: &Path) -> io::Result<(Ear, Mouth)> {
    let stream = UnixStream::connect(path)?;
    Ok((Ear(BufReader::new(stream.try_clone()?)), Mouth(stream)))
}

impl Ear {
    /// The next report; nothing when the engine is gone.
    ///
    /// # Errors
    /// The line is broken, or not understood.
    pub fn hear(&mut self) -> io::Result<Option<Report>> {
        let Some(line) = line(&mut self.0, REPORT)? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&line)?))
    }
}

impl Mouth {
    /// Asks for something.
    ///
    /// # Errors
    /// The engine is gone.
    pub fn ask(&mut self, order: &Order) -> io::Result<()> {
        let mut line = Zeroizing::new(serde_json::to_vec(order)?);
        line.push(b'\n');
        self.0.write_all(&line)
    }
}
