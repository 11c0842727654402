//! The codes on paper, as the library and as the program judge them.
#![allow(clippy::disallowed_types, reason = "tests run the program as people do")]

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use nulstil::cert::{Authorization, profile, verify};
use nulstil::paper::{self, Refused, VerifiedCode};
use serde_json::Value;

use crate::list::{Verdict, codes, folder};
use crate::{root, station, trust};

/// As the library judges it, and whether what is beside it is what it is about.
fn judged(verdict: &Verdict) -> Result<(VerifiedCode, Option<bool>), Refused> {
    let (trust, now) = (trust(verdict), verdict.now.parse().unwrap());
    let text = fs::read_to_string(verdict.path()).unwrap();
    let authorization = verdict.authorization.as_ref().map(|file| {
        let document = profile::parse(&fs::read(folder().join(file)).unwrap()).unwrap();
        Authorization::verify(&document, &trust.root).unwrap()
    });
    let code = paper::verify(text.trim_end_matches('\n'), authorization.as_ref(), &trust, now)?;
    let agrees = verdict.beside.as_ref().map(|file| {
        let certificate = verify(&fs::read(folder().join(file)).unwrap(), &trust, now).unwrap();
        code.is_about(&certificate)
    });
    Ok((code, agrees.transpose()?))
}

#[test]
fn the_library_agrees_on_codes() {
    let mut differ = Vec::new();
    for verdict in codes() {
        let found = judged(&verdict);
        let (mut word, mut code, mut agrees) = ("authentic", None, verdict.agrees);
        match &found {
            Err(refused) => (word, code) = ("rejected", Some(refused.code().to_owned())),
            Ok((code, beside)) => {
                agrees = *beside;
                if code.missing().is_some() {
                    word = "authentic-incomplete";
                }
            }
        }
        let says = found.as_ref().ok().map(|(code, _)| code.statement());
        let judged = Verdict {
            verdict: word.to_owned(),
            code,
            agrees,
            conclusion: says.map(|says| says.verdict().to_string()),
            method: says.and_then(|says| says.method).map(|method| method.to_string()),
            ..verdict.clone()
        };
        if judged != verdict {
            differ.push(format!("{verdict:?}: {found:?}"));
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

/// Every reason of [`Refused`] that is not the certificate's has a code, and so has every verdict.
#[test]
fn every_refusal_has_a_code() {
    let source = include_str!("../../src/paper/code.rs");
    let body = source.split("pub fn code(&self)").nth(1).unwrap().split("\n}\n").next().unwrap();
    let wanted: BTreeSet<&str> = body.split('"').skip(1).step_by(2).collect();
    assert!(wanted.len() > 5, "{wanted:?}");
    let listed = codes();
    let met: BTreeSet<&str> = listed.iter().filter_map(|code| code.code.as_deref()).collect();
    assert!(wanted.is_subset(&met), "{wanted:?} in {met:?}");
    for verdict in ["sanitized", "not-sanitized", "indeterminate"] {
        assert!(listed.iter().any(|code| code.conclusion.as_deref() == Some(verdict)), "{verdict}");
    }
    assert!(listed.len() > 100, "{}", listed.len());
}

/// What is written here by hand is what the tool makes, byte by byte.
#[test]
fn the_tool_makes_the_same_codes() {
    let listed = codes();
    for (name, file) in
        [("good/without-word", "good/clear-hdd"), ("good/cut", "good/short-form-for-paper")]
    {
        let vector = listed.iter().find(|code| code.file == format!("{name}.code.txt")).unwrap();
        let bytes = fs::read(folder().join(format!("{file}.cert.json"))).unwrap();
        let certificate = verify(&bytes, &trust(vector), vector.now.parse().unwrap()).unwrap();
        let made = paper::code(&certificate, &root(vector), &station::key("station")).unwrap();
        let there = fs::read_to_string(vector.path()).unwrap();
        assert_eq!(made.unwrap(), there.trim_end_matches('\n'), "{name}");
    }
}

/// As an auditor judges it, by the clock of this machine.
#[test]
fn the_program_agrees_on_codes() {
    for verdict in codes() {
        let mut program = Command::new(env!("CARGO_BIN_EXE_nulstil"));
        program.current_dir(folder()).args(["verify", "--json", "--root", &verdict.root]);
        program.args(["--qr", "-"]).stdin(Stdio::from(fs::File::open(verdict.path()).unwrap()));
        for (option, file) in
            [("--trust", &verdict.trust_list), ("--authorization", &verdict.authorization)]
        {
            program.args(file.iter().flat_map(|file| [option, file]));
        }
        let output = program.args(&verdict.beside).output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        // The file beside it is judged as well.
        let mut said = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let said = said.find(|line| line["event"] == "code");
        let said = said.unwrap_or_else(|| panic!("{verdict:?}: {lines}"));
        let text = |member: &str| said[member].as_str().map(str::to_owned);
        assert_eq!(text("verdict").as_ref(), Some(&verdict.verdict), "{}: {said}", verdict.file);
        assert_eq!(text("code"), verdict.code, "{}", verdict.file);
        assert_eq!(text("conclusion"), verdict.conclusion, "{}", verdict.file);
        assert_eq!(text("method"), verdict.method, "{}", verdict.file);
        let agrees: Vec<&str> = said["agreesWith"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file.as_str().unwrap())
            .collect();
        let beside: Vec<&str> = verdict
            .beside
            .iter()
            .filter(|_| verdict.agrees == Some(true))
            .map(String::as_str)
            .collect();
        assert_eq!(agrees, beside, "{}", verdict.file);
    }
}
