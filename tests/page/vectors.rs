//! The closed list of vectors: one by one the same verdict, code, conclusion and method.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::chromium::Chromium;
use crate::common::read_json;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/vectors")
}

#[test]
fn all_vectors_are_judged_as_the_list_says() {
    let Some(mut page) = Chromium::open("vectors", "en") else { return };
    let list = read_json(&vectors().join("verdicts.json"));
    let mut groups: BTreeMap<[String; 3], Vec<&Value>> = BTreeMap::new();
    let list = list.as_array().unwrap();
    let documents: Vec<&Value> = list.iter().filter(|vector| vector["kind"].is_null()).collect();
    for vector in &documents {
        let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
        groups.entry([text("root"), text("trustList"), text("now")]).or_default().push(vector);
    }
    let (mut judged, mut wrong) = (0, Vec::new());
    for ([root, list, now], group) in &groups {
        page.run(&format!("now = () => Date.parse('{now}') / 1000"));
        let list = Some(vectors().join(list)).filter(|_| !list.is_empty());
        page.trust(&vectors().join(root), list.as_deref());
        // One at a time, as files of one name may be in several folders; with the proof beside it.
        for vector in group {
            let file = vectors().join(vector["file"].as_str().unwrap());
            let proof = file.with_extension("tlog-proof");
            let files: Vec<_> = [file, proof].into_iter().filter(|path| path.exists()).collect();
            let found = page.judge("files", &files);
            let one = &found["judged"][0];
            judged += 1;
            for name in ["verdict", "code", "conclusion", "method"] {
                if one[name] != vector[name] {
                    wrong.push(format!("{}: {name} {} {}", vector["file"], one[name], one["said"]));
                }
            }
        }
    }
    assert_eq!(judged, documents.len());
    assert!(judged > 150, "{judged}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
    assert!(page.requests.iter().all(|url| url.starts_with("file:///")), "{:?}", page.requests);
}

#[test]
fn all_codes_are_judged_as_the_list_says() {
    let Some(mut page) = Chromium::open("codes", "en") else { return };
    let list = read_json(&vectors().join("verdicts.json"));
    let list = list.as_array().unwrap();
    let mut codes: Vec<&Value> = list.iter().filter(|vector| vector["kind"] == "code").collect();
    assert!(codes.len() > 100, "{}", codes.len());
    let path = |vector: &Value, name: &str| vector[name].as_str().map(|file| vectors().join(file));
    codes.sort_by_key(|vector| [vector["trustList"].to_string(), vector["beside"].to_string()]);
    let (mut believed, mut beside, mut wrong) = (None, None, Vec::new());
    for vector in codes {
        let trusted = [&vector["root"], &vector["trustList"], &vector["now"]];
        if believed != Some(trusted) {
            page.run(&format!("now = () => Date.parse({}) / 1000", vector["now"]));
            page.trust(&path(vector, "root").unwrap(), path(vector, "trustList").as_deref());
            believed = Some(trusted);
        }
        if beside != Some(&vector["beside"]) {
            match path(vector, "beside") {
                Some(file) => drop(page.judge("files", &[file])),
                None => drop(page.run("useFiles([])")),
            }
            beside = Some(&vector["beside"]);
        }
        page.run("useVoucher(null)");
        if let Some(file) = path(vector, "authorization") {
            page.choose("vouch-file", &[file]);
            page.wait("state.vouchFile !== null");
        }
        // As a person does who opens the text file.
        // Nothing of the code before it counts any more, also what is still being judged.
        page.run("state.code = state.paper = null");
        page.choose("code-file", &[path(vector, "file").unwrap()]);
        page.wait("state.paper !== null || state.code === ''");
        let found = page.run(CODE);
        if vector["file"] == "hostile/text-nothing.code.txt" {
            assert_eq!(found, Value::Null, "nothing is said of nothing");
            continue;
        }
        for name in ["verdict", "code", "conclusion", "method"] {
            if found[name] != vector[name] {
                wrong.push(format!("{}: {name} {found}", vector["file"]));
            }
        }
        let agrees = vector["agrees"] == true;
        if found["agrees"] != agrees {
            wrong.push(format!("{}: {found}", vector["file"]));
        }
        // What is shown is of one mind with it.
        let said = found["said"].as_str().unwrap();
        let word = match (vector["verdict"].as_str(), vector["conclusion"].as_str()) {
            (Some("rejected"), _) => "REJECTED: do not accept this paper.",
            (_, Some("sanitized")) => "It says: Erased (method ",
            (_, Some("not-sanitized")) => "It says: NOT erased",
            _ => "It says: NOT proven erased",
        };
        if !said.contains(word) || said.contains("undefined") || said.contains("[object") {
            wrong.push(format!("{}: {said}", vector["file"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

#[test]
fn all_trust_lists_are_judged_as_the_list_says() {
    let Some(mut page) = Chromium::open("trust lists", "en") else { return };
    let list = read_json(&vectors().join("verdicts.json"));
    let lists = list.as_array().unwrap().iter().filter(|vector| vector["kind"] == "trust-list");
    let mut judged = 0;
    for vector in lists {
        let path = |name: &str| vectors().join(vector[name].as_str().unwrap());
        page.trust(&path("root"), Some(&path("file")));
        let said = page.run("at('list-said').innerText");
        let said = said.as_str().unwrap();
        let rejected = vector["verdict"] == "rejected";
        assert_eq!(page.run("state.listBad"), rejected, "{}: {said}", vector["file"]);
        assert_eq!(said.contains("credentialSubject.witnesses"), rejected, "{said}");
        judged += 1;
    }
    assert_eq!(judged, 6);
}

const CODE: &str = "state.paper === null ? null : ({ verdict: state.paper.verdict, code: \
     state.paper.code, conclusion: state.paper.conclusion ?? null, method: state.paper.method ?? \
     null, agrees: state.paper.agreesWith.length > 0, said: at('code-shown').innerText })";
