//! The report as one self-contained page: no script, nothing loaded, made to be looked at.

mod picture;
mod view;

use std::fmt::{self, Write};

use askama::Template;
use askama::filters::Escaper;

use crate::report::Report;

/// The style of the page. The page allows no other, by its hash.
const STYLE: &str = include_str!("html/page.css");

/// SHA-256 of [`STYLE`], in base64; the test beside it says what to type after a change.
const STYLE_HASH: &str = "FP2YURGK7EqzTJmNEXvJ9/3NkziYKGMW+qE7CUn6g9o=";

/// So many hubs that are not ready stand in full; the table names the others.
const IN_FULL: usize = 60;
/// So many rows has the table; a browser must not suffer.
const ROWS: usize = 2000;
/// So many bytes of raw evidence are in a page.
const RAW: usize = 2_000_000;
/// So many of one check.
const RAW_OF_CHECK: usize = 24_000;

/// The whole page.
///
/// # Panics
/// If a template cannot be written into memory, which it always can.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut page = view::page(report).render().expect("text in memory");
    page.push('\n');
    page
}

/// How data stands in the page: it is no markup, and what would steer a screen is spelled out.
///
/// Every value of a template goes through this, so that no template has to think of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                dest.write_char('\n')?;
            }
            askama::filters::Html.write_escaped_str(&mut dest, &super::clean(line))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
