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
    for vector in list.as_array().unwrap() {
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
    assert_eq!(judged, list.as_array().unwrap().len());
    assert!(judged > 150, "{judged}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
    assert!(page.requests.iter().all(|url| url.starts_with("file:///")), "{:?}", page.requests);
}
