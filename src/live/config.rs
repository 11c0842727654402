//! `nulstil.toml`, the stick's configuration. Every key may be left out; `image/stick/nulstil.toml`
//! explains them to people, and is read by a test.

use serde::{Deserialize, Serialize};

use crate::model::Language;
use crate::plan::{Policy, read_toml};

/// The longest file that is read, in bytes.
pub(super) const LARGEST: usize = 64 << 10;

/// What the stick says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The language of screens and pages.
    #[serde(deserialize_with = "language")]
    pub language: Language,
    /// The keyboard in front of the screen; without it, that of the kernel's command line.
    pub keyboard: Option<Keyboard>,
    /// The name of this bench: the place of the work, for the certificate.
    pub station: Option<String>,
    /// How much a person is asked.
    pub asks: Asks,
    /// How many drives a computer is expected to have; with more, each is asked about.
    pub expected_drives: Option<u32>,
    /// Always false: there is no network.
    #[serde(deserialize_with = "no_network")]
    pub network: bool,
    /// Who signs; if it does not say, the key if there is one.
    pub signing: Option<Signing>,
    /// What happens when all is done and on the stick.
    pub end: EndOfWork,
    /// How drives are erased, in the words of `--policy`.
    pub policy: Policy,
}

/// See [`Config::keyboard`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keyboard {
    /// Danish.
    Dk,
    /// US.
    Us,
}

impl Keyboard {
    /// The name of the layout.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dk => "dk",
            Self::Us => "us",
        }
    }
}

/// How much a person is asked before a wipe: the policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// The scan of the asset tag is the yes to the plan on the screen.
    ScanStartsWipe,
    /// Each drive on a screen of its own, and then the plan.
    #[default]
    AskEachDisk,
    /// A signed job consented, and nobody is asked.
    Unattended,
}

/// See [`Config::signing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// The station's key on the stick.
    Station,
    /// The office, later.
    Later,
}

/// See [`Config::end`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndOfWork {
    /// The computer is switched off.
    PowerOff,
    /// It is started again.
    Reboot,
    /// The first screen, for the next drives in the same computer.
    #[default]
    Next,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            language: Language::Danish,
            keyboard: None,
            station: None,
            asks: Asks::default(),
            expected_drives: None,
            network: false,
            signing: None,
            end: EndOfWork::default(),
            policy: Policy::default(),
        }
    }
}

impl Config {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// One line that says which line of the file is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LARGEST {
            return Err(format!("it has more than {LARGEST} bytes, and only so many are read"));
        }
        // Editors on Windows put this before the text.
        let config: Self = read_toml(text.strip_prefix('\u{feff}').unwrap_or(text))?;
        if config.asks == Asks::Unattended && config.end == EndOfWork::Reboot {
            return Err("asks = \"unattended\" and end = \"reboot\" together would never end; \
                        choose \"power-off\" or \"next\""
                .to_owned());
        }
        Ok(config)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tag {
    Da,
    En,
}

fn language<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Language, D::Error> {
    Ok(match Tag::deserialize(value)? {
        Tag::Da => Language::Danish,
        Tag::En => Language::English,
    })
}

fn no_network<'de, D: serde::Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    match bool::deserialize(value)? {
        false => Ok(false),
        true => Err(serde::de::Error::custom("there is no network in this version; write false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Method, VerifyMode};

    #[test]
    fn nothing_said_is_safe() {
        let config = Config::parse("").unwrap();
        assert_eq!(config, Config::default());
        assert!(config.asks == Asks::AskEachDisk && !config.network);
        assert_eq!((config.end, config.signing), (EndOfWork::Next, None));
    }

    #[test]
    fn what_is_said_counts() {
        let text = "\u{feff}language = \"da\"\r\nkeyboard = \"us\"\r\nstation = \"Bord 3\"\r\n\
                    asks = \"unattended\"\r\nexpected_drives = 2\r\nsigning = \"later\"\r\nend = \"power-off\"\r\n\
                    [policy]\r\nmethod = \"purge\"\r\nverify = \"full\"\r\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.language, Language::Danish);
        assert_eq!((config.keyboard, config.end), (Some(Keyboard::Us), EndOfWork::PowerOff));
        assert_eq!(config.station.as_deref(), Some("Bord 3"));
        assert_eq!((config.asks, config.expected_drives), (Asks::Unattended, Some(2)));
        assert_eq!(config.signing, Some(Signing::Later));
        assert_eq!(config.policy.method, Some(Method::Purge));
        assert_eq!(config.policy.verify, Some(VerifyMode::Full));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, word) in [
            ("langauge = \"da\"\n", "line 1", "langauge"),
            ("\nlanguage = \"de\"\n", "line 2", "de"),
            ("language = da\n", "line 1", ""),
            ("station = \"x\"\nnetwork = true\n", "line 2", "no network"),
            ("asks = \"nobody\"\n", "line 1", "unattended"),
            ("expected_drives = -1\n", "line 1", "u32"),
            ("end = \"off\"\n", "line 1", "power-off"),
            ("[policy]\nmethod = \"clear\"\npasses = \"gutmann\"\n", "line 3", "nist-clear"),
            ("[policy]\nverfy = \"full\"\n", "line 2", "verfy"),
            ("language = \"da\"\nlanguage = \"en\"\n", "line 2", "duplicate"),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert!(error.contains(line) && error.contains(word), "{text:?}: {error}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn what_is_not_read_to_its_end_is_not_believed() {
        let long = format!("language = \"da\"\n#{}", " ".repeat(LARGEST));
        assert!(Config::parse(&long).unwrap_err().contains("more than 65536 bytes"));
        let for_ever = "asks = \"unattended\"\nend = \"reboot\"\n";
        assert!(Config::parse(for_ever).unwrap_err().contains("never end"));
    }

    /// The stick as it is made: what its file says is what is done without it, but for the language.
    #[test]
    fn the_template_explains_every_key_and_changes_none() {
        let template = include_str!("../../image/stick/nulstil.toml");
        let danish = Config { language: Language::Danish, ..Config::default() };
        assert_eq!(Config::parse(template).unwrap(), danish);
        // Each line that is commented out is right, too.
        let all: Vec<_> = template.lines().map(|l| l.strip_prefix("#: ").unwrap_or(l)).collect();
        let config = Config::parse(&all.join("\n")).unwrap();
        assert!(config.station.is_some() && config.signing.is_some());
        assert!(config.policy.method.is_some() && config.policy.passes.is_some());
    }
}
