//! What a stranger may hand in, and how people use the page.

use std::fs::{self, File};
use std::path::Path;

use serde_json::json;

use crate::agreement::zip;
use crate::chromium::Chromium;
use crate::common::pdf::carrying;

const GOOD: &str = "certs/vectors/good/clear-hdd.cert.json";

fn project(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn ready(test: &str, language: &str) -> Option<Chromium> {
    let mut page = Chromium::open(test, language)?;
    page.run("now = () => Date.parse('2026-12-01T12:00:00Z') / 1000");
    page.trust(&project("certs/vectors/root.pub"), None);
    Some(page)
}

/// Packed by raw Deflate: `zeros` zero bytes as one long copy after another would be shorter still,
/// but the browser's own packer is at hand.
fn deflated(page: &mut Chromium, zeros: u64) -> Vec<u8> {
    let packed = page.run(&format!(
        "(async () => {{ const stream = new Blob(Array({}).fill(new Uint8Array(1 << 20))).stream()\
         .pipeThrough(new CompressionStream('deflate-raw')); \
         return hex(new Uint8Array(await new Response(stream).arrayBuffer())); }})()",
        zeros >> 20
    ));
    let digits = packed.as_str().unwrap().as_bytes();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn whatever_a_stranger_hands_in_has_one_sentence() {
    let Some(mut page) = ready("bad input", "en") else { return };
    let dir = tempfile::tempdir().unwrap();
    let good = fs::read(project(GOOD)).unwrap();
    let make = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let zeros = dir.path().join("zeros.cert.json");
    File::create(&zeros).unwrap().set_len(1 << 30).unwrap();
    let many = dir.path().join("zeros.pdf");
    fs::write(&many, b"%PDF-1.7\n").unwrap();
    File::options().write(true).open(&many).unwrap().set_len(1 << 30).unwrap();
    let bomb = {
        let packed = deflated(&mut page, 64 << 20);
        let mut archive = zip(&[("bomb.cert.json", &packed)]);
        // Said to be packed, and to be as large as it is; once honest, once not.
        let local = 0;
        let central = archive.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        for (at, size) in [(local + 8, local + 22), (central + 10, central + 24)] {
            archive[at] = 8;
            archive[size..size + 4].copy_from_slice(&(1_000_000_u32).to_le_bytes());
        }
        archive
    };
    let deep = "[".repeat(500_000);
    let cases = [
        (zeros, "rejected", "larger than 1 MiB"),
        (many, "unreadable", "too large to be a certificate"),
        (make("bomb.zip", &bomb), "unreadable", "damaged"),
        (make("deep.json", deep.as_bytes()), "rejected", "24 levels"),
        (make("latin1.json", b"{\"a\":\"\xe6\"}"), "rejected", "not UTF-8"),
        (make("empty.json", b""), "rejected", "not JSON"),
        (make("none.pdf", &carrying(&[])), "unreadable", "carries no certificate"),
        (make("photo.pdf", &carrying(&[("a.jpg", b"x")])), "rejected", "not JSON"),
        (
            make("two.pdf", &carrying(&[("a.json", &good), ("b.json", b"{}")])),
            "unreadable",
            "more than one",
        ),
        (
            make("junk.pdf", &[&b"%PDF-1.7\n"[..], &b"1 0 obj ".repeat(100_000)].concat()),
            "unreadable",
            "damaged, or was changed",
        ),
        (make("cut.zip", &zip(&[("a.cert.json", &good)])[..400]), "unreadable", "not a whole ZIP"),
        (make("dot.zip", &zip(&[("a.cert.json.", &good)])), "unreadable", "is wrong"),
        (make("out.zip", &zip(&[("../a.cert.json", &good)])), "unreadable", "is wrong"),
        (
            make("twice.zip", &zip(&[("a.cert.json", &good), ("A.cert.json", &good)])),
            "unreadable",
            "is wrong",
        ),
    ];
    for (file, verdict, words) in &cases {
        let found = page.judge("files", &[file]);
        let one = &found["judged"][0];
        let said = one["said"].as_str().unwrap();
        assert_eq!(found["judged"].as_array().unwrap().len(), 1, "{file:?}");
        assert_eq!(one["verdict"], *verdict, "{file:?}: {said}");
        assert!(said.contains(words) && said.ends_with('.'), "{file:?}: {said}");
        assert!(said.matches(". ").count() == 0, "more than one sentence: {said}");
    }
    // All of it at once, and a good one among it: that one is found.
    let mut all: Vec<_> = cases.iter().map(|(file, ..)| file.clone()).collect();
    all.push(project(GOOD));
    let found = page.judge("files", &all);
    assert_eq!(
        (&found["summary"]["authentic"], &found["summary"]["judged"]),
        (&json!(1), &json!(all.len()))
    );
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
    assert!(page.requests.iter().all(|url| url.starts_with("file:///")), "{:?}", page.requests);
}

#[test]
fn without_the_right_root_key_nothing_is_authentic() {
    let Some(mut page) = Chromium::open("root", "en") else { return };
    let said =
        |page: &mut Chromium| page.run("at('result').innerText").as_str().unwrap().to_owned();
    page.choose("files", &[project(GOOD)]);
    page.wait("state.given.length === 1 && !at('waiting').hidden");
    assert!(said(&mut page).contains("Choose the root key"), "{}", said(&mut page));
    assert!(!said(&mut page).contains("authentic"));
    let key = |page: &mut Chromium, text: &str| {
        page.run(&format!("useRoot({})", json!(text)));
        page.run("at('root-said').innerText").as_str().unwrap().to_owned()
    };
    assert!(key(&mut page, "junk").contains("not a public key"));
    let private =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----";
    assert!(key(&mut page, private).contains("private key"));
    let weak = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----";
    assert!(key(&mut page, weak).contains("weak"));
    assert!(!said(&mut page).contains("authentic"));
    // Another root than the one that authorized the station.
    let other = "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";
    assert_eq!(key(&mut page, other), "");
    let fingerprint =
        "5647 5aa7 5463 474c 0285 df5d bf2b cab7 3da6 5135 8839 e9b7 7481 b2ea b107 708c";
    let shown = page.run("[...document.querySelectorAll('#fingerprint span')].map((one) => one.textContent).join(' ')");
    assert_eq!(shown, fingerprint);
    page.wait("state.judged.length === 1");
    assert!(
        said(&mut page).contains("REJECTED")
            && !said(&mut page).contains("Everything here is authentic")
    );
    // A list that the root did not sign stops everything.
    page.trust(&project("certs/vectors/root.pub"), Some(&project(GOOD)));
    assert_eq!(page.run("state.judged.length"), 0);
    assert!(page.run("at('list-said').innerText").as_str().unwrap().contains("cannot be used"));
    page.trust(&project("certs/vectors/root.pub"), Some(&project("certs/vectors/2.trust")));
    let list = page.run("at('list-said').innerText");
    assert!(list.as_str().unwrap().contains("version 2"), "{list}");
}

/// Only the keyboard: paste the key, and open the details of a certificate.
#[test]
fn by_keyboard_alone() {
    let Some(mut page) = ready("keyboard", "da") else { return };
    page.judge("files", &[project(GOOD), project("certs/vectors/good/failed.cert.json")]);
    assert_eq!(page.run("document.documentElement.lang"), "da");
    page.run("document.activeElement.blur()");
    let mut walked = Vec::new();
    for _ in 0..40 {
        page.press("Tab");
        let at = "((one) => one.id || one.dataset.language || one.getAttribute('aria-label') || one.tagName)(document.activeElement)";
        let name = page.run(at).as_str().unwrap().to_owned();
        if name == "BODY" || walked.contains(&name) {
            break;
        }
        // Whoever is here sees where, and hears what it is.
        let outline = page.run("getComputedStyle(document.activeElement).outlineStyle");
        assert_ne!(outline, "none", "{name}");
        let label = "((one) => (one.getAttribute('aria-label') || one.textContent || (one.labels[0] || {}).textContent || '').trim())(document.activeElement)";
        assert_ne!(page.run(label), "", "{name}");
        walked.push(name);
    }
    let order = [
        "en",
        "da",
        "root-choose",
        "list-choose",
        "files-choose",
        "folder-choose",
        "completely",
        "log-choose",
        "code-open",
        "show",
        "print",
    ];
    let places: Vec<_> = order
        .iter()
        .map(|name| {
            walked
                .iter()
                .position(|one| one == name)
                .unwrap_or_else(|| panic!("{name} in {walked:?}"))
        })
        .collect();
    assert!(places.is_sorted(), "{walked:?}");
    assert!(
        walked.iter().filter(|name| name.starts_with("Detaljer om")).count() == 2,
        "{walked:?}"
    );
    page.run("document.querySelector('#rows button').focus()");
    page.press("Enter");
    page.wait("document.querySelectorAll('tr.details h3').length > 3");
    let details = page.run("document.querySelector('tr.details').innerText");
    for word in ["Serienummer", "Alle underskrevne felter", "digest"] {
        assert!(details.as_str().unwrap().contains(word), "{word}: {details}");
    }
    assert!(!details.as_str().unwrap().contains("[object"), "{details}");
    page.press(" ");
    page.wait("document.querySelector('tr.details') === null");
    // The other language, by keyboard too.
    page.run("document.querySelector('[data-language=en]').focus()");
    page.press("Enter");
    assert_eq!(page.run("document.title"), "Check erasure certificates");
    assert!(page.run("at('summary').innerText").as_str().unwrap().contains("Do not accept"));
}

/// What a certificate says is shown as text: nothing in it becomes a part of the page.
#[test]
fn text_of_strangers_stays_text() {
    let Some(mut page) = ready("markup", "en") else { return };
    let dir = tempfile::tempdir().unwrap();
    let name = "<img src=x onerror=alert(1)>.cert.json";
    fs::write(dir.path().join(name), "{}").unwrap();
    fs::copy(
        project("certs/vectors/good/unknown-members.cert.json"),
        dir.path().join("b.cert.json"),
    )
    .unwrap();
    page.judge("folder", &[dir.path()]);
    assert_eq!(page.run("document.images.length"), 0);
    assert!(page.run("at('rows').innerText").as_str().unwrap().contains(name));
    page.run("[...document.querySelectorAll('#rows button')].forEach((one) => one.click())");
    page.wait("document.querySelectorAll('tr.details table').length === 1");
    page.run(
        "document.querySelectorAll('tr.details details').forEach((one) => { one.open = true; })",
    );
    let details = page.run("at('rows').innerText");
    assert!(details.as_str().unwrap().contains("not known to this page"), "{details}");
    assert!(page.run("[...document.querySelectorAll('.fields td')].every((one) => one.firstElementChild.tagName === 'BDI')") == true);
}

/// Every text has a contrast of at least 7 to 1 (WCAG 2.2, 1.4.6), and nothing is wider than the
/// window, also a narrow one and one at 200 %.
#[test]
fn it_can_be_read() {
    let Some(mut page) = ready("contrast", "da") else { return };
    page.judge(
        "files",
        &[
            project(GOOD),
            project("certs/vectors/good/failed.cert.json"),
            project("certs/vectors/good/unverified.cert.json"),
        ],
    );
    page.run("document.querySelector('#rows button').click()");
    page.wait("document.querySelectorAll('tr.details h3').length > 3");
    let low = page.run(
        "(() => { const light = (color) => { const [r, g, b] = color.match(/[0-9.]+/g).slice(0, 3) \
         .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)); \
         return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
         const back = (one) => { const color = getComputedStyle(one).backgroundColor; \
         return /, 0\\)$/.test(color) ? (one.parentElement ? back(one.parentElement) : 'rgb(255,255,255)') : color; }; \
         return [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && !one.disabled && \
         [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) \
         .filter((one) => { const [a, b] = [light(getComputedStyle(one).color), light(back(one))].sort((x, y) => y - x); \
         return (a + 0.05) / (b + 0.05) < 7; }).map((one) => one.outerHTML.slice(0, 100)); })()",
    );
    assert_eq!(low, json!([]));
    for (width, height) in [(1280, 720), (640, 360), (360, 640)] {
        page.size(width, height);
        let wide = page.run("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= u64::from(width), "{width}: {wide}");
    }
}

/// Pictures for somebody to look at: `NULSTIL_PICTURES=DIR cargo test --test page pictures`.
#[test]
fn pictures() {
    use base64ct::{Base64, Encoding as _};
    let Some(dir) = std::env::var_os("NULSTIL_PICTURES") else { return };
    let dir = std::path::PathBuf::from(dir);
    fs::create_dir_all(&dir).unwrap();
    let take = |page: &mut Chromium, name: &str| {
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let picture = page.call("Page.captureScreenshot", params);
        let bytes = Base64::decode_vec(picture["data"].as_str().unwrap()).unwrap();
        fs::write(dir.join(format!("{name}.png")), bytes).unwrap();
    };
    let good = |name: &str| project("certs/vectors/good").join(name);
    for language in ["en", "da"] {
        let Some(mut page) = Chromium::open("pictures", language) else { return };
        page.run("now = () => Date.parse('2026-12-01T12:00:00Z') / 1000");
        for (width, height) in [(1366, 768), (400, 800)] {
            page.size(width, height);
            let named = |name: &str| format!("{name}-{language}-{width}");
            page.run("useFiles([]); scrollTo(0, 0)");
            page.run("state.root = null; at('root-shown').hidden = true; useCode('')");
            take(&mut page, &named("0-nothing"));
            page.trust(&project("certs/vectors/root.pub"), None);
            take(&mut page, &named("1-root"));
            let many: Vec<_> = fs::read_dir(project("certs/vectors/good"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
                .collect();
            for (name, files) in [
                ("2-good", vec![good("clear-hdd.cert.json")]),
                ("3-failed", vec![good("failed.cert.json")]),
                ("4-rejected", vec![project("certs/vectors/hostile/tampered-serial.cert.json")]),
                ("5-blank", vec![good("blank-hdd.inspection.json")]),
                ("6-many", many),
            ] {
                page.judge("files", &files);
                page.run("document.querySelector('#rows button')?.click()");
                page.run("at('result').scrollIntoView()");
                page.run("new Promise((resolve) => setTimeout(resolve, 500))");
                take(&mut page, &named(name));
            }
            page.run("useFiles([])");
            for (name, code) in [
                ("7-code", "good/purge-sas-hdd"),
                ("8-code-failed", "good/failed"),
                ("9-code-rejected", "hostile/changed-serial"),
                ("9-code-vouch", "hostile/nobody-vouches"),
            ] {
                page.choose("code-file", &[project(&format!("certs/vectors/{code}.code.txt"))]);
                page.run("new Promise((resolve) => setTimeout(resolve, 500))");
                page.run("at('paper').scrollIntoView()");
                take(&mut page, &named(name));
            }
        }
    }
}
