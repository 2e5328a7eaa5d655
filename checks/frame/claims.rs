//! Which cause explains the failures of which later checks.
//!
//! Some causes are proven by what failed later: a false DNS answer by TLS failing there, a wrong
//! clock by a certificate that seems to have run out. Such a cause claims those failures, so that
//! only the root cause speaks.

/// One row: a cause, or all causes of a check, and the checks whose failure it explains.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// A cause id, or `check/*`.
    pub claimant: &'static str,
    /// The checks it may claim; `*` is every check of the hub.
    pub claimed: &'static [&'static str],
}

/// The one table of claims.
pub const CLAIMS: &[Claim] = &[
    Claim { claimant: "client/no-network", claimed: &["*"] },
    Claim { claimant: "across/*", claimed: &["*"] },
    // By name, because settings and scripts explain nothing of what fails behind them: beside a
    // script that cannot be loaded a closed port is still a closed port.
    Claim { claimant: "proxy/unusable", claimed: BEHIND_PROXY },
    Claim { claimant: "proxy/login-failed", claimed: BEHIND_PROXY },
    Claim { claimant: "proxy/policy-denies", claimed: BEHIND_PROXY },
    Claim { claimant: "proxy/cannot-reach-hub", claimed: BEHIND_PROXY },
    Claim { claimant: "proxy/bypass-missing", claimed: BEHIND_PROXY },
    Claim { claimant: "proxy/direct-blocked", claimed: BEHIND_PROXY },
    Claim { claimant: "dns/*", claimed: &["tcp", "tls", "certificate", "http"] },
    // Only these two: every other cause of `tcp` means that no connection came about at all, and
    // then nothing behind it ran. A limit or a loss lets the first connection pass and fails a
    // later one, whose step would otherwise be called broken.
    Claim { claimant: "tcp/rate-limited", claimed: &["tls", "certificate", "http", "hub"] },
    Claim { claimant: "tcp/unreliable", claimed: &["tls", "certificate", "http", "hub"] },
    Claim { claimant: "clock/this-computer-wrong", claimed: &["certificate"] },
    // In TLS 1.3 the refusal comes only in place of the first answer.
    Claim { claimant: "tls/client-certificate-required", claimed: &["http", "hub"] },
    Claim {
        claimant: "http/captive-portal",
        claimed: &["tcp", "tls", "certificate", "http", "hub"],
    },
    Claim { claimant: "http/block-page", claimed: &["tls", "certificate", "http", "hub"] },
];

/// What lies behind a proxy.
const BEHIND_PROXY: &[&str] = &["dns", "tcp", "tls", "certificate", "clock", "http", "hub"];

/// Causes of the whole computer: they stop every hub alike and stand in a report once.
pub const MACHINE_WIDE: &[&str] = &[
    "client/desktop-outdated",
    "client/link-handler-missing",
    "client/no-network",
    "proxy/unusable",
    "dns/resolver-unreachable",
    "clock/this-computer-wrong",
];

/// Whether `cause` explains a failure of `check`. A check never claims itself.
#[must_use]
pub fn claims(cause: &str, check: &str) -> bool {
    let own = cause.split('/').next().unwrap_or(cause);
    own != check
        && CLAIMS.iter().any(|claim| {
            let by = match claim.claimant.strip_suffix("/*") {
                Some(whole_check) => whole_check == own,
                None => claim.claimant == cause,
            };
            by && claim.claimed.iter().any(|&c| c == check || c == "*")
        })
}

/// Whether some cause of the check `by` could explain a failure of `check`.
#[must_use]
pub fn may_claim(by: &str, check: &str) -> bool {
    by != check
        && CLAIMS.iter().any(|claim| {
            claim.claimant.split('/').next() == Some(by)
                && claim.claimed.iter().any(|&c| c == check || c == "*")
        })
}

#[cfg(test)]
mod tests {
    use super::claims;

    #[test]
    fn a_wrong_clock_claims_the_certificate_and_nothing_else() {
        assert!(claims("clock/this-computer-wrong", "certificate"));
        assert!(!claims("clock/this-computer-wrong", "tcp"));
        assert!(!claims("clock/hub-wrong", "certificate"));
    }

    #[test]
    fn of_the_causes_of_the_port_only_limit_and_loss_claim() {
        assert!(claims("tcp/rate-limited", "tls") && claims("tcp/unreliable", "hub"));
        assert!(!claims("tcp/refused", "tls") && !claims("tcp/rate-limited", "dns"));
    }

    #[test]
    fn a_proxy_claims_what_lies_behind_it_and_its_script_does_not() {
        assert!(claims("proxy/unusable", "tls") && claims("proxy/direct-blocked", "tcp"));
        for check in ["dns", "tcp", "tls"] {
            assert!(!claims("proxy/pac-unusable", check) && !claims("proxy/unexplained", check));
        }
    }

    #[test]
    fn a_whole_check_claims_what_lies_behind_it() {
        assert!(claims("dns/false-answers", "tls"));
        assert!(!claims("dns/false-answers", "dns"));
        assert!(claims("client/no-network", "hub"));
    }
}
