//! Keys, authorizations, policies and places for results that are no good; and command lines.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use nulstil::cert::{Authorization, did, profile};
use nulstil::keys::{private, public};
use nulstil::model::Timestamp;

use crate::common::{
    Bench, Mount, command, holds_only, is_root, nulstil, nulstil_as_nobody, plain_words, text,
};

const MIB: u64 = 1 << 20;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A bench with a drive and a good yes to it: what is refused is refused for one reason only.
struct Ready {
    bench: Bench,
    image: std::path::PathBuf,
    digest: String,
}

impl Ready {
    fn new() -> Self {
        let bench = Bench::new();
        let image = bench.image("image.img", MIB);
        let digest = bench.digest(&[text(&image)]);
        Self { bench, image, digest }
    }

    /// A wipe with one file named by another path is refused, in these words.
    #[track_caller]
    fn refuses_with(&self, flag: &str, path: &Path, words: &[&str]) {
        for json in [false, true] {
            let mut args = vec!["wipe".to_owned(), text(&self.image).into()];
            args.extend(json.then(|| "--json".to_owned()));
            args.extend(self.bench.station());
            let at = args.iter().position(|arg| arg == flag).unwrap();
            args[at + 1] = text(path).into();
            args.extend(["--yes".into(), self.digest.clone()]);
            let ran = self.bench.run_refused(json, args);
            plain_words(&ran, &[&[flag], words].concat());
            if json {
                assert_eq!(ran.summary()["drives"].as_array().unwrap().len(), 1);
            }
        }
        assert!(holds_only(&self.image, 0xa7), "{flag} {}", path.display());
    }
}

/// The bench itself is good: without this, the rest would prove nothing.
#[test]
fn nothing_is_wrong_with_the_bench() {
    let ready = Ready::new();
    ready.bench.wipe(&[text(&ready.image)]).expect(0);
    assert!(holds_only(&ready.image, 0));
}

#[test]
fn key_files() {
    let ready = Ready::new();
    let file = |name: &str, content: &[u8]| {
        let path = ready.bench.path(name);
        fs::write(&path, content).unwrap();
        chmod(&path, 0o600);
        path
    };
    let good = fs::read(ready.bench.path("station.key")).unwrap();
    let open = file("open.key", &good);
    chmod(&open, 0o644);
    let fifo = ready.bench.path("fifo");
    assert!(command("mkfifo", &[text(&fifo)]));
    for (path, words) in [
        (ready.bench.path("nowhere.key"), "no such file"),
        (open, "chmod 600"),
        (file("text.key", b"open sesame"), "not an Ed25519 private key"),
        (file("empty.key", b""), "not an Ed25519 private key"),
        (file("binary.key", &[0xff; 300]), "not an Ed25519 private key"),
        (file("cut.key", &good[..good.len() / 2]), "not an Ed25519 private key"),
        (file("huge.key", &vec![b'-'; 1 << 20]), "too large"),
        (ready.bench.path("station.pub"), "public key"),
        (ready.bench.path("station.auth"), "not an Ed25519 private key"),
        (ready.bench.out(), "not a file"),
        (fifo, "not a file"),
        ("/dev/zero".into(), "not a file"),
    ] {
        ready.refuses_with("--key", &path, &[words]);
    }
}

