//! Where words go: results to stdout, remarks and errors to stderr. With `--json` nothing but
//! JSON goes to stdout.

#[cfg(feature = "tool")]
use std::io::IsTerminal as _;
#[cfg(feature = "tool")]
use std::io::Read as _;
use std::io::Write as _;

use serde::Serialize;
#[cfg(feature = "tool")]
use zeroize::Zeroizing;

use crate::model::allowed;

/// Longer than any passphrase, in bytes. Room for all of it is made at once: a text that grows
/// leaves copies of itself behind.
#[cfg(feature = "tool")]
const LONGEST_SECRET: usize = 4096;

/// stdout and stderr. A reader that went away is no reason to stop a wipe: write errors are
/// ignored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    json: bool,
    /// Where passphrases come from, if not from the terminal.
    #[cfg(feature = "tool")]
    secrets: Option<u32>,
}

impl Console {
    pub(crate) const fn new(json: bool) -> Self {
        Self {
            json,
            #[cfg(feature = "tool")]
            secrets: None,
        }
    }

    /// The same, with passphrases read from this file descriptor.
    #[cfg(feature = "tool")]
    pub(crate) const fn with_secrets_from(self, descriptor: Option<u32>) -> Self {
        Self { secrets: descriptor, ..self }
    }

    /// Whether a person is asked for passphrases, who may mistype.
    #[cfg(feature = "tool")]
    pub(crate) const fn asks_for_secrets(self) -> bool {
        self.secrets.is_none()
    }

    /// A passphrase; see [`Self::secret_from`].
    #[cfg(feature = "tool")]
    pub(crate) fn secret(self, question: &str) -> std::io::Result<Zeroizing<String>> {
        self.secret_from(self.secrets, question)
    }

    /// A secret, asked for on the terminal without showing it, or one line of a file descriptor.
    /// Never an argument: those are seen by everyone on the computer.
    #[cfg(feature = "tool")]
    pub(crate) fn secret_from(
        self,
        descriptor: Option<u32>,
        question: &str,
    ) -> std::io::Result<Zeroizing<String>> {
        let Some(descriptor) = descriptor else {
            return rpassword::prompt_password(printable(question)).map(Zeroizing::new);
        };
        let file = std::fs::File::open(format!("/proc/self/fd/{descriptor}"))?;
        let mut text = Zeroizing::new(String::with_capacity(LONGEST_SECRET));
        std::io::Read::take(file, LONGEST_SECRET as u64).read_to_string(&mut text)?;
        let line = text.split(['\n', '\r']).next().unwrap_or_default();
        Ok(Zeroizing::new(line.to_owned()))
    }

    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// A line for people: on stdout, or on stderr if stdout is for a machine.
    pub(crate) fn line(self, text: &str) {
        if self.json {
            self.remark(text);
        } else {
            let _ = writeln!(std::io::stdout().lock(), "{}", printable(text));
        }
    }

    /// A line for people, beside the results.
    pub(crate) fn remark(self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
    }

    /// One sentence that says what is wrong and what to do.
    pub(crate) fn error(self, sentence: &str) {
        self.remark(&format!("nulstil: {sentence}"));
    }

    /// A line for programs; nothing without `--json`.
    pub(crate) fn json(self, value: &impl Serialize) {
        if self.json
            && let Ok(text) = serde_json::to_string(value)
        {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{}", escaped(&text));
            let _ = out.flush();
        }
    }

    /// Whether what goes to stdout is read by a person at a terminal.
    #[cfg(feature = "tool")]
    pub(crate) fn shows_results(self) -> bool {
        !self.json && std::io::stdout().is_terminal()
    }

    /// Whether somebody is there to read a question and to answer it.
    #[cfg(feature = "tool")]
    pub(crate) fn can_ask(self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a question and reads one line; `None` if nobody is there to answer.
    #[cfg(feature = "tool")]
    pub(crate) fn ask(self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "{}", printable(question));
            let _ = err.flush();
        }
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        matches!(read, Ok(n) if n > 0).then(|| answer.trim().to_owned())
    }

    /// Whether somebody watches stderr.
    #[cfg(feature = "tool")]
    pub(crate) fn is_watched(self) -> bool {
        std::io::stderr().is_terminal()
    }
}

/// Firmware strings and file names reach this terminal: characters that move its cursor, change
/// its colours, end the line or turn the direction of text do not.
pub(crate) fn printable(text: &str) -> String {
    let harmless = |c: char| if allowed(c) { c } else { '\u{fffd}' };
    text.chars().map(harmless).collect()
}

/// The same for JSON, which has a way to write them: a program reads what it would have read.
fn escaped(json: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if allowed(c) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// A number of bytes as people write it: decimal units, as on the drive's label.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut scaled = n;
    let mut unit = 0;
    while scaled >= 1_000_000 && unit + 1 < UNITS.len() {
        scaled /= 1000;
        unit += 1;
    }
    let (whole, tenth) = (scaled / 1000, scaled % 1000 / 100);
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if whole < 100 && tenth > 0 {
        format!("{whole}.{tenth} {name}")
    } else {
        format!("{whole} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_on_the_label() {
        for (n, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (16_500_000, "16.5 MB"),
            (256_060_514_304, "256 GB"),
            (1_000_204_886_016, "1 TB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(n), text);
        }
    }

    #[test]
    fn a_serial_number_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(printable("a\nPlan digest: 0"), "a\u{fffd}Plan digest: 0");
        assert_eq!(printable("\u{202e}gmi.ksid \u{9b}1m"), "\u{fffd}gmi.ksid \u{fffd}1m");
        assert_eq!(printable("\u{fc} \u{76d8}"), "\u{fc} \u{76d8}");
        let name = "a\u{1b}[2J\u{7f}\u{9b}1m\u{202e}\u{1fffe}\u{fc}";
        let json = escaped(&serde_json::to_string(name).unwrap());
        assert!(json.chars().all(allowed), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name);
    }
}
