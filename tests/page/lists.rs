//! Trust lists that lie among what is judged: the program and the page refuse the same.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::agreement::zip;
use crate::chromium::Chromium;
use crate::common::{nulstil, text};
use crate::log::Office;

#[test]
fn an_older_trust_list_than_one_that_lies_there() {
    let Some(mut page) = Chromium::open("lists", "en") else { return };
    let office = Office::new();
    let bench = &office.session.bench;
    let make = |root: &str, out: &str, more: &[&str]| {
        let args = ["key", "trust-list", "--root", root, "--out", out];
        office.run("", &[&args[..], more].concat());
    };
    make("root.key", "2.trust", &["--after", "1.trust"]);
    make("root.key", "3.trust", &["--after", "2.trust"]);
    make("root.key", "other-1.trust", &[]);
    make("root.key", "other-2.trust", &["--after", "other-1.trust"]);
    make("office.key", "stranger.trust", &[]);
    let kept = bench.path("out/kept.trust");
    // The program's exit, and words that both of them say; nothing where they judge.
    let mut agree = |list: Option<&str>, input: &str, given: &Path, exit: i32, words: &[&str]| {
        let (root, list) = (bench.path("root.pub"), list.map(|name| bench.path(name)));
        let mut args = vec!["verify", "--json", text(given), "--root", text(&root)];
        args.extend(list.iter().flat_map(|list| ["--trust", text(list)]));
        let ran = nulstil(args).expect(exit);
        page.trust(&root, list.as_deref());
        let found = page.judge(input, &[given]);
        let said = page.run("at('result').innerText").as_str().unwrap().to_owned();
        for word in words {
            assert!(said.contains(word), "{word} in {said}");
        }
        assert_eq!(ran.stdout.is_empty(), exit != 0, "{ran:?}");
        assert_eq!(found["judged"] == json!([]), exit != 0, "{said}");
        assert_eq!(said.contains("Nothing is judged"), exit != 0, "{said}");
    };
    let out = bench.out();
    let put = |name: &str| fs::copy(bench.path(name), &kept).unwrap();

    put("2.trust");
    let older = ["version 1", "out/kept.trust", "version 2"];
    agree(Some("1.trust"), "folder", &out, 2, &older);
    agree(None, "folder", &out, 2, &["out/kept.trust", "you chose none"]);
    agree(Some("2.trust"), "folder", &out, 0, &[]);
    agree(Some("3.trust"), "folder", &out, 0, &[]);
    put("1.trust");
    agree(Some("3.trust"), "folder", &out, 0, &[]);
    // Of another root, or no list at all, it is nobody's word.
    put("stranger.trust");
    agree(Some("1.trust"), "folder", &out, 0, &["Left out", "out/kept.trust"]);
    fs::write(&kept, "nonsense").unwrap();
    agree(None, "folder", &out, 0, &["Left out", "out/kept.trust"]);

    // The root signed two histories.
    put("1.trust");
    for list in ["other-1.trust", "other-2.trust"] {
        agree(Some(list), "folder", &out, 4, &["out/kept.trust", list, "contradict each other"]);
    }
    put("other-2.trust");
    fs::copy(bench.path("1.trust"), bench.path("out/first.trust")).unwrap();
    agree(Some("3.trust"), "folder", &out, 4, &["out/kept.trust", "out/first.trust"]);
    fs::remove_file(bench.path("out/first.trust")).unwrap();
    fs::remove_file(&kept).unwrap();

    // In a ZIP it is the same.
    let certificate = &bench.results(".cert.json")[0];
    let bytes = [fs::read(certificate).unwrap(), fs::read(bench.path("2.trust")).unwrap()];
    let archive = bench.path("all.zip");
    fs::write(&archive, zip(&[("a.cert.json", &bytes[0]), ("kept.trust", &bytes[1])])).unwrap();
    agree(Some("1.trust"), "files", &archive, 2, &["version 1", "kept.trust", "version 2"]);
    agree(Some("2.trust"), "files", &archive, 0, &[]);
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}
