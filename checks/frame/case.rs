//! The whole case of one hub: its facts and all evidence so far.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use hublink_probe::{AccountName, Computer, Interface, Way};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Check, Written};
use crate::address::HubAddress;
use crate::login::LoginHost;
use crate::proxy::{self, Proxy};

/// What is known of the target before any check ran. A saved report holds it too.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Facts {
    /// The operating system the evidence comes from, as in `std::env::consts::OS`.
    pub os: String,
    /// The hub, if its address could be read.
    pub hub: Option<HubAddress>,
    /// The network adapters of the computer the evidence comes from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<Interface>,
    /// What the computer the evidence comes from says of itself; of Windows alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer: Option<Box<Computer>>,
    /// How many hubs the run examines.
    pub hubs_in_run: usize,
    /// The way that the hub's address gets by the settings of this computer.
    #[serde(skip_serializing_if = "is_direct")]
    pub way: Way,
    /// Names and addresses are made-up ones: the addresses are those of documents, which stand for
    /// others here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pseudonyms: bool,
    /// The account that the user offered for this hub; a name, and nothing secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountName>,
    /// Another host that the user allows the password to go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_host: Option<LoginHost>,
    /// What the user says of Desktop: it still refuses although all looks well, or it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desktop_refuses: Option<bool>,
}

fn is_direct(way: &Way) -> bool {
    *way == Way::Direct
}

/// All evidence of one hub, read-only for those who judge.
#[derive(Clone, Default)]
pub struct Case {
    /// What was known beforehand.
    pub facts: Facts,
    evidence: BTreeMap<&'static str, Stored>,
}

impl Case {
    /// A case without evidence.
    #[must_use]
    pub fn new(facts: Facts) -> Self {
        Self { facts, evidence: BTreeMap::new() }
    }

    /// The evidence of one check, if it ran.
    #[must_use]
    pub fn of<C: Check>(&self) -> Option<&C::Evidence> {
        self.evidence.get(C::META.id)?.typed.downcast_ref()
    }

    /// Whether there is evidence of a check.
    #[must_use]
    pub fn has(&self, check: &str) -> bool {
        self.evidence.contains_key(check)
    }

    /// The evidence of one check as it stands in a report.
    #[must_use]
    pub fn written(&self, check: &str) -> Option<Written> {
        self.evidence.get(check).map(Stored::written)
    }

    /// The same for whoever looks into it without knowing its type.
    #[must_use]
    pub fn tree(&self, check: &str) -> Option<Value> {
        self.evidence.get(check).map(Stored::tree)
    }

    /// Takes the evidence of one check out, as it stands in a report.
    pub fn take_written(&mut self, check: &str) -> Option<Written> {
        self.evidence.remove(check).map(|stored| stored.written())
    }

    /// Adds or replaces the evidence of one check.
    pub fn put(&mut self, stored: Stored) {
        self.evidence.insert(stored.check, stored);
    }

    /// The way that programs take to the hub: where a script decides, the one that the system's
    /// evaluation of it came to. A script that cannot be used decides nothing.
    #[must_use]
    pub fn way(&self) -> Way {
        let (Way::Undecided { .. }, Some(seen)) = (&self.facts.way, self.of::<Proxy>()) else {
            return self.facts.way.clone();
        };
        match proxy::decided_by_script(seen) {
            Some(way) => way.clone(),
            None if proxy::script_is_unusable(seen) => Way::Direct,
            None => self.facts.way.clone(),
        }
    }

    /// Whether the way leads through a proxy.
    #[must_use]
    pub fn goes_through_proxy(&self) -> bool {
        self.way().proxy().is_some()
    }

    /// The name of the hub, or an empty text.
    #[must_use]
    pub fn host(&self) -> &str {
        self.facts.hub.as_ref().map_or("", |hub| &hub.host)
    }
}

/// Evidence of one check, typed.
#[derive(Clone)]
pub struct Stored {
    check: &'static str,
    typed: Arc<dyn Any + Send + Sync>,
    write: fn(&(dyn Any + Send + Sync)) -> Value,
}

impl Stored {
    /// The id of the check it is evidence of.
    #[must_use]
    pub fn check(&self) -> &'static str {
        self.check
    }

    /// As it stands in a report. Made anew each time: most is wanted once, for the report.
    #[must_use]
    pub fn written(&self) -> Written {
        Written::of(&self.tree())
    }

    /// The same for whoever looks into it without knowing its type.
    #[must_use]
    pub fn tree(&self) -> Value {
        (self.write)(&*self.typed)
    }

    /// Stores the evidence of `C`.
    #[must_use]
    pub fn new<C: Check>(evidence: C::Evidence) -> Self {
        Self { check: C::META.id, typed: Arc::new(evidence), write: write::<C> }
    }
}

/// Evidence as it stands in a report. It is plain data with text keys, which JSON can hold.
fn write<C: Check>(typed: &(dyn Any + Send + Sync)) -> Value {
    let evidence = typed.downcast_ref::<C::Evidence>();
    evidence.and_then(|evidence| serde_json::to_value(evidence).ok()).unwrap_or_default()
}