#[test]
fn authorizations() {
    let ready = Ready::new();
    let bench = &ready.bench;
    let file = |name: &str, content: &[u8]| {
        let path = bench.path(name);
        fs::write(&path, content).unwrap();
        path
    };
    let good = fs::read_to_string(bench.path("station.auth")).unwrap();
    nulstil(["key", "new", "other", "--no-passphrase", "--dir", text(bench.dir.path())]).expect(0);
    bench.authorize("root.key", "other.pub", "other.auth");
    let at = |time: &str| time.parse::<Timestamp>().unwrap();
    let dated = |name: &str, from: &str, until: &str| {
        let root =
            private::load(&bench.path("root.key"), || panic!("it has no passphrase")).unwrap();
        let station = public::load(&bench.path("station.pub")).unwrap();
        let signed = Authorization {
            id: "urn:uuid:0199b0c0-0000-7000-8000-000000000001".into(),
            issuer_name: "root".into(),
            station: did::of(&station),
            station_name: "station".into(),
            valid_from: at(from),
            valid_until: at(until),
            may_issue: nulstil::cert::document::TYPES.map(str::to_owned).to_vec(),
            trust_list_version: 0,
            paper: None,
        }
        .sign(&root, at(from))
        .unwrap();
        file(name, &profile::pretty(&signed).unwrap())
    };
    let expired = dated("expired.auth", "2020-01-01T00:00:00Z", "2020-12-31T00:00:00Z");
    let early = dated("early.auth", "2090-01-01T00:00:00Z", "2090-12-31T00:00:00Z");
    let tampered = good.replacen("DataErasureFailureReport", "DataErasureFailureRepor7", 1);
    assert_ne!(tampered, good);
    let fifo = bench.path("fifo");
    assert!(command("mkfifo", &[text(&fifo)]));
    for (path, words) in [
        (bench.path("nowhere.auth"), "no such file"),
        (file("text.auth", b"he may"), "not JSON"),
        (file("empty.auth", b""), "key authorize"),
        (file("cut.auth", &good.as_bytes()[..good.len() - 9]), "not JSON"),
        (file("list.auth", b"[]"), "key authorize"),
        (file("binary.auth", &[0xff; 300]), "key authorize"),
        (file("huge.auth", &vec![b' '; 1 << 20]), "too large"),
        (file("tampered.auth", tampered.as_bytes()), "changed after"),
        (bench.path("other.auth"), "another key"),
        (expired, "expired"),
        (early, "not yet valid"),
        (bench.path("station.pub"), "key authorize"),
        (bench.out(), "not a file"),
        (fifo, "not a file"),
    ] {
        ready.refuses_with("--authorization", &path, &[words]);
    }
}

#[test]
fn places_for_results() {
    let ready = Ready::new();
    let bench = &ready.bench;
    let fifo = bench.path("fifo");
    assert!(command("mkfifo", &[text(&fifo)]));
    for (path, words) in [
        (bench.path("nowhere"), "no such directory"),
        (ready.image.clone(), "not a directory"),
        (bench.path("station.key"), "not a directory"),
        (bench.path("station.key/below"), "name another place"),
        (fifo, "not a directory"),
        ("/proc".into(), "name another place"),
    ] {
        ready.refuses_with("--out", &path, &[words]);
        assert!(!bench.path("nowhere").exists(), "nothing is made");
    }
}

#[test]
fn full_and_read_only_places_for_results() {
    if !is_root("full_and_read_only_places_for_results") {
        return;
    }
    let ready = Ready::new();
    let place = ready.bench.path("place");
    let mount = Mount::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], &place);
    // Room for a probe of any smaller size than a certificate's.
    fs::write(place.join("filling"), vec![0; (1 << 20) - 16384]).unwrap();
    ready.refuses_with("--out", &place, &["no room"]);
    assert_eq!(fs::read_dir(&place).unwrap().count(), 1, "the probe is removed");
    assert!(command("mount", &["-o", "remount,ro", text(&place)]));
    ready.refuses_with("--out", &place, &["read-only"]);
    drop(mount);
}

/// Room for one probe, and not for the certificates of all drives.
#[test]
fn a_place_that_fills_up_before_the_first_write() {
    if !is_root("a_place_that_fills_up_before_the_first_write") {
        return;
    }
    let bench = Bench::new();
    let images: Vec<_> = (0..8).map(|i| bench.image(&format!("{i}.img"), MIB)).collect();
    let names: Vec<&str> = images.iter().map(|image| text(image)).collect();
    let mount = Mount::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], &bench.out());
    let digest = bench.digest(&names);
    let ran = bench.wipe_refuses(true, &names, &["--yes", &digest]);
    plain_words(&ran, &["no room"]);
    assert_eq!(ran.summary()["drives"].as_array().unwrap().len(), 8);
    assert!(images.iter().all(|image| holds_only(image, 0xa7)));
    drop(mount);
}

