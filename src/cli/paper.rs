//! `nulstil paper`: the page of a certificate, made again.

use std::path::Path;

use serde_json::json;

use super::args::PaperArgs;
use super::console::Console;
use super::files::{read_beginning, write_new};
use super::station::ask_passphrase;
use super::{Exit, Stop, trust};
use crate::cert::verify as check;
use crate::clock;
use crate::keys::private;
use crate::model::Language;
use crate::paper::{Page, code};

pub(super) fn paper(console: &Console, args: &PaperArgs) -> Result<Exit, Stop> {
    let trust = trust::load(console, &args.trust)?;
    let now = clock::now();
    let key = args.key.as_deref().map(|path| {
        private::load(path, || ask_passphrase(console, path))
            .map_err(|error| Stop::refused(format!("--key {error}.")))
    });
    let key = key.transpose()?;
    let language = language(args.language);
    let mut exits = vec![Exit::Done];
    for path in &args.files {
        let made = make(path, |bytes, name| {
            let certificate =
                check(bytes, &trust, now).map_err(|error| (Exit::Rejected, error.to_string()))?;
            whole(certificate.missing())?;
            let code = key.as_ref().map(|key| code(&certificate, &trust.root, key)).transpose();
            let code = code.map_err(|error| (Exit::Refused, error.to_string()))?.flatten();
            let root = &trust.root;
            let code = code.as_deref();
            Page { certificate: &certificate, name, bytes, root, code, language }.render().ok_or((
                Exit::Refused,
                "there is no page for such a document; name the certificate of one drive"
                    .to_owned(),
            ))
        });
        match made {
            Ok(pdf) => {
                console.json(&json!({ "event": "paper", "path": path, "pdf": pdf }));
                if !console.is_json() {
                    console.line(&format!("page  {pdf}"));
                }
            }
            Err((exit, why)) => {
                console.error(&format!("{}: {why}; no page was made.", path.display()));
                exits.push(exit);
            }
        }
    }
    Ok(Exit::gravest(exits))
}

/// Nothing is missing. A page has no place to say that its certificate was not checked in full, and
/// whoever is shown one on paper takes it for checked.
fn whole(missing: &[String]) -> Result<(), (Exit, String)> {
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!(
        "it is authentic but incomplete: {}; name the newest trust list with --trust, or use a \
         newer version of this program",
        missing.join("; ")
    );
    Err((Exit::Incomplete, why))
}

/// Reads a file, and writes beside it what `render` makes of it.
fn make(
    path: &Path,
    render: impl FnOnce(&[u8], &str) -> Result<Vec<u8>, (Exit, String)>,
) -> Result<String, (Exit, String)> {
    let bytes = read_beginning(path).map_err(|why| (Exit::Rejected, why))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let pdf = render(&bytes, &name)?;
    let to = path.with_extension("pdf");
    write_new(&to, &pdf).map_err(|error| {
        let why = format!("{} cannot be made ({error})", to.display());
        (Exit::Refused, why)
    })?;
    Ok(to.display().to_string())
}

/// The language that was asked for, or else that of the environment (POSIX, section 8.2).
pub(super) fn language(asked: Option<Language>) -> Language {
    let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    asked.unwrap_or_else(|| {
        let name = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(set);
        let value = name.and_then(|name| std::env::var(name).ok());
        Language::of_locale(&value.unwrap_or_default())
    })
}
