//! Points in time and durations as a report holds them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub OffsetDateTime);

impl Timestamp {
    /// Seconds from `earlier` to this point; negative if it lies before.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0).as_seconds_f64()
    }

    /// Reads RFC 3339.
    ///
    /// # Errors
    /// If the text is not a time in that format.
    pub fn parse(text: &str) -> Result<Self, time::error::Parse> {
        OffsetDateTime::parse(text, &Rfc3339).map(Self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.0.to_offset(time::UtcOffset::UTC);
        // Years beyond 9999 have no RFC 3339 form; certificates may still carry them.
        match utc.replace_nanosecond(0).unwrap_or(utc).format(&Rfc3339) {
            Ok(text) => f.write_str(&text),
            Err(_) => write!(f, "year {}", utc.year()),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let utc = self.0.to_offset(time::UtcOffset::UTC);
        let text = utc.format(&Rfc3339).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let read = Self::parse(&text).map_err(serde::de::Error::custom)?;
        // At the ends of the calendar an offset may lead to a year that cannot be written again.
        let utc = read.0.checked_to_offset(time::UtcOffset::UTC);
        utc.filter(|utc| (0..=9999).contains(&utc.year()))
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("{text} is no time in UTC")))
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A duration in milliseconds, rounded to a tenth: finer digits are noise.
#[must_use]
pub fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
