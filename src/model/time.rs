//! Points in time as the certificate writes them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A point in time in whole seconds since 1970-01-01T00:00:00Z, written `YYYY-MM-DDThh:mm:ssZ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not of the form `YYYY-MM-DDThh:mm:ssZ`, or names a day that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a time of the form YYYY-MM-DDThh:mm:ssZ")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// From seconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This time moved by `seconds`, which may be negative.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let invalid = || InvalidTimestamp(text.chars().take(40).collect());
        // RFC 3339 allows many spellings of one instant; a signed document has one.
        let shape = b"dddd-dd-ddTdd:dd:ddZ";
        let fits = text.len() == shape.len()
            && text.bytes().zip(shape).all(|(have, want)| match want {
                b'd' => have.is_ascii_digit(),
                _ => have == *want,
            });
        if !fits {
            return Err(invalid());
        }
        let instant: jiff::Timestamp = text.parse().map_err(|_| invalid())?;
        let parsed = Self(instant.as_second());
        // jiff folds a leap second (:60) into the second before it; we have no such time.
        if parsed.to_string() == text { Ok(parsed) } else { Err(invalid()) }
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instant = jiff::Timestamp::from_second(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        write!(f, "{}", instant.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// What serde writes is a text of this form.
#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A point in time in UTC, in whole seconds.",
            "type": "string",
            "format": "date-time",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_per_instant() {
        let t: Timestamp = "2026-11-22T20:15:33Z".parse().unwrap();
        assert_eq!(t.unix(), 1_795_378_533);
        assert_eq!(t.to_string(), "2026-11-22T20:15:33Z");
        for other in [
            "2026-11-22T20:15:33.0Z",
            "2026-11-22t20:15:33Z",
            "2026-11-22T21:15:33+01:00",
            "2026-11-22 20:15:33Z",
            "2026-02-30T20:15:33Z",
            "2026-12-31T23:59:60Z",
            "",
        ] {
            assert!(other.parse::<Timestamp>().is_err(), "{other} was accepted");
        }
    }
}
