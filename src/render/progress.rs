//! What a person sees on standard error while a run lasts.
//!
//! At a terminal every hub has a line in which its ladder fills in, drawn over and taken away at the
//! end. Elsewhere there is nothing, unless it is asked for: then one plain line for what has ended.

use std::convert::Infallible;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hublink_checks::frame::Status;
use hublink_probe::console;

use super::Style;
use super::board::Board;
use crate::engine::Event;
use crate::output::in_any_font;

/// Ten pictures a second look alive; more would only cost.
const PICTURE: Duration = Duration::from_millis(100);

/// Whoever watches.
pub struct Progress {
    show: Show,
}

enum Show {
    Nothing,
    Plain(Mutex<Board>),
    Live(Mutex<Live>),
}

struct Live {
    board: Board,
    /// The widths of the lines that stand on the screen, the cursor below them.
    drawn: Vec<usize>,
    /// What stands there.
    picture: String,
}

impl Progress {
    /// Says nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self { show: Show::Nothing }
    }

    /// Draws the hubs of these names if standard error is a terminal that can be drawn on. If not,
    /// tells in plain lines if that is wanted.
    #[must_use]
    pub fn new(style: Style, names: Vec<String>, plain_wanted: bool) -> Self {
        let board = Board::new(style, names, Instant::now());
        let show = if can_draw() {
            Show::Live(Mutex::new(Live { board, drawn: Vec::new(), picture: String::new() }))
        } else if plain_wanted {
            Show::Plain(Mutex::new(board))
        } else {
            Show::Nothing
        };
        Self { show }
    }

    /// Takes an event in.
    pub fn observe(&self, event: Event<'_>) {
        match &self.show {
            Show::Nothing => {}
            Show::Plain(board) => {
                let mut board = lock(board);
                board.take_in(event, Instant::now());
                if let Some(line) = plain(&board, event) {
                    write(&line);
                }
            }
            // The next picture shows it.
            Show::Live(live) => lock(live).board.take_in(event, Instant::now()),
        }
    }

    /// Draws as long as it is polled.
    pub async fn keep_drawing(&self) -> Infallible {
        let Show::Live(live) = &self.show else { return std::future::pending().await };
        loop {
            // A run that is over before the first picture shows none.
            tokio::time::sleep(PICTURE).await;
            lock(live).draw();
        }
    }

    /// Takes everything away again.
    pub fn finish(&self) {
        if let Show::Live(live) = &self.show {
            lock(live).wipe();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A terminal, and one that knows how to move its cursor.
fn can_draw() -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stderr().is_terminal() && !dumb && console::follows_codes()
}

/// The line for what has ended. Skipped steps and beginnings would only fill a log.
fn plain(board: &Board, event: Event<'_>) -> Option<String> {
    match event {
        Event::Checked { hub, check, status } if status != Status::Skipped => {
            Some(board.checked(hub, check, status))
        }
        Event::Ended { hub, .. } => Some(board.ended(hub)),
        _ => None,
    }
}

impl Live {
    fn draw(&mut self) {
        let size = terminal_size::terminal_size_of(std::io::stderr());
        let (width, height) =
            size.map_or((80, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)));
        let lines = self.board.lines(Instant::now(), width, height);
        let picture: String =
            lines.iter().map(|line| line.text.as_str().to_owned() + "\n").collect();
        if picture == self.picture {
            return;
        }
        let mut text = up(rows(&self.drawn, width));
        for line in &lines {
            // What is left of a longer line goes after the new one stands: nothing flickers.
            text.push_str(&format!("{}\x1b[K\n", line.text));
        }
        text.push_str("\x1b[J");
        write(&text);
        self.drawn = lines.iter().map(|line| line.width).collect();
        self.picture = picture;
    }

    fn wipe(&mut self) {
        if self.drawn.is_empty() {
            return;
        }
        let width = terminal_size::terminal_size_of(std::io::stderr());
        let width = width.map_or(80, |(width, _)| usize::from(width.0));
        write(&format!("{}\x1b[J", up(rows(&self.drawn, width))));
        self.drawn.clear();
    }
}

/// The rows that lines take, also after a window was made narrower and broke them.
fn rows(drawn: &[usize], width: usize) -> usize {
    drawn.iter().map(|line| line.div_ceil(width.max(1)).max(1)).sum()
}

fn up(rows: usize) -> String {
    if rows == 0 { String::from("\r") } else { format!("\r\x1b[{rows}A") }
}

/// Progress is a courtesy: if nobody can see it, that is no reason to stop.
fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let text = if stderr.is_terminal() { in_any_font(text) } else { text.into() };
    if stderr.write_all(text.as_bytes()).is_ok() {
        stderr.flush().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrower_window_has_broken_the_lines() {
        assert_eq!(rows(&[79, 10, 0], 80), 3);
        assert_eq!(rows(&[79, 10, 0], 40), 4);
        assert_eq!(up(0), "\r");
        assert_eq!(up(3), "\r\u{1b}[3A");
    }
}
