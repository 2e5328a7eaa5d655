//! Long texts that the program carries and most runs never look at, packed by `build.rs`.

/// A text of the program.
#[derive(Clone, Copy)]
pub(crate) struct Packed(&'static [u8]);

/// The text that `build.rs` packed under this name.
macro_rules! packed {
    ($name:literal) => {
        Packed(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".packed")))
    };
}

pub(crate) const REPORT_SCHEMA: Packed = packed!("report.schema");
pub(crate) const LINE_SCHEMA: Packed = packed!("line.schema");
pub(crate) const DIFF_SCHEMA: Packed = packed!("diff.schema");
pub(crate) const EXTERNAL_SCHEMA: Packed = packed!("external.schema");
/// An example of each cause.
pub(crate) const EXAMPLES: Packed = packed!("examples");

impl Packed {
    /// The text as it was.
    pub(crate) fn text(self) -> String {
        let bytes = miniz_oxide::inflate::decompress_to_vec(self.0).expect("packed by the build");
        String::from_utf8(bytes).expect("it was a text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_what_was_packed() {
        for (packed, text) in [
            (REPORT_SCHEMA, include_str!("../docs/report.schema.json")),
            (LINE_SCHEMA, include_str!("../docs/line.schema.json")),
            (DIFF_SCHEMA, include_str!("../docs/diff.schema.json")),
            (EXTERNAL_SCHEMA, include_str!("../docs/external.schema.json")),
            (EXAMPLES, include_str!("commands/examples.json")),
        ] {
            assert_eq!(packed.text(), text);
        }
    }
}
