//! Reading the registry, with what is not there told from what may not be read.

use windows_registry::{CLASSES_ROOT, CURRENT_USER, Key, LOCAL_MACHINE};

/// `HRESULT_FROM_WIN32` of `ERROR_FILE_NOT_FOUND` and `ERROR_PATH_NOT_FOUND`.
const NOT_FOUND: [i32; 2] = [0x8007_0002_u32.cast_signed(), 0x8007_0003_u32.cast_signed()];

/// What becomes of asking for a key or a value.
pub(super) enum Looked<T> {
    Found(T),
    Absent,
    Unreadable,
}

impl<T> Looked<T> {
    pub(super) fn found(self) -> Option<T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

fn looked<T>(result: windows_registry::Result<T>) -> Looked<T> {
    match result {
        Ok(found) => Looked::Found(found),
        Err(error) if NOT_FOUND.contains(&error.code().0) => Looked::Absent,
        Err(_) => Looked::Unreadable,
    }
}

/// A root of the registry.
#[derive(Clone, Copy)]
pub(super) enum Root {
    /// What wins of the registrations of all users and of this one.
    Classes,
    Machine,
    User,
}

impl Root {
    fn key(self) -> &'static Key {
        match self {
            Self::Classes => CLASSES_ROOT,
            Self::Machine => LOCAL_MACHINE,
            Self::User => CURRENT_USER,
        }
    }

    pub(super) fn open(self, path: &str) -> Looked<Key> {
        looked(self.key().open(path))
    }

    pub(super) fn number(self, path: &str, name: &str) -> Option<u32> {
        self.open(path).found()?.get_u32(name).ok()
    }

    /// A text that is not empty. The empty name is that of the key's own value.
    pub(super) fn text(self, path: &str, name: &str) -> Option<String> {
        text(&self.open(path).found()?, name)
    }

    /// The names of the keys below one.
    pub(super) fn below(self, path: &str) -> Vec<String> {
        let key = self.open(path).found();
        key.and_then(|key| key.keys().ok().map(Iterator::collect)).unwrap_or_default()
    }

    /// The texts of all values of a key, whatever their names.
    pub(super) fn texts(self, path: &str) -> Vec<String> {
        let Some(key) = self.open(path).found() else { return Vec::new() };
        let Ok(values) = key.values() else { return Vec::new() };
        values.filter_map(|(_, value)| String::try_from(value).ok()).collect()
    }
}

pub(super) fn text(key: &Key, name: &str) -> Option<String> {
    let text = key.get_string(name).ok()?;
    let text = text.trim_end_matches('\0').trim();
    (!text.is_empty()).then(|| expanded(text))
}

/// Whether a value of that name is there, even an empty one.
pub(super) fn has(key: &Key, name: &str) -> bool {
    key.get_type(name).is_ok()
}

/// With variables in it replaced, as `REG_EXPAND_SZ` asks for; one that is not set stays.
fn expanded(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        made.push_str(before);
        let variable = after.split_once('%').filter(|(name, _)| !name.is_empty());
        let value = variable.and_then(|(name, after)| Some((std::env::var(name).ok()?, after)));
        if let Some((value, after)) = value {
            made.push_str(&value);
            rest = after;
        } else {
            made.push('%');
            rest = after;
        }
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_other_signs_stay() {
        let root = std::env::var("SystemRoot").expect("every Windows has it");
        assert_eq!(expanded("%SystemRoot%\\x \"%1\" 50%"), format!("{root}\\x \"%1\" 50%"));
        assert_eq!(expanded("%no such variable%"), "%no such variable%");
    }

    #[test]
    fn what_is_not_there_is_absent() {
        assert!(matches!(Root::User.open("Software\\hublink no such key"), Looked::Absent));
        assert!(matches!(Root::Machine.open("SOFTWARE"), Looked::Found(_)));
        assert!(Root::Machine.below("SOFTWARE").iter().any(|name| name == "Microsoft"));
    }
}
