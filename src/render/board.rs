//! The board of a run: a line per hub with a mark per check, for [`super::progress`].

use std::time::{Duration, Instant};

use hublink_checks::frame::Status;
use textwrap::core::display_width;

use super::{Style, clean};
use crate::engine::{Event, Examined};
use crate::report::{Ready, Verdict};
use crate::verdict::verdict;

/// A step is named with its seconds only once it takes long: figures that run cannot be read.
const SLOW: Duration = Duration::from_secs(1);

/// The room that the words behind the marks should have; half of it on a narrow screen.
const WORDS: usize = 32;

/// All hubs of a run.
pub(super) struct Board {
    style: Style,
    begun: Instant,
    ladder: Vec<&'static str>,
    hubs: Vec<Row>,
}

/// A line with its width on the screen, which colours do not add to.
pub(super) struct Line {
    /// The text, colours in it.
    pub(super) text: String,
    /// Its columns.
    pub(super) width: usize,
}

struct Row {
    name: String,
    /// In the order of the ladder.
    marks: Vec<Mark>,
    /// When the control pass began.
    closer: Option<Instant>,
    outcome: Option<(Verdict, Duration)>,
}

#[derive(Clone, Copy)]
enum Mark {
    Waiting,
    Running(Instant),
    Ended(Status),
}

/// What matters of a hub to somebody who sees not all of them, the most first.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Phase {
    UnderWay,
    NotReady,
    CannotTell,
    Ready,
    Waiting,
}

impl Board {
    pub(super) fn new(style: Style, names: Vec<String>, begun: Instant) -> Self {
        let ladder: Vec<&'static str> =
            hublink_checks::all().iter().map(|check| check.meta().id).collect();
        let row = |name: String| Row {
            name: clean(&name),
            marks: vec![Mark::Waiting; ladder.len()],
            closer: None,
            outcome: None,
        };
        Self { style, begun, hubs: names.into_iter().map(row).collect(), ladder }
    }

