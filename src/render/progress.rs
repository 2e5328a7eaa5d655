//! What a person sees on standard error while the run lasts, and only at a terminal.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use super::{Style, clean};
use crate::engine::{Event, Examined};
use crate::report::Ready;
use crate::verdict::verdict;

/// The line of progress.
pub struct Progress {
    style: Style,
    names: Vec<String>,
    state: Option<Mutex<State>>,
}

#[derive(Default)]
struct State {
    now: Vec<Option<&'static str>>,
    ended: usize,
}

impl Progress {
    /// Progress for these hubs; silent unless standard error is a terminal and it is wanted.
    #[must_use]
    pub fn new(style: Style, names: Vec<String>, wanted: bool) -> Self {
        let state = (wanted && std::io::stderr().is_terminal())
            .then(|| Mutex::new(State { now: vec![None; names.len()], ended: 0 }));
        Self { style, names, state }
    }

    /// Takes an event in.
    pub fn observe(&self, event: Event<'_>) {
        let Some(state) = &self.state else { return };
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begun { hub, check } => {
                if let Some(now) = state.now.get_mut(hub) {
                    *now = Some(check);
                }
            }
            Event::Ended { hub, examined } => {
                state.ended += 1;
                if let Some(now) = state.now.get_mut(hub) {
                    *now = None;
                }
                write(&format!("\r\x1b[K{}\n", self.ended(hub, examined)));
            }
        }
        write(&format!("\r\x1b[K{}", self.status(&state)));
    }

    /// Takes the line away again.
    pub fn finish(&self) {
        if self.state.is_some() {
            write("\r\x1b[K\n");
        }
    }

    fn ended(&self, hub: usize, examined: &Examined) -> String {
        let ready = verdict(examined).ready;
        let mark = match ready {
            Ready::Yes => "ready",
            Ready::No => "not ready",
            Ready::Unknown => "cannot tell",
        };
        let name = self.names.get(hub).map_or("", String::as_str);
        let text = format!("{mark}: {} ({:.1} s)", clean(name), examined.took.as_secs_f64());
        text.chars().take(self.style.width.saturating_sub(1)).collect()
    }

    fn status(&self, state: &State) -> String {
        let busy: Vec<String> = self
            .names
            .iter()
            .zip(&state.now)
            .filter_map(|(name, now)| now.map(|check| format!("{} {check}", clean(name))))
            .collect();
        if busy.is_empty() {
            return String::new();
        }
        let text = format!("{}/{} {}", state.ended, self.names.len(), busy.join(", "));
        text.chars().take(self.style.width.saturating_sub(1)).collect()
    }
}

/// Progress is a courtesy: if nobody can see it, that is no reason to stop.
fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    if stderr.write_all(text.as_bytes()).is_ok() {
        stderr.flush().ok();
    }
}
