//! Keeps on the stick what the outbox in memory has: the first record of each journal before the
//! first write to a drive, then what is new once a minute, and each document as soon as it is
//! there. The outbox is what counts; whatever a pulled stick or a power cut left on the stick, the
//! next visit makes it the same.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::stick::{Folder, Stick, Trouble};
use crate::cert::ending;
use crate::run::{Mirror, SUFFIX};

/// How long a run waits for the stick before its first write. A stick that hangs for longer counts
/// as none.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether everything was on the stick when it was last looked at; or why not.
pub type State = Result<(), Trouble>;

/// What was copied, by name: a digest of it.
type Copied = BTreeMap<String, [u8; 32]>;

/// Makes `stick` have what `outbox` has, and leaves alone what else is there. A journal grows at its
/// end, so that there is a truth at every moment; anything else is put there whole.
///
/// # Errors
/// As the file systems say; some may be copied. Trying again goes on with the rest.
pub fn copy_all(outbox: &Path, stick: &mut dyn Folder) -> io::Result<()> {
    copy(&files(outbox)?, &Copied::new(), stick).map(|_| ())
}

/// The results in the outbox.
fn files(outbox: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(outbox)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        // Room that is reserved, and half a document, begin with a dot.
        if name.ends_with(SUFFIX)
            || ending::is(&name, &ending::ALL)
            || ending::is(&name, &[ending::PAGE])
        {
            names.extend((!name.starts_with('.')).then_some(name));
        }
    }
    names.sort();
    let read = |name: String| Ok((name.clone(), std::fs::read(outbox.join(name))?));
    names.into_iter().map(read).collect()
}

/// Copies what is not `copied` yet, and says what is there then. The first record of each journal comes
/// first, then the documents, then the rest of the journals, as all of it came into the outbox: no
/// document is there without the journals that tell of it, and no journal says that something was
/// certified whose certificate is not there. What is cut off in between is gone on with.
fn copy(
    files: &[(String, Vec<u8>)],
    copied: &Copied,
    stick: &mut dyn Folder,
) -> io::Result<Copied> {
    // What it has is not known of another stick.
    let nothing = Copied::new();
    let copied = if stick.is_another() { &nothing } else { copied };
    let all = || files.iter().map(|(name, bytes)| (name, &bytes[..]));
    let new = || all().filter(|(name, bytes)| copied.get(*name) != Some(&digest(bytes)));
    let is_journal = |name: &str| name.ends_with(SUFFIX);
    for (name, bytes) in new().filter(|(name, _)| is_journal(name) && !copied.contains_key(*name)) {
        if stick.read(name)?.is_none() {
            stick.replace(name, first_record(bytes))?;
        }
    }
    for (name, bytes) in new().filter(|(name, _)| !is_journal(name)) {
        if stick.read(name)?.as_deref() != Some(bytes) {
            stick.replace(name, bytes)?;
        }
    }
    for (name, bytes) in new().filter(|(name, _)| is_journal(name)) {
        let there = stick.read(name)?;
        match there.as_deref().and_then(|there| bytes.strip_prefix(there)) {
            Some([]) => {}
            Some(more) => stick.append(name, more)?,
            None => stick.replace(name, bytes)?,
        }
    }
    Ok(all().map(|(name, bytes)| (name.clone(), digest(bytes))).collect())
}

/// A record is a line.
fn first_record(journal: &[u8]) -> &[u8] {
    journal.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default()
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

enum Wish {
    Soon,
    Now(Sender<State>),
}

/// Who is told how the stick is.
type Say = Arc<dyn Fn(&State) + Send + Sync>;

/// A thread that keeps the stick.
#[derive(Clone)]
pub struct Keeper {
    wishes: Sender<Wish>,
    say: Say,
    outbox: PathBuf,
    copied: Arc<Mutex<Copied>>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keeper")
    }
}

impl Keeper {
    /// Starts to keep on `stick` what `outbox` has, at least every so often. `say` is told each
    /// time that something else is true than before. It ends when this and its clones are gone.
    #[must_use]
    pub fn start(
        outbox: PathBuf,
        stick: Box<dyn Stick>,
        every: Duration,
        say: impl Fn(&State) + Send + Sync + 'static,
    ) -> Self {
        let (sender, wishes) = mpsc::channel();
        let say: Say = Arc::new(say);
        let copied = Arc::default();
        let (tell, there, from) = (Arc::clone(&say), Arc::clone(&copied), outbox.clone());
        std::thread::spawn(move || keep(&from, stick, &there, &wishes, every, &tell));
        Self { wishes: sender, say, outbox, copied }
    }

    /// How many files of the outbox have something that is not known to be on a stick.
    #[must_use]
    pub fn missing(&self) -> usize {
        // What cannot be read is not known to be there.
        let Ok(files) = files(&self.outbox) else { return 1 };
        let copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        files.iter().filter(|(name, bytes)| copied.get(name) != Some(&digest(bytes))).count()
    }