    pub(super) fn take_in(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::Begun { hub, check } => self.mark(hub, check, Mark::Running(now)),
            Event::Checked { hub, check, status } => self.mark(hub, check, Mark::Ended(status)),
            Event::Closer { hub } => {
                if let Some(row) = self.hubs.get_mut(hub) {
                    row.closer = Some(now);
                }
            }
            Event::Ended { hub, examined } => self.end(hub, examined),
        }
    }

    fn mark(&mut self, hub: usize, check: &str, mark: Mark) {
        let place = self.ladder.iter().position(|id| *id == check);
        let row = self.hubs.get_mut(hub);
        if let Some(old) = place.and_then(|place| row?.marks.get_mut(place)) {
            *old = mark;
        }
    }

    /// The control pass may have judged checks again that had ended.
    fn end(&mut self, hub: usize, examined: &Examined) {
        for (check, ended) in &examined.checks {
            self.mark(hub, check, Mark::Ended(ended.status));
        }
        if let Some(row) = self.hubs.get_mut(hub) {
            row.outcome = Some((verdict(examined), examined.took));
        }
    }

    /// A check that ended, as one plain line.
    pub(super) fn checked(&self, hub: usize, check: &str, status: Status) -> String {
        let name = self.hubs.get(hub).map_or("", |row| &row.name);
        format!("{name}: {check} {}\n", status.label())
    }

    /// A hub that ended, as one plain line.
    pub(super) fn ended(&self, hub: usize) -> String {
        let Some(row) = self.hubs.get(hub) else { return String::new() };
        let words = row.words(&self.ladder, Instant::now());
        format!("{}: {words} ({})\n", row.name, self.count())
    }

    fn count(&self) -> String {
        let done = self.hubs.iter().filter(|row| row.outcome.is_some()).count();
        format!("{done} of {}", self.hubs.len())
    }

    /// The picture for a screen of this size.
    pub(super) fn lines(&self, now: Instant, width: usize, height: usize) -> Vec<Line> {
        // In the last column some terminals go on to the next line. The cursor stands in a line of
        // its own, and many hubs have a line that counts them.
        let width = width.saturating_sub(1);
        let room = height.saturating_sub(2).max(1);
        let shown = self.shown(room);
        let columns = Columns::of(shown.iter().map(|row| &**row), self.ladder.len(), width);
        let mut lines: Vec<Line> =
            shown.iter().map(|row| self.row(row, &columns, now, width)).collect();
        if self.hubs.len() > 1 {
            lines.push(self.summary(&shown, now, width));
        }
        lines
    }

    /// The hubs that have room, those that matter most, in their own order.
    fn shown(&self, room: usize) -> Vec<&Row> {
        let mut places: Vec<usize> = (0..self.hubs.len()).collect();
        places.sort_by_key(|place| self.hubs[*place].phase());
        places.truncate(room);
        places.sort_unstable();
        places.into_iter().map(|place| &self.hubs[place]).collect()
    }

    fn row(&self, row: &Row, columns: &Columns, now: Instant, width: usize) -> Line {
        let name = cut(&row.name, columns.name);
        let mut used = columns.name + 2;
        let pad = " ".repeat(columns.name.saturating_sub(display_width(&name)));
        let mut text = format!("{name}{pad}  ");
        if columns.marks {
            for mark in &row.marks {
                text.push_str(&self.painted(*mark));
            }
            text.push_str("  ");
            used += row.marks.len() + 2;
        }
        let words = cut(&row.words(&self.ladder, now), width.saturating_sub(used));
        used += display_width(&words);
        text.push_str(&self.toned(row, &words));
        Line { text, width: used }
    }

    fn painted(&self, mark: Mark) -> String {
        use colored::Colorize;

        match mark {
            Mark::Waiting => self.style.paint("·", Colorize::dimmed).to_string(),
            Mark::Running(_) => self.style.paint("…", Colorize::cyan).to_string(),
            Mark::Ended(status) => self.style.mark(status).to_string(),
        }
    }

    fn toned(&self, row: &Row, words: &str) -> String {
        use colored::Colorize;

        let tone = match row.phase() {
            Phase::UnderWay => return words.to_owned(),
            Phase::NotReady => Colorize::red,
            Phase::CannotTell => Colorize::magenta,
            Phase::Ready => Colorize::green,
            Phase::Waiting => Colorize::dimmed,
        };
        self.style.paint(words, tone).to_string()
    }

    /// How far the run is, and what has no room.
    fn summary(&self, shown: &[&Row], now: Instant, width: usize) -> Line {
        let seconds = now.duration_since(self.begun).as_secs();
        let mut text = format!("{} hubs done, {seconds} s", self.count());
        let hidden =
            self.hubs.iter().filter(|row| !shown.iter().any(|one| std::ptr::eq(*one, *row)));
        let mut phases: Vec<Phase> = hidden.map(Row::phase).collect();
        phases.sort_unstable();
        let kinds = phases.chunk_by(PartialEq::eq);
        let kinds: Vec<String> =
            kinds.map(|kind| format!("{} {}", kind.len(), kind[0].label())).collect();
        if !kinds.is_empty() {
            text.push_str(&format!("; not shown: {}", kinds.join(", ")));
        }
        let text = cut(&text, width);
        Line { width: display_width(&text), text }
    }
}

/// How a picture is divided.
struct Columns {
    name: usize,
    /// Whether there is room for the marks.
    marks: bool,
}

impl Columns {
    fn of<'a>(rows: impl Iterator<Item = &'a Row>, checks: usize, width: usize) -> Self {
        let longest = rows.map(|row| display_width(&row.name)).max().unwrap_or(0);
        let words = if width < 2 * WORDS { WORDS / 2 } else { WORDS };
        let beside = checks + 4 + words;
        let marks = width >= beside + 8;
        let most = if marks { width - beside } else { width / 2 };
        Self { name: longest.min(most), marks }
    }
}

impl Row {
    fn phase(&self) -> Phase {
        let waits = self.marks.iter().all(|mark| matches!(mark, Mark::Waiting));
        match self.outcome.as_ref().map(|(verdict, _)| verdict.ready) {
            Some(Ready::Yes) => Phase::Ready,
            Some(Ready::No) => Phase::NotReady,
            Some(Ready::Unknown) => Phase::CannotTell,
            None if waits => Phase::Waiting,
            None => Phase::UnderWay,
        }
    }

