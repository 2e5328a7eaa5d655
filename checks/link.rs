//! The authentication link: is it whole, and does it lead to a usable hub address?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::HubAddress;

/// What a text that names a hub says. Serialisable as it is: it is the evidence of the check.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Inspection {
    /// The hub, if its address can be used.
    pub hub: Option<HubAddress>,
}
