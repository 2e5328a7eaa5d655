//! `hublink hubs`: which hubs were found, and where.

use hublink_checks::frame::Source;
use hublink_probe::{RealWorld, World, WorldOptions};
use serde::Serialize;

use super::super::Failed;
use crate::cli::Shape;
use crate::exit::Exit;
use crate::output::json_document;
use crate::render::clean;
use crate::targets::expand;

#[derive(Serialize)]
struct Found {
    name: String,
    url: Option<String>,
    source: Source,
}

/// The hubs that a run would examine.
///
/// # Errors
/// If nothing was named and there is no usual place.
pub fn hubs(targets: &[String], format: Shape) -> Result<(String, Exit), Failed> {
    let world: Box<dyn World> = Box::new(
        RealWorld::new(WorldOptions::default())
            .map_err(|error| Failed::usage(error.to_string()))?,
    );
    let expanded = expand(&*world, targets, &mut std::io::stdin().lock())
        .map_err(|error| Failed::usage(error.to_string()))?;
    let found: Vec<Found> = expanded
        .targets
        .into_iter()
        .map(|target| Found {
            url: target.hub().map(|hub| hub.url("")),
            name: target.name,
            source: target.source,
        })
        .collect();
    let exit = if found.iter().all(|hub| hub.url.is_some()) { Exit::Good } else { Exit::Bad };
    let text = match format {
        Shape::Json => json_document(&found),
        Shape::Human => found.iter().map(line).collect(),
    };
    Ok((text, exit))
}

fn line(hub: &Found) -> String {
    let place = match (&hub.source.file, hub.source.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => "command line".to_owned(),
    };
    let url = hub.url.as_deref().unwrap_or("no hub");
    format!("{}\t{}\t{}\n", clean(&hub.name), clean(url), clean(&place))
}
