//! What follows from the evidence: the words for it. The rules are in [`crate::cert::conclude`].

use serde::{Deserialize, Serialize};

use super::{Language, Method, Shortfall};

/// The verdict on one drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The method was carried out and read-back found nothing else.
    Sanitized,
    /// Something was not done, failed, or data may be left.
    NotSanitized,
    /// Neither can be said.
    Indeterminate,
}

impl Verdict {
    /// What it means, in the words of people who handle drives; to be read with the method and the
    /// shortfalls. What is not proven never sounds like success.
    #[must_use]
    pub const fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Sanitized, Language::English) => "Erased",
            (Self::NotSanitized, Language::English) => "NOT erased",
            (Self::Indeterminate, Language::English) => "NOT proven erased",
            (Self::Sanitized, Language::Danish) => "Slettet",
            (Self::NotSanitized, Language::Danish) => "IKKE slettet",
            (Self::Indeterminate, Language::Danish) => "IKKE bevist slettet",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sanitized => "sanitized",
            Self::NotSanitized => "not-sanitized",
            Self::Indeterminate => "indeterminate",
        })
    }
}

/// What became of one drive, for the summary: the verdict, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// See [`Verdict::Sanitized`].
    Sanitized,
    /// See [`Verdict::NotSanitized`].
    NotSanitized,
    /// See [`Verdict::Indeterminate`]; also when no certificate could be saved.
    Indeterminate,
    /// Stopped by somebody; certified as such.
    Aborted,
    /// Nothing was written.
    Refused,
    /// See [`super::Blankness::Blank`]: nothing was written, and it is no erasure.
    FoundBlank,
    /// See [`super::Blankness::NotBlank`]: nothing was written.
    NotBlank,
    /// It could not be erased and has to be destroyed.
    ToBeDestroyed,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sanitized => "sanitized",
            Self::NotSanitized => "not-sanitized",
            Self::Indeterminate => "indeterminate",
            Self::Aborted => "aborted",
            Self::Refused => "refused",
            Self::FoundBlank => "found-blank",
            Self::NotBlank => "not-blank",
            Self::ToBeDestroyed => "to-be-destroyed",
        })
    }
}

/// What follows from the evidence of one drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// The verdict.
    pub verdict: Verdict,
    /// The method that was achieved; only with [`Verdict::Sanitized`].
    pub method: Option<Method>,
    /// Every shortfall, gravest first.
    pub shortfalls: Vec<Shortfall>,
}
