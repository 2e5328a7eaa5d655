//! Evidence as it stands in a report.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A JSON value, kept as its text: a tree takes 632 bytes for the smallest object, ten times as much,
/// and the evidence of a thousand hubs waits for the last of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written(Arc<str>);

impl Written {
    /// Writes a value down.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        Self(value.to_string().into())
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The value, for whoever looks into it without knowing its type.
    #[must_use]
    pub fn tree(&self) -> Value {
        // A text that was made of a value can be read.
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// Reads it as what it was.
    ///
    /// # Errors
    /// If it is of another shape.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tree().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::of(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_it_was_written() {
        let numbers = [f64::MIN_POSITIVE, -0.0, 0.1 + 0.2, 1e300, 12.0];
        let value = serde_json::json!({
            "z": null, "a": [true, "\u{7f}\u{2028}\"\\\u{1}é漢", {}, []], "numbers": numbers,
            "large": [u64::MAX, i64::MIN],
        });
        let written = Written::of(&value);
        assert_eq!(written.tree(), value);
        assert_eq!(serde_json::to_value(&written).expect("a value"), value);
        let read: Written = serde_json::from_str(written.text()).expect("a text");
        assert_eq!(read, written);
    }
}
