//! Text for a terminal: what servers and files say cannot steer it.

use colored::{ColoredString, Colorize};
use hublink_checks::frame::{Diagnosis, Status};

use crate::report::Ready;

/// Replaces what could move the cursor, colour the screen or turn the reading direction.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || turns_direction(letter) {
            safe.extend(letter.escape_unicode());
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// Marks that reorder text or hide in it: Unicode's bidirectional controls, zero-width marks, fillers
/// without ink, annotations and tags, with which a whole text can be written that nobody sees.
fn turns_direction(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// A cause with its proof and its remedy, for commands that judge one input.
#[must_use]
pub fn brief(cause: &Diagnosis) -> String {
    let mut text = format!("{} ({}): {}\n", cause.id, cause.confidence.label(), cause.title);
    for proof in &cause.proof {
        let expected = proof.expected.as_ref();
        let expected = expected.map_or_else(String::new, |e| format!("expected {e}, seen "));
        let line = format!("{}: {expected}{}", proof.at, proof.seen);
        text.push_str(&format!("  {}\n", clean(&line)));
    }
    for step in &cause.remedy {
        text.push_str(&format!("  {}: {}\n", cause.owner.label(), clean(step)));
    }
    text
}

/// The width and the colours of the place where text goes.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether colours are wanted.
    pub colour: bool,
}

impl Style {
    /// A mark for a status, told apart without colour too.
    #[must_use]
    pub fn mark(self, status: Status) -> ColoredString {
        match status {
            Status::Passed => self.paint("✓", Colorize::green),
            Status::Warned => self.paint("!", Colorize::yellow),
            Status::Failed => self.paint("✗", Colorize::red),
            Status::Skipped => self.paint("-", Colorize::dimmed),
            Status::Errored => self.paint("?", Colorize::magenta),
        }
    }

    /// The word for a verdict.
    #[must_use]
    pub fn verdict(self, ready: Ready) -> ColoredString {
        match ready {
            Ready::Yes => self.paint("READY", |s| s.green().bold()),
            Ready::No => self.paint("NOT READY", |s| s.red().bold()),
            Ready::Unknown => self.paint("CANNOT TELL", |s| s.magenta().bold()),
        }
    }

    /// Paints only where colours are wanted.
    pub fn paint(
        self,
        text: &str,
        how: impl FnOnce(ColoredString) -> ColoredString,
    ) -> ColoredString {
        let plain = ColoredString::from(text);
        if self.colour { how(plain) } else { plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\rc\u{202e}d"), "a\\u{1b}[2Jb\\u{d}c\\u{202e}d");
        assert_eq!(clean("Åre & Söner"), "Åre & Söner");
    }
}
