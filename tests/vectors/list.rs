//! The closed list: every vector and its verdict, `verdicts.json`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nulstil::cert::profile;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the vectors are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/vectors")
}

/// When the auditor of all vectors looks at them.
const NOW: &str = "2026-12-01T12:00:00Z";

/// The verdict on one file, as `verdicts.json` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    /// `code` for the text of a code on paper, `trust-list` for a trust list; absent for a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Below the folder. The proof that it is in a log is beside it: `.tlog-proof` instead of
    /// `.json`.
    pub file: String,
    pub root: String,
    pub trust_list: Option<String>,
    /// For a code: the authorization that the auditor names with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// For a code: the certificate that the auditor gives with it, and whether it is the one that
    /// the code is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees: Option<bool>,
    pub now: String,
    pub verdict: String,
    pub code: Option<String>,
    pub conclusion: Option<String>,
    pub method: Option<String>,
    /// For people.
    pub why: String,
}

impl Verdict {
    pub fn path(&self) -> PathBuf {
        folder().join(&self.file)
    }

    /// Where the proof that it is in a log would be.
    pub fn proof(&self) -> PathBuf {
        self.path().with_extension("tlog-proof")
    }
}

/// A file and the verdict on it.
pub struct Vector {
    verdict: Verdict,
    bytes: Vec<u8>,
    proof: Option<String>,
}

impl Vector {
    /// Authentic, with no conclusion, until something else is said.
    pub fn new(file: &str, bytes: Vec<u8>, why: &str) -> Self {
        let verdict = Verdict {
            kind: None,
            authorization: None,
            beside: None,
            agrees: None,
            file: file.to_owned(),
            root: "root.pub".to_owned(),
            trust_list: None,
            now: NOW.to_owned(),
            verdict: "authentic".to_owned(),
            code: None,
            conclusion: None,
            method: None,
            why: why.to_owned(),
        };
        Self { verdict, bytes, proof: None }
    }

    /// As the tool writes it.
    pub fn of(file: &str, document: &Value, why: &str) -> Self {
        Self::new(file, profile::pretty(document).unwrap(), why)
    }

    /// The text of a code on paper.
    pub fn code(file: &str, text: String, why: &str) -> Self {
        let mut vector = Self::new(file, text.into_bytes(), why);
        vector.verdict.kind = Some("code".to_owned());
        vector
    }

    /// A trust list of the root.
    pub fn trust_list(file: &str, document: &Value, why: &str) -> Self {
        let mut vector = Self::of(file, document, why);
        vector.verdict.kind = Some("trust-list".to_owned());
        vector
    }

    /// A code that is judged with this authorization.
    pub fn vouched_by(mut self, file: &str) -> Self {
        self.verdict.authorization = Some(file.to_owned());
        self
    }

    /// A code that is judged with this document, which it is about or not.
    pub fn beside_document(mut self, file: &str, agrees: bool) -> Self {
        (self.verdict.beside, self.verdict.agrees) = (Some(file.to_owned()), Some(agrees));
        self
    }

    pub fn concluding(mut self, conclusion: &str, method: Option<&str>) -> Self {
        self.verdict.conclusion = Some(conclusion.to_owned());
        self.verdict.method = method.map(str::to_owned);
        self
    }

    pub fn incomplete(mut self) -> Self {
        self.verdict.verdict = "authentic-incomplete".to_owned();
        self
    }

    pub fn rejected(mut self, code: &str) -> Self {
        self.verdict.verdict = "rejected".to_owned();
        self.verdict.code = Some(code.to_owned());
        self
    }

    /// Judged with this trust list.
    pub fn with_list(mut self, list: &str) -> Self {
        self.verdict.trust_list = Some(list.to_owned());
        self
    }

    /// With this file beside it, as proof that it is in a log.
    pub fn beside(mut self, proof: String) -> Self {
        self.proof = Some(proof);
        self
    }
}

/// All vectors, in the order of the list.
#[derive(Default)]
pub struct Vectors(Vec<Vector>, Vec<(String, Vec<u8>)>);

impl Vectors {
    pub fn add(&mut self, vector: Vector) {
        let file = &vector.verdict.file;
        assert!(self.0.iter().all(|other| other.verdict.file != *file), "{file} twice");
        self.0.push(vector);
    }

    /// The document in a vector that was added before.
    pub fn document(&self, file: &str) -> Value {
        let vector = self.0.iter().find(|vector| vector.verdict.file == file).unwrap();
        profile::parse(&vector.bytes).unwrap()
    }

    /// A file that is no vector and that others need.
    pub fn add_file(&mut self, name: &str, document: &Value) {
        self.1.push((name.to_owned(), profile::pretty(document).unwrap()));
    }

    /// Every file of the folder: its path below it, and its bytes.
    pub fn files(self) -> Vec<(String, Vec<u8>)> {
        let mut files = self.1;
        let verdicts: Vec<&Verdict> = self.0.iter().map(|vector| &vector.verdict).collect();
        let mut list = serde_json::to_vec_pretty(&verdicts).unwrap();
        list.push(b'\n');
        files.push(("verdicts.json".to_owned(), list));
        for Vector { verdict, bytes, proof } in self.0 {
            let beside = Path::new(&verdict.file).with_extension("tlog-proof");
            files.push((verdict.file, bytes));
            if let Some(proof) = proof {
                files.push((beside.to_str().unwrap().to_owned(), proof.into_bytes()));
            }
        }
        files
    }
}

/// The list as it is on disk.
pub fn verdicts() -> Vec<Verdict> {
    serde_json::from_slice(&std::fs::read(folder().join("verdicts.json")).unwrap()).unwrap()
}

/// The documents in it.
pub fn documents() -> Vec<Verdict> {
    verdicts().into_iter().filter(|verdict| verdict.kind.is_none()).collect()
}

/// The codes on paper in it.
#[cfg(feature = "verify-cli")]
pub fn codes() -> Vec<Verdict> {
    of_kind("code")
}

/// The trust lists in it.
pub fn trust_lists() -> Vec<Verdict> {
    of_kind("trust-list")
}

fn of_kind(kind: &str) -> Vec<Verdict> {
    verdicts().into_iter().filter(|verdict| verdict.kind.as_deref() == Some(kind)).collect()
}

/// Every file below good/ and hostile/.
pub fn found() -> BTreeSet<String> {
    let below = |kind: &str| {
        let entries = std::fs::read_dir(folder().join(kind)).unwrap();
        entries
            .map(|entry| format!("{kind}/{}", entry.unwrap().file_name().to_str().unwrap()))
            .collect::<Vec<_>>()
    };
    ["good", "hostile"].into_iter().flat_map(below).collect()
}