    /// What is going on, or what came of it.
    fn words(&self, ladder: &[&'static str], now: Instant) -> String {
        if let Some((verdict, took)) = &self.outcome {
            let at = verdict.first_broken.as_ref().map_or_else(String::new, |id| format!(": {id}"));
            return format!("{}{at}, {:.1} s", self.phase().label(), took.as_secs_f64());
        }
        if let Some(begun) = self.closer {
            return with_seconds("looking closer", now.duration_since(begun));
        }
        let running = self.marks.iter().zip(ladder).filter_map(|(mark, check)| match mark {
            Mark::Running(begun) => Some((*check, *begun)),
            Mark::Waiting | Mark::Ended(_) => None,
        });
        // What all others wait for is what began first.
        match running.min_by_key(|(_, begun)| *begun) {
            Some((check, begun)) => with_seconds(check, now.duration_since(begun)),
            None => self.phase().label().to_owned(),
        }
    }
}

impl Phase {
    fn label(self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::NotReady => "not ready",
            Self::CannotTell => "cannot tell",
            Self::Ready => "ready",
            Self::Waiting => "waiting",
        }
    }
}

fn with_seconds(what: &str, took: Duration) -> String {
    if took < SLOW { what.to_owned() } else { format!("{what} {} s", took.as_secs()) }
}

/// As much of a text as fits; what is cut off ends in an ellipsis.
fn cut(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    for letter in text.chars() {
        short.push(letter);
        if display_width(&short) + 1 > columns {
            short.pop();
            break;
        }
    }
    if columns > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { width: 80, colour: false };

    fn board(hubs: usize) -> (Board, Instant) {
        let begun = Instant::now();
        let names = (0..hubs).map(|n| format!("hub{n}.corp.test")).collect();
        (Board::new(PLAIN, names, begun), begun)
    }

    fn text(board: &Board, now: Instant, width: usize, height: usize) -> Vec<String> {
        board.lines(now, width, height).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_ladder_fills_in() {
        let (mut board, begun) = board(2);
        let ladder = board.ladder.clone();
        let status = Status::Passed;
        board.take_in(Event::Checked { hub: 0, check: ladder[0], status }, begun);
        board.take_in(Event::Checked { hub: 0, check: ladder[1], status: Status::Failed }, begun);
        board.take_in(Event::Begun { hub: 0, check: ladder[2] }, begun);
        let now = begun + Duration::from_secs(3);
        let rest = "·".repeat(ladder.len() - 3);
        let waiting = "·".repeat(ladder.len());
        assert_eq!(
            text(&board, now, 80, 24),
            [
                format!("hub0.corp.test  ✓✗…{rest}  {} 3 s", ladder[2]),
                format!("hub1.corp.test  {waiting}  waiting"),
                "0 of 2 hubs done, 3 s".to_owned(),
            ]
        );
    }

    #[test]
    fn a_single_hub_needs_no_count() {
        let (board, begun) = board(1);
        assert_eq!(board.lines(begun, 80, 24).len(), 1);
    }

    #[test]
    fn what_has_no_room_is_counted_and_what_is_under_way_is_shown() {
        let (mut board, begun) = board(50);
        let check = board.ladder[0];
        board.take_in(Event::Begun { hub: 49, check }, begun);
        let lines = text(&board, begun, 80, 10);
        assert_eq!(lines.len(), 9, "and the cursor in the tenth");
        assert!(lines[7].starts_with("hub49.corp.test "), "{lines:?}");
        assert_eq!(lines[8], "0 of 50 hubs done, 0 s; not shown: 42 waiting");
    }

    #[test]
    fn no_line_is_wider_than_the_screen_whatever_a_hub_is_called() {
        let names = [
            "short",
            "\u{1b}[2J\u{202e}evil",
            "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
            &"x".repeat(300),
        ];
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let begun = Instant::now();
        for width in 1..200 {
            for line in Board::new(PLAIN, names.clone(), begun).lines(begun, width, 24) {
                let columns = display_width(&line.text);
                assert!(columns < width.max(6), "{columns} of {width}: {}", line.text);
                assert!(!line.text.contains(char::is_control), "{:?}", line.text);
            }
        }
    }
}
