//! The languages in which this program speaks to people. What is signed is always English.

use serde::{Deserialize, Serialize};

/// A language that people read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Danish.
    Danish,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::English, Self::Danish];

    /// The language of a POSIX locale name such as `da_DK.UTF-8`; English for any but Danish.
    #[must_use]
    pub fn of_locale(name: &str) -> Self {
        let language = name.split(['_', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("da") || language.eq_ignore_ascii_case("danish") {
            Self::Danish
        } else {
            Self::English
        }
    }

    /// The one of two texts that is in this language.
    #[must_use]
    pub const fn choose<'a>(self, english: &'a str, danish: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Danish => danish,
        }
    }

    /// Its BCP 47 tag with the region, as documents name it.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en-GB",
            Self::Danish => "da-DK",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales() {
        for danish in ["da", "da_DK", "da_DK.UTF-8", "DA@euro", "danish"] {
            assert_eq!(Language::of_locale(danish), Language::Danish, "{danish}");
        }
        for other in ["", "C", "C.UTF-8", "en_DK.UTF-8", "de_DE", "dav_KE", "POSIX"] {
            assert_eq!(Language::of_locale(other), Language::English, "{other}");
        }
    }
}
