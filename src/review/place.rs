//! Where in the text of a JSON document a value stands.

/// A step into a document.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// An element of a list.
    Index(usize),
}

/// The bytes from which on the value at `path` stands. The text must be a JSON document; what is
/// not found is `None`.
pub(super) fn find(text: &str, path: &[Step<'_>]) -> Option<usize> {
    let mut walk = Walk { text: text.as_bytes(), at: 0 };
    for step in path {
        walk.blank();
        match *step {
            Step::Key(key) => walk.enter_key(key)?,
            Step::Index(index) => walk.enter_index(index)?,
        }
    }
    walk.blank();
    Some(walk.at)
}

/// The line and the column of a byte, both from 1, as JSON readers count them.
pub(super) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let lines = before.split(|&byte| byte == b'\n');
    let (line, last) = lines.enumerate().last().unwrap_or_default();
    (line + 1, last.len() + 1)
}

struct Walk<'a> {
    text: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        self.blank();
        (self.byte()? == expected).then(|| self.at += 1)
    }

    fn enter_key(&mut self, key: &str) -> Option<()> {
        self.take(b'{')?;
        loop {
            self.blank();
            let begun = self.at;
            self.string()?;
            let written = std::str::from_utf8(&self.text[begun..self.at]).ok()?;
            self.take(b':')?;
            if serde_json::from_str::<String>(written).is_ok_and(|read| read == key) {
                return Some(());
            }
            self.value()?;
            self.take(b',')?;
        }
    }

    fn enter_index(&mut self, index: usize) -> Option<()> {
        self.take(b'[')?;
        for _ in 0..index {
            self.value()?;
            self.take(b',')?;
        }
        Some(())
    }

    /// Beyond a string.
    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            let byte = self.byte()?;
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return Some(());
            }
        }
    }

    /// Beyond a value. In a document that was read once, brackets match.
    fn value(&mut self) -> Option<()> {
        let mut open = 0_usize;
        loop {
            self.blank();
            match self.byte()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    open = open.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => self.scalar(),
            }
            if open == 0 {
                return Some(());
            }
        }
    }

    fn scalar(&mut self) {
        let ends =
            |byte: u8| matches!(byte, b',' | b':' | b'}' | b']') || byte.is_ascii_whitespace();
        while self.byte().is_some_and(|byte| !ends(byte)) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_behind_whatever_stands_before_it() {
        let text = "{\"a\": [1, {\"}\": \"]\\\"\"},\n [2, -3e4]], \"\\u0062\" : {\"c\": null}}";
        let at = |path: &[Step<'_>]| find(text, path).map(|at| &text[at..]);
        let third = at(&[Step::Key("a"), Step::Index(2), Step::Index(1)]).expect("a number");
        assert!(third.starts_with("-3e4"));
        assert!(at(&[Step::Key("b"), Step::Key("c")]).expect("null").starts_with("null"));
        assert_eq!(at(&[Step::Key("a"), Step::Index(3)]), None);
        assert_eq!(at(&[Step::Key("d")]), None);
        let found = find(text, &[Step::Key("a"), Step::Index(2)]).expect("a list");
        assert_eq!(line_and_column(text, found), (2, 2));
    }
}
