//! The address of a hub, read out of a link or given as it is.

use hublink_probe::Scheme;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a hub lives: the parts of its URL that matter to a login.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HubAddress {
    /// http or https.
    pub scheme: Scheme,
    /// The host name in ASCII form (IDN as `xn--`), lower case; an IPv6 address without brackets.
    pub host: String,
    /// The port, the scheme's own if the address names none.
    pub port: u16,
    /// The virtual proxy's prefix, without slashes at its ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The path as it was given.
    pub path: String,
}

impl HubAddress {
    /// `https://host[:port]`, without a path.
    #[must_use]
    pub fn origin(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let scheme = self.scheme.label();
        if self.port == self.scheme.default_port() {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{}", self.port)
        }
    }

    /// The URL of a path of the hub, behind its prefix. `path` starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        match &self.prefix {
            Some(prefix) => format!("{}/{prefix}{path}", self.origin()),
            None => format!("{}{path}", self.origin()),
        }
    }

    /// Whether this is a Qlik Cloud tenant, by its domain.
    #[must_use]
    pub fn is_cloud(&self) -> bool {
        self.host.ends_with(".qlikcloud.com")
    }
}
