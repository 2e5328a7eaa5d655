//! `hublink certificate`: judges a chain from files, with the tables that judge a live one.

use clap::ColorChoice;
use colored::Colorize;
use hublink_checks::address::HubAddress;
use hublink_checks::certificate::{
    Certificate, ChainCertificate, Evidence, examine, examine_unnamed,
};
use hublink_checks::frame::{Case, Check, Confidence, Diagnosis, Facts, Owner, Severity, judge};
use hublink_checks::link::inspect;
use hublink_probe::{RealWorld, Timestamp, TrustError, World, WorldOptions, read_certificates};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::Failed;
use super::run::{Stream, style};
use crate::cli::{CertificateArgs, Shape};
use crate::exit::Exit;
use crate::output::json_document;
use crate::render::{brief, chain, clean};
use crate::report::Ready;

/// The version of the document's shape.
const SCHEMA: &str = "hublink/certificate/1";

/// What `--format json` prints.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Judged {
    /// Always `hublink/certificate/1`.
    pub schema: &'static str,
    /// The answer.
    pub verdict: Verdict,
    /// The name the chain was judged for, if one was given.
    pub host: Option<String>,
    /// The time it was judged at.
    pub at: Timestamp,
    /// The place in `chain` of the certificate at fault; 0 is the first. Null if there is none, or
    /// if it is one that is not in the files.
    pub faulty: Option<usize>,
    /// The certificates in the order of the files.
    pub chain: Vec<ChainCertificate>,
    /// What is wrong, the most specific first.
    pub causes: Vec<Diagnosis>,
}

/// Whether programs would accept the chain.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Verdict {
    /// The answer in one word.
    pub ready: Ready,
    /// The first cause that blocks.
    pub cause: Option<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// Who can mend it.
    pub owner: Option<Owner>,
    /// One sentence for a person.
    pub summary: String,
}

/// Judges the certificates of PEM files, the hub's own first.
///
/// # Errors
/// If a file cannot be read, is not PEM or holds no certificate, or if the name is none.
pub fn certificate(args: &CertificateArgs) -> Result<(String, Exit), Failed> {
    let mut chain = Vec::new();
    for path in &args.files {
        chain.extend(read_certificates(path).map_err(|error| unreadable(&error))?);
    }
    let options = WorldOptions { ca_files: args.ca_file.clone(), ..WorldOptions::default() };
    let world = RealWorld::new(options).map_err(|error| Failed::usage(error.to_string()))?;
    let host = args.host.as_deref().map(host_of).transpose()?;
    let at = args.at.unwrap_or_else(|| world.now());
    let trust = world.trust();
    let examined = match &host {
        Some(host) => examine(&chain, host, at, &trust),
        None => examine_unnamed(&chain, at, &trust),
    };
    let evidence =
        Evidence { time_given: args.at.is_some(), from_files: true, ..Evidence::offline(examined) };
    let judged = judged(&evidence, host, world.os());
    let exit = match judged.verdict.ready {
        Ready::Yes => Exit::Good,
        Ready::No => Exit::Bad,
        Ready::Unknown => Exit::Unknown,
    };
    let text = match args.format {
        Shape::Json => json_document(&judged),
        Shape::Human => told(&judged, &evidence),
    };
    Ok((text, exit))
}

fn unreadable(error: &TrustError) -> Failed {
    let failed = Failed::usage(error.to_string());
    match error {
        TrustError::NotText { .. } => failed
            .hint("if it is a certificate in DER: openssl x509 -inform der -in FILE -out FILE.pem"),
        _ => failed,
    }
}

/// The name as a link would give it: in ASCII, lower case.
fn host_of(text: &str) -> Result<String, Failed> {
    let hub = hub_of(text).filter(|hub| hub.path.is_empty() || hub.path == "/");
    hub.map(|hub| hub.host)
        .ok_or_else(|| Failed::usage(format!("{text:?}: expected a host name or an address")))
}

fn hub_of(text: &str) -> Option<HubAddress> {
    inspect(text).hub
}

fn judged(evidence: &Evidence, host: Option<String>, os: &str) -> Judged {
    // Without a name the first of the certificate stands in the remedies.
    let own = evidence.examined.own();
    let named = host.as_deref().or_else(|| own?.dns_names.first().map(String::as_str));
    let facts = Facts { os: os.to_owned(), hub: named.and_then(hub_of), ..Facts::default() };
    let causes = judge(Certificate::CAUSES, evidence, &Case::new(facts));
    Judged {
        schema: SCHEMA,
        verdict: verdict(&causes, own.is_some()),
        host,
        at: evidence.examined.now,
        faulty: evidence.faulty(),
        chain: evidence.examined.chain.clone(),
        causes,
    }
}

fn verdict(causes: &[Diagnosis], readable: bool) -> Verdict {
    let blocking = causes.iter().find(|cause| cause.severity == Severity::Blocks);
    let beyond_us = causes.iter().any(|cause| cause.id.ends_with("/unexplained"));
    let worth = causes.iter().any(|cause| cause.severity == Severity::Degrades);
    let (ready, summary) = match blocking {
        Some(cause) => (Ready::No, cause.title.clone()),
        None if !readable => (Ready::Unknown, "The first certificate cannot be read.".to_owned()),
        None if beyond_us => {
            let cannot = "hublink cannot examine a certificate of this kind; other programs may.";
            (Ready::Unknown, cannot.to_owned())
        }
        None if worth => (Ready::Yes, "The chain is good, with one thing to mend.".to_owned()),
        None => (
            Ready::Yes,
            "The chain is good. Whether a certificate was revoked is not asked.".to_owned(),
        ),
    };
    Verdict {
        ready,
        cause: blocking.map(|cause| cause.id.clone()),
        confidence: blocking.map(|cause| cause.confidence),
        owner: blocking.map(|cause| cause.owner),
        summary,
    }
}

fn told(judged: &Judged, evidence: &Evidence) -> String {
    let style = style(ColorChoice::Auto, Stream::Stdout);
    let word = match judged.verdict.ready {
        Ready::Yes => style.paint("GOOD", |word| word.green().bold()),
        Ready::No => style.paint("NOT GOOD", |word| word.red().bold()),
        Ready::Unknown => style.paint("CANNOT TELL", |word| word.magenta().bold()),
    };
    let name = judged.host.as_deref().unwrap_or("no particular name");
    let mut text = format!("{word}  for {}, at {}\n", clean(name), judged.at);
    text.push_str(&format!("  {}\n\n", judged.verdict.summary));
    for line in chain::lines(evidence, style, 2) {
        text.push_str(&format!("  {line}\n"));
    }
    for cause in &judged.causes {
        text.push_str(&format!("\n{}", brief(cause)));
    }
    text
}