#[test]
fn a_place_without_permission() {
    let test = "a_place_without_permission";
    let ready = Ready::new();
    chmod(ready.bench.dir.path(), 0o755);
    chmod(&ready.image, 0o666);
    for name in ["station.key", "station.auth"] {
        assert!(!is_root(test) || command("chown", &["65534", text(&ready.bench.path(name))]));
    }
    let mut args = vec!["wipe".to_owned(), "--json".into(), text(&ready.image).into()];
    args.extend(ready.bench.station());
    args.extend(["--yes".into(), ready.digest.clone()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let Some(ran) = nulstil_as_nobody(test, &args) else { return };
    let ran = ran.expect(3);
    assert_eq!(ran.summary()["drives"][0]["outcome"], "refused");
    plain_words(&ran, &["--out", "by this user"]);
    ready.bench.nothing_written();
    assert!(holds_only(&ready.image, 0xa7));
}

#[test]
fn policies() {
    let bench = Bench::new();
    let (a, b) = (bench.image("a.img", MIB), bench.image("b.img", MIB));
    let policy = bench.path("policy.toml");
    let fifo = bench.path("fifo");
    assert!(command("mkfifo", &[text(&fifo)]));
    for (content, words) in [
        (&b"[policy]\nverfy = \"full\"\n"[..], &["--policy", "line 2", "verfy"][..]),
        (b"[policy]\nverify = \"most\"\n", &["line 2", "most"]),
        (b"[policy]\ntrouble_minutes = -1\n", &["line 2"]),
        (b"[policy]\ntrouble_minutes = 4294967296\n", &["line 2"]),
        (b"[policy]\nverify = true\n", &["line 2"]),
        (b"[policy]\nverify = \"full\"\nverify = \"none\"\n", &["line 3"]),
        (b"verify = \"full\"\n", &["line 1"]),
        (b"[policy]\n[police]\n", &["line 2", "police"]),
        (b"be nice", &["line 1"]),
        (b"", &["policy"]),
        (b"\xff\xfe", &["not a text file"]),
        // Stricter than the request, or another one.
        (b"[policy]\nmethod = \"purge\"\n", &["--method purge"]),
        (b"[policy]\nverify = \"full\"\n", &["--verify full"]),
        (b"[policy]\npasses = \"random\"\n", &["--passes random"]),
    ] {
        fs::write(&policy, content).unwrap();
        let how = ["--method", "clear", "--passes", "ones", "--verify", "quick"];
        let args = [&[text(&a), text(&b), "--policy", text(&policy)][..], &how].concat();
        bench.refuses(&args, &["policy", "policy"], words);
    }
    for (path, words) in [
        (text(&bench.path("nowhere.toml")), "no such file"),
        (text(&bench.out()), "not a file"),
        (text(&fifo), "not a file"),
        ("/dev/zero", "not a file"),
    ] {
        bench.refuses(&[text(&a), "--policy", path], &["policy"], &["--policy", words]);
        // What is wrong with the drive itself comes first.
        bench.refuses(&["/dev/null", "--policy", path], &["not-a-drive"], &["/dev/null"]);
    }
    assert!(holds_only(&a, 0xa7) && holds_only(&b, 0xa7));
}

#[test]
fn consent_that_is_none() {
    let ready = Ready::new();
    let drive = [text(&ready.image)];
    let other = ready.bench.digest(&[text(&ready.image), "--verify", "full"]);
    let upper = ready.digest.to_uppercase();
    let cut = &ready.digest[..63];
    let spaced = format!(" {}", ready.digest);
    for json in [false, true] {
        for yes in ["", "yes", "0", "image.img", &other, &upper, cut, &spaced] {
            let ran = ready.bench.wipe_refuses(json, &drive, &["--yes", yes]);
            plain_words(&ran, &["--yes", "plan"]);
        }
        let ran = ready.bench.wipe_refuses(json, &drive, &[]);
        plain_words(&ran, &["nobody to ask", "--yes"]);
    }
    assert!(holds_only(&ready.image, 0xa7));
    // The digest of one plan is no yes to a larger one.
    let more = ready.bench.image("more.img", MIB);
    let both = [text(&ready.image), text(&more)];
    ready.bench.wipe_refuses(true, &both, &["--yes", &ready.digest]);
    assert!(holds_only(&ready.image, 0xa7) && holds_only(&more, 0xa7));
}

#[test]
fn nothing_to_go_on_with() {
    let bench = Bench::new();
    for json in [false, true] {
        for what in [&["wipe", "--resume"][..], &["journal", "close"]] {
            let mut args: Vec<String> = what.iter().map(|word| (*word).to_owned()).collect();
            args.extend(json.then(|| "--json".to_owned()));
            let mut station = bench.station();
            if what[0] == "journal" {
                station.remove(4);
            }
            args.extend(station);
            let ran = bench.run_refused(json, args.clone());
            plain_words(&ran, &["no unfinished journal", "nothing to"]);
            // And with a key that is missing.
            let at = args.iter().position(|arg| arg == "--key").unwrap();
            args[at + 1] = text(&bench.path("nowhere.key")).into();
            plain_words(&bench.run_refused(json, args), &["--key", "no such file"]);
        }
    }
}

/// What makes the run possible is not erased by it.
#[test]
fn our_own_files_are_not_drives() {
    let bench = Bench::new();
    let policy = bench.path("policy.toml");
    fs::write(&policy, format!("[policy]\n#{}\n", " ".repeat(600))).unwrap();
    let image = bench.image("image.img", MIB);
    bench.wipe(&[text(&image)]).expect(0);
    let made: Vec<_> = fs::read_dir(bench.out()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(made.len(), 5);
    let hard = bench.path("hard.img");
    fs::hard_link(bench.path("station.auth"), &hard).unwrap();
    let ours = [hard, bench.path("station.auth"), policy.clone()];
    for victim in ours.iter().chain(&made) {
        let before = fs::read(victim).unwrap();
        let how = [text(victim), "--policy", text(&policy)];
        let ran = bench.wipe(&how).expect(3);
        let drive = &ran.summary()["drives"][0];
        assert_eq!(drive["refusal"]["code"], "holds-output", "{drive}");
        plain_words(&ran, &[text(victim), "name another"]);
        assert_eq!(fs::read(victim).unwrap(), before);
    }
    assert_eq!(fs::read_dir(bench.out()).unwrap().count(), 5);
}

#[test]
fn command_lines_that_make_no_sense() {
    let ready = Ready::new();
    let image = text(&ready.image);
    let station: Vec<String> = ready.bench.station();
    let station: Vec<&str> = station.iter().map(String::as_str).collect();
    let yes = ["--yes", &ready.digest];
    let wipe = |words: &[&'static str]| -> Vec<String> {
        let all = [&["wipe"][..], words, &station, &yes].concat();
        all.into_iter().map(str::to_owned).collect()
    };
    let plain = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    for (args, says) in [
        (plain(&[]), "Usage"),
        (plain(&["erase", image]), "erase"),
        (plain(&["plan"]), "DRIVE"),
        (plain(&["plan", ""]), "DRIVE"),
        (plain(&["wipe", image]), "--key"),
        (plain(&["wipe", image, "--key", "k", "--out", "o"]), "--authorization"),
        (plain(&["plan", image, "--frob"]), "--frob"),
        (plain(&["plan", image, "--passes", "gutmann"]), "nist-clear"),
        (plain(&["plan", image, "--passes", "byte=XY"]), "byte=HH"),
        (plain(&["plan", image, "--passes", "byte=123"]), "byte=HH"),
        (plain(&["plan", image, "--passes", "ZEROS"]), "nist-clear"),
        (plain(&["plan", image, "--verify", "some"]), "full, sample"),
        (plain(&["plan", image, "--verify"]), "--verify"),
        (plain(&["plan", image, "--method", "destroy"]), "clear or purge"),
        (plain(&["plan", image, "--method", "clear", "--method", "clear"]), "--method"),
        (plain(&["plan", image, "--force"]), "--force"),
        (plain(&["plan", image, "--yes", "x"]), "--yes"),
        (wipe(&[]), "DRIVE"),
        ([wipe(&[]), plain(&["--force", image])].concat(), "--force"),
        ([wipe(&[]), plain(&[image, "--checkpoint", "0"])].concat(), "--checkpoint"),
        ([wipe(&[]), plain(&[image, "--resume"])].concat(), "--resume"),
        ([plain(&["wipe", image, "--resume"]), plain(&station)].concat(), "--resume"),
        ([plain(&["wipe", "--resume", "--verify", "none"]), plain(&station)].concat(), "--verify"),
        (plain(&["journal"]), "close"),
        (plain(&["journal", "close"]), "--key"),
        (plain(&["verify"]), "--root"),
        (plain(&["verify", image]), "--root"),
        (plain(&["key", "new"]), "--dir"),
        (plain(&["key", "authorize", "--days", "0"]), "--days"),
        (plain(&["key", "authorize", "--days", "99999"]), "--days"),
    ] {
        for json in [false, true] {
            let json = json.then(|| "--json".to_owned());
            let ran = nulstil(args.iter().cloned().chain(json)).expect(2);
            assert!(ran.stdout.is_empty(), "{args:?}: {}", ran.stdout);
            assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
        }
    }
    ready.bench.nothing_written();
    assert!(holds_only(&ready.image, 0xa7));
}

#[test]
fn keys_that_cannot_be_made() {
    let bench = Bench::new();
    let dir = text(bench.dir.path()).to_owned();
    let nowhere = text(&bench.path("nowhere")).to_owned();
    let path = |name: &str| text(&bench.path(name)).to_owned();
    let (root, pubkey) = (path("root.key"), path("station.pub"));
    let new = |name: &str, dir: &str| -> Vec<String> {
        ["key", "new", name, "--no-passphrase", "--dir", dir].map(str::to_owned).to_vec()
    };
    let authorize = |root: &str, station: &str, out: &str| -> Vec<String> {
        ["key", "authorize", "--root", root, "--station", station, "--out", out]
            .map(str::to_owned)
            .to_vec()
    };
    let count = || fs::read_dir(bench.dir.path()).unwrap().count();
    let before = count();
    for (args, words) in [
        (new("root", &dir), "choose another name"),
        (new("../x", &dir), "name of a key"),
        (new("a b", &dir), "name of a key"),
        (new("\u{1b}[2J", &dir), "name of a key"),
        (new("", &dir), "name of a key"),
        (new("x", &nowhere), "no such directory"),
        (new("x", &root), "no such directory"),
        (authorize(&pubkey, &pubkey, &path("a")), "name the .key file"),
        (authorize(&root, &root, &path("a")), "name the .pub file"),
        (authorize(&root, &path("nowhere"), &path("a")), "no such file"),
        (authorize(&root, &pubkey, &path("station.auth")), "name a new file"),
        (authorize(&root, &pubkey, &path("nowhere/a")), "name a new file"),
        (vec!["key".into(), "show".into(), path("nowhere")], "no such file"),
        (vec!["key".into(), "show".into(), dir.clone()], "not a file"),
        (vec!["key".into(), "show".into(), "/dev/zero".into()], "not a file"),
    ] {
        let ran = nulstil(&args).expect(3);
        assert!(ran.stdout.is_empty());
        plain_words(&ran, &[words]);
        assert!(!ran.stderr.contains('\u{1b}'));
        assert_eq!(count(), before, "{args:?}");
    }
}
