//! The house rules that a compiler does not know: who may use whom, and what the certificate
//! library may depend on.

#![allow(clippy::disallowed_types, clippy::unwrap_used, reason = "a test asks cargo and fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate, and the modules it may name. The table in `src/lib.rs` in detail.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("cert", &["model", "log"]),
    ("log", &["model"]),
    ("bundle", &["model"]),
    ("pattern", &["model"]),
    ("proto", &["model"]),
    ("device", &["model", "pattern", "proto"]),
    ("technique", &["model", "proto", "device"]),
    ("plan", &["model", "device", "technique"]),
    ("sim", &["model", "pattern", "device", "proto"]),
    ("os", &["model", "pattern", "device", "proto", "clock"]),
    ("recording", &["model", "device", "proto"]),
    ("clock", &["model", "device"]),
    ("keys", &["model", "cert"]),
    ("paper", &["model", "cert", "keys"]),
    ("run", &["model", "cert", "pattern", "device", "proto", "technique", "plan", "paper"]),
    ("live", &["model", "cert", "technique", "plan", "os", "run"]),
    ("init", &["os"]),
    (
        "engine",
        &["model", "cert", "device", "technique", "keys", "plan", "run", "live", "os", "clock"],
    ),
    ("console", &["model", "engine", "plan", "live", "run"]),
    (
        "cli",
        &[
            "model",
            "cert",
            "log",
            "bundle",
            "device",
            "technique",
            "plan",
            "run",
            "live",
            "engine",
            "console",
            "init",
            "os",
            "recording",
            "clock",
            "keys",
            "paper",
        ],
    ),
];

/// Every Rust file under `src`, with the module it belongs to.
fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
                found.push((first.trim_end_matches(".rs").to_owned(), path));
            }
        }
    }
    found
}

/// The modules of this crate that a text names: `crate::x`, and `crate::{x, y::{..}}`. Comments
/// do not count.
fn named(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.join(" ");
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.extend(word(rest));
            continue;
        };
        // The words at the outermost level of the braces.
        let (mut depth, mut start) = (0, true);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && c.is_alphabetic() => {
                    names.extend(word(&group[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

#[test]
fn every_module_uses_only_what_lies_below_it() {
    let table: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (module, path) in sources() {
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(allowed) = table.get(module.as_str()) else {
            wrong.push(format!("{} is in no layer", path.display()));
            continue;
        };
        for name in named(&fs::read_to_string(&path).unwrap()) {
            // Macros and items of the crate's root are not modules.
            if table.contains_key(name.as_str()) && name != module {
                seen.insert((module.clone(), name.clone()));
                if !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{} uses {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // A table that allows what nobody does any more is a map of another house.
    for (module, allowed) in MAY_USE {
        for name in *allowed {
            let pair = ((*module).to_owned(), (*name).to_owned());
            assert!(seen.contains(&pair), "{module} may use {name}, and does not");
        }
    }
}

#[test]
fn groups_and_nested_paths_are_seen() {
    let text =
        "use crate::{model, run::{drive, x},\n  plan};\n// crate::os\nlet a = crate::cert::B;";
    let names: Vec<_> = named(text).into_iter().collect();
    assert_eq!(names, ["cert", "model", "plan", "run"]);
}

/// The certificate library builds for an auditor's machine: its dependencies are pinned, on Linux
/// and on Windows.
#[test]
fn the_certificate_library_depends_on_nothing_of_a_system() {
    for target in ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc"] {
        let output = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--no-default-features", "-e", "normal"])
            .args(["--prefix", "none", "--format", "{p}", "--target", target])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8(output.stdout).unwrap();
        let names: BTreeSet<&str> = tree.lines().filter_map(|l| l.split(' ').next()).collect();
        let pinned = fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cert-dependencies.txt"),
        )
        .unwrap();
        let pinned: BTreeSet<&str> = pinned.lines().collect();
        assert_eq!(names, pinned, "{target}");
        for system in [
            "libc",
            "nix",
            "rustix",
            "io-uring",
            "tokio",
            "ratatui",
            "crossterm",
            "printpdf",
            "sysinfo",
            "getrandom",
        ] {
            assert!(!names.contains(system), "{target}: {system}");
        }
    }
}