    /// Copies what is new, and says whether everything is on the stick now.
    ///
    /// # Errors
    /// What is wrong with the stick.
    pub fn now(&self) -> State {
        let (reply, state) = mpsc::channel();
        let _ = self.wishes.send(Wish::Now(reply));
        // Whoever is told of it hears more once the stick has answered.
        state.recv_timeout(PATIENCE).unwrap_or(Err(Trouble::Silent))
    }

    /// The same for whoever was given to [`Self::start`], who is told in any case.
    pub fn tell(&self) {
        (self.say)(&self.now());
    }
}

impl Mirror for Keeper {
    fn now(&self) {
        // The run goes on in memory.
        self.tell();
    }

    fn soon(&self) {
        let _ = self.wishes.send(Wish::Soon);
    }
}

fn keep(
    outbox: &Path,
    mut stick: Box<dyn Stick>,
    copied: &Mutex<Copied>,
    wishes: &Receiver<Wish>,
    every: Duration,
    say: &Say,
) {
    let mut last: State = Ok(());
    loop {
        let first = match wishes.recv_timeout(every) {
            Ok(wish) => Some(wish),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // Wishes that came meanwhile are one.
        let wishes: Vec<_> = first.into_iter().chain(wishes.try_iter()).collect();
        let state = visit(outbox, stick.as_mut(), copied, last.is_err());
        let is_news = state != last;
        if is_news {
            say(&state);
        }
        let replies = wishes.into_iter().filter_map(|wish| match wish {
            Wish::Now(reply) => Some(reply.send(state.clone())),
            Wish::Soon => None,
        });
        // Who gave up waiting believes that the stick does not answer.
        let gave_up = replies.filter(Result::is_err).count() > 0;
        if gave_up && !is_news {
            say(&state);
        }
        last = state;
    }
}

/// Mounts the stick only if there is something to write, or to find out. `again` after trouble: it may
/// be another stick that came back, or one that lost something.
fn visit(outbox: &Path, stick: &mut dyn Stick, copied: &Mutex<Copied>, again: bool) -> State {
    let held = || copied.lock().unwrap_or_else(PoisonError::into_inner);
    let known = if again { Copied::new() } else { held().clone() };
    let files = files(outbox).map_err(|error| Trouble::Damaged(error.to_string()))?;
    let new = files.iter().any(|(name, bytes)| known.get(name) != Some(&digest(bytes)));
    if !new && !again {
        return Ok(());
    }
    let mut now = Copied::new();
    stick.write(&mut |folder| {
        now = copy(&files, &known, folder)?;
        Ok(())
    })?;
    *held() = now;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A stick in memory. It fails after so many operations, and then in the way that is set.
    #[derive(Debug, Clone, Default)]
    struct Sim(Arc<Mutex<Inside>>);

    #[derive(Debug, Default)]
    struct Inside {
        files: BTreeMap<String, Vec<u8>>,
        /// Operations that are left until the power is cut, with a part of the last one done.
        left: Option<usize>,
        /// Why it cannot even be mounted.
        trouble: Option<Trouble>,
        room: Option<usize>,
        visits: usize,
        /// How long each visit takes.
        slow: Duration,
        /// Another one was plugged in since the last visit.
        exchanged: bool,
    }

    impl Inside {
        /// Whether the operation is done; `Err` cuts it.
        fn step(&mut self) -> io::Result<()> {
            match &mut self.left {
                Some(0) => Err(io::ErrorKind::BrokenPipe.into()),
                Some(left) => {
                    *left -= 1;
                    Ok(())
                }
                None => Ok(()),
            }
        }

        fn room_for(&self, more: usize) -> io::Result<()> {
            let used: usize = self.files.values().map(Vec::len).sum();
            match self.room {
                Some(room) if used + more > room => Err(io::ErrorKind::StorageFull.into()),
                _ => Ok(()),
            }
        }
    }

    impl Folder for Inside {
        fn is_another(&self) -> bool {
            self.exchanged
        }

        fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
            self.step()?;
            Ok(self.files.get(name).cloned())
        }

        fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
            self.room_for(bytes.len())?;
            let cut = self.step();
            let file = self.files.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            // A cut in the middle leaves a half, and the length before the data.
            match &cut {
                Ok(()) => file.extend(bytes),
                Err(_) => file.extend(bytes[..bytes.len() / 2].iter().chain(b"\0\0")),
            }
            cut
        }

        fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
            self.room_for(bytes.len())?;
            self.step()?;
            self.files.insert(name.to_owned(), bytes.to_vec());
            Ok(())
        }
    }

    impl Stick for Sim {
        fn write(
            &mut self,
            work: &mut dyn FnMut(&mut dyn Folder) -> io::Result<()>,
        ) -> Result<(), Trouble> {
            let mut state = self.0.lock().unwrap();
            state.visits += 1;
            std::thread::sleep(state.slow);
            if let Some(trouble) = &state.trouble {
                return Err(trouble.clone());
            }
            work(&mut *state).map_err(|error| match error.kind() {
                io::ErrorKind::StorageFull => Trouble::Full,
                _ => Trouble::Missing,
            })?;
            state.exchanged = false;
            Ok(())
        }
    }

    impl Sim {
        fn files(&self) -> BTreeMap<String, Vec<u8>> {
            self.0.lock().unwrap().files.clone()
        }
    }

    fn put(outbox: &Path, name: &str, text: &str) {
        std::fs::write(outbox.join(name), text).unwrap();
    }

    /// A keeper that does nothing by itself for a day, and what it said.
    fn keeper(outbox: &Path, sim: &Sim) -> (Keeper, Arc<Mutex<Vec<State>>>) {
        let said = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&said);
        let say = move |state: &State| tell.lock().unwrap().push(state.clone());
        let day = Duration::from_secs(86_400);
        (Keeper::start(outbox.to_owned(), Box::new(sim.clone()), day, say), said)
    }

    #[test]
    fn what_is_new_is_copied_and_nothing_else_is_touched() {
        let outbox = tempfile::tempdir().unwrap();
        let sim = Sim::default();
        sim.0.lock().unwrap().files.insert("old.cert.json".into(), b"old".to_vec());
        let (keeper, said) = keeper(outbox.path(), &sim);
        put(outbox.path(), "a.journal", "1\n");
        put(outbox.path(), ".a.cert.json.tmp", "room");
        put(outbox.path(), "a.txt", "somebody's");
        assert_eq!(keeper.now(), Ok(()));
        put(outbox.path(), "a.journal", "1\n2\n");
        put(outbox.path(), "a.cert.json", "{}");
        put(outbox.path(), "a.cert.pdf", "%PDF");
        assert_eq!(keeper.now(), Ok(()));
        let names: Vec<_> = sim.files().into_keys().collect();
        assert_eq!(names, ["a.cert.json", "a.cert.pdf", "a.journal", "old.cert.json"]);
        assert_eq!(sim.files()["a.journal"], b"1\n2\n");
        // Nothing new: it is not even mounted.
        let visits = sim.0.lock().unwrap().visits;
        assert_eq!((keeper.now(), sim.0.lock().unwrap().visits), (Ok(()), visits));
        assert!(said.lock().unwrap().is_empty(), "all was well all the time");
    }

    #[test]
    fn what_is_new_is_copied_without_anybody_asking() {
        let outbox = tempfile::tempdir().unwrap();
        let sim = Sim::default();
        let often = Duration::from_millis(1);
        let keeper = Keeper::start(outbox.path().into(), Box::new(sim.clone()), often, |_| {});
        for text in ["1\n", "1\n2\n"] {
            put(outbox.path(), "a.journal", text);
            let is_there = || sim.files().get("a.journal").is_some_and(|j| j == text.as_bytes());
            let mut looks = (0..10_000).map(|_| std::thread::sleep(often));
            assert!(looks.any(|()| is_there()), "{:?}", sim.files());
        }
        drop(keeper);
    }

    #[test]
    fn a_stick_that_cannot_be_written_is_told_once_and_again_when_it_can() {
        for trouble in [Trouble::Missing, Trouble::WriteProtected, Trouble::Full, Trouble::Twice] {
            let outbox = tempfile::tempdir().unwrap();
            let sim = Sim::default();
            let (keeper, said) = keeper(outbox.path(), &sim);
            put(outbox.path(), "a.journal", "1\n");
            put(outbox.path(), "b.journal", "1\n");
            assert_eq!(keeper.missing(), 2);
            keeper.now().unwrap();
            assert_eq!(keeper.missing(), 0);
            if trouble == Trouble::Full {
                sim.0.lock().unwrap().room = Some(4);
            } else {
                sim.0.lock().unwrap().trouble = Some(trouble.clone());
            }
            put(outbox.path(), "a.journal", "1\n2\n");
            assert_eq!(keeper.now(), Err(trouble.clone()));
            assert_eq!(keeper.now(), Err(trouble.clone()), "it does not forget");
            assert_eq!(keeper.missing(), 1, "a.journal has more, b.journal is there");
            assert_eq!(sim.files()["a.journal"], b"1\n");
            sim.0.lock().unwrap().trouble = None;
            sim.0.lock().unwrap().room = None;
            assert_eq!(keeper.now(), Ok(()));
            assert_eq!(sim.files()["a.journal"], b"1\n2\n");
            assert_eq!(keeper.missing(), 0);
            assert_eq!(*said.lock().unwrap(), [Err(trouble), Ok(())]);
        }
    }

    /// Whoever waits is told after a while that it does not answer; that everything is there all the same
    /// is told once it is.
    #[test]
    fn a_slow_stick_is_not_called_silent_for_ever() {
        let outbox = tempfile::tempdir().unwrap();
        let sim = Sim::default();
        let (keeper, said) = keeper(outbox.path(), &sim);
        put(outbox.path(), "a.journal", "1\n");
        sim.0.lock().unwrap().slow = Duration::from_millis(200);
        let (reply, answer) = mpsc::channel();
        keeper.wishes.send(Wish::Now(reply)).unwrap();
        drop(answer);
        let mut looks = (0..100).map(|_| std::thread::sleep(Duration::from_millis(50)));
        assert!(looks.any(|()| *said.lock().unwrap() == [Ok(())]), "{said:?}");
        keeper.tell();
        assert_eq!(*said.lock().unwrap(), [Ok(()), Ok(())]);
    }

    /// Another stick of the same version, or the same one that lost something, gets everything.
    #[test]
    fn a_stick_that_comes_back_is_looked_through() {
        let outbox = tempfile::tempdir().unwrap();
        let sim = Sim::default();
        let (keeper, _) = keeper(outbox.path(), &sim);
        put(outbox.path(), "a.journal", "1\n");
        put(outbox.path(), "a.cert.json", "{}");
        keeper.now().unwrap();
        sim.0.lock().unwrap().trouble = Some(Trouble::Missing);
        put(outbox.path(), "b.journal", "1\n");
        assert_eq!(keeper.now(), Err(Trouble::Missing));
        *sim.0.lock().unwrap() = Inside::default();
        assert_eq!(keeper.now(), Ok(()));
        assert_eq!(sim.files().len(), 3);
    }

    /// So does one that was exchanged for another between two visits.
    #[test]
    fn a_stick_that_was_exchanged_unseen_gets_everything() {
        let outbox = tempfile::tempdir().unwrap();
        let sim = Sim::default();
        let (keeper, said) = keeper(outbox.path(), &sim);
        put(outbox.path(), "a.journal", "1\n");
        put(outbox.path(), "a.cert.json", "{}");
        keeper.now().unwrap();
        *sim.0.lock().unwrap() = Inside { exchanged: true, ..Inside::default() };
        put(outbox.path(), "b.journal", "1\n");
        assert_eq!(keeper.now(), Ok(()));
        assert_eq!(sim.files().len(), 3);
        assert!(said.lock().unwrap().is_empty());
    }

    /// Wherever the power is cut: a document is whole or absent, a journal is a beginning of the
    /// one in memory and no more than half a record, what its last record tells of is there, and the
    /// next visit makes all the same.
    #[test]
    fn a_power_cut_at_each_operation_leaves_a_truth() {
        for cut in 0..14 {
            let outbox = tempfile::tempdir().unwrap();
            let mut sim = Sim::default();
            put(outbox.path(), "a.journal", "first\n");
            sim.write(&mut |folder| copy_all(outbox.path(), folder)).unwrap();
            put(outbox.path(), "a.journal", "first\nsecond\n");
            put(outbox.path(), "b.journal", "first\nsecond\n");
            put(outbox.path(), "a.cert.json", "{ \"whole\": true }");
            put(outbox.path(), "a.machine.json", "{ \"machine\": true }");
            sim.0.lock().unwrap().left = Some(cut);
            let done = sim.write(&mut |folder| copy_all(outbox.path(), folder));
            assert_eq!(done.is_ok(), cut >= 11, "{cut}: {done:?}");
            let files = sim.files();
            let journal = String::from_utf8(files["a.journal"].clone()).unwrap();
            assert!(journal.starts_with("first\n"), "{cut}: {journal:?}");
            let certificate = files.get("a.cert.json").map(Vec::as_slice);
            assert!([None, Some(&b"{ \"whole\": true }"[..])].contains(&certificate), "{cut}");
            // No document comes before the journals that tell of it.
            assert!(certificate.is_none() || files.contains_key("b.journal"), "{cut}");
            // No journal tells of a document that is not there.
            let told = |name| files.get(name).is_some_and(|j: &Vec<u8>| j.ends_with(b"second\n"));
            let all = certificate.is_some() && files.contains_key("a.machine.json");
            assert!(all || !told("a.journal") && !told("b.journal"), "{cut}");
            sim.0.lock().unwrap().left = None;
            sim.write(&mut |folder| copy_all(outbox.path(), folder)).unwrap();
            for (name, bytes) in super::files(outbox.path()).unwrap() {
                assert_eq!(sim.files()[&name], bytes, "{cut}: {name}");
            }
        }
    }
}
