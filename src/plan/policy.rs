//! The site's rules, from a TOML file: what is done when the command line does not say, and the
//! least that is done whatever it says.

use serde::{Deserialize, Serialize};

use crate::model::{Method, Scheme, VerifyMode};

/// The `[policy]` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The least method; a request for a lower one is refused.
    pub method: Option<Method>,
    /// The pass scheme; a request for another one is refused.
    pub passes: Option<Scheme>,
    /// The least read-back; a request for less is refused.
    pub verify: Option<VerifyMode>,
    /// What is done where a purge cannot be reached: `refuse` the drive, or `clear` it, and then
    /// the certificate says that it was cleared and why.
    pub fallback: Fallback,
    /// What is done after a drive has purged itself: `overwrite` everything and read it back, or
    /// `nothing` more.
    pub after_purge: AfterPurge,
    /// What becomes of the key of a random pass: `reveal` writes it in the certificate, so that
    /// anybody can make every block again; `keep` leaves it in the journal only.
    pub random_key: RandomKey,
    /// Minutes that may be spent in operations that fail, per drive, before the rest is given up.
    pub trouble_minutes: u32,
}

/// See [`Policy::fallback`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// The drive is not touched, or counts as not sanitized.
    Refuse,
    /// It is cleared, and that is accepted.
    Clear,
}

/// See [`Policy::after_purge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterPurge {
    /// Two mechanisms that have nothing in common: firmware that erased nothing, or not
    /// everything, is caught up with as far as the host reaches, and the drive that is sold holds
    /// known zeros that were read back. It costs one pass of wear.
    Overwrite,
    /// Only the drive's own erase.
    Nothing,
}

/// See [`Policy::random_key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RandomKey {
    /// In the certificate. The stream hides nothing, so nothing is lost by it.
    Reveal,
    /// In the journal, beside the certificate.
    Keep,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            method: None,
            passes: None,
            verify: None,
            fallback: Fallback::Refuse,
            after_purge: AfterPurge::Overwrite,
            random_key: RandomKey::Reveal,
            trouble_minutes: 10,
        }
    }
}

/// A policy file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Policy,
}

impl Policy {
    /// The least that counts as done where `method` was asked for.
    #[must_use]
    pub fn least(&self, method: Method) -> Method {
        match self.fallback {
            Fallback::Refuse => method,
            Fallback::Clear => method.min(Method::Clear),
        }
    }

    /// Reads the text of a policy file: one table, `[policy]`.
    ///
    /// # Errors
    /// One line that says which line of the file is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        read_toml::<File>(text).map(|file| file.policy)
    }
}

/// Reads a TOML file that a person wrote.
///
/// # Errors
/// One line that says which line of the file is wrong, and why.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(1, |before| before.matches('\n').count() + 1);
        let reason = error.message().replace('\n', " ");
        format!("line {line}: {reason}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_policy_reads() {
        let text = "[policy]\nmethod = \"clear\"\npasses = \"random\"\nverify = \"full\"\n\
                    random_key = \"keep\"\ntrouble_minutes = 3\n";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.method, Some(Method::Clear));
        assert_eq!(policy.passes.unwrap().name(), "random");
        assert_eq!(policy.verify, Some(VerifyMode::Full));
        assert_eq!((policy.random_key, policy.trouble_minutes), (RandomKey::Keep, 3));
        assert_eq!(Policy::parse("[policy]").unwrap(), Policy::default());
    }

    #[test]
    fn an_unknown_word_is_named_with_its_line() {
        for (text, line, word) in [
            ("[policy]\nverfy = \"full\"\n", "line 2", "verfy"),
            ("[policy]\n\nverify = \"most\"\n", "line 3", "most"),
            ("[policy]\npasses = \"gutmann\"\n", "line 2", "nist-clear"),
            ("[policy]\n[ploicy]\n", "line 2", "ploicy"),
            ("verify = \"full\"\n", "line 1", "verify"),
        ] {
            let error = Policy::parse(text).unwrap_err();
            assert!(error.contains(line) && error.contains(word), "{text:?}: {error}");
            assert!(!error.contains('\n'));
        }
    }
}
