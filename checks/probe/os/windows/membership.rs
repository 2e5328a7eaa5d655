//! What the computer and its user belong to.

#![expect(unsafe_code, reason = "NetGetJoinInformation has no safe binding")]

use windows_sys::Win32::NetworkManagement::NetManagement::{
    NERR_Success, NetApiBufferFree, NetGetJoinInformation, NetSetupDomainName, NetSetupUnjoined,
    NetSetupWorkgroupName,
};

use super::registry::{Looked, Root};
use super::text::read_up_to;
use crate::{Membership, PartOf, UserOf};

/// A key for each join to Entra, with what is secret and is not read.
const JOINS: &str = "SYSTEM\\CurrentControlSet\\Control\\CloudDomainJoin\\JoinInfo";

/// What the log-on left for this user's programs.
const SESSION: &str = "Volatile Environment";

/// The name that Windows gives the domain of Entra's users.
const ENTRA: &str = "AzureAD";

/// A name of a domain is no longer than one of DNS.
const LONGEST: usize = 256;

pub(super) fn membership() -> Membership {
    let (computer_in, computer_domain) = computer();
    let entra = match Root::Machine.open(JOINS) {
        Looked::Found(joins) => joins.keys().ok().map(|mut joins| joins.next().is_some()),
        Looked::Absent => Some(false),
        Looked::Unreadable => None,
    };
    let of_session = |name: &str| {
        let told = Root::User.text(SESSION, name).or_else(|| std::env::var(name).ok());
        told.filter(|name| !name.is_empty())
    };
    let computer_name = std::env::var("COMPUTERNAME").unwrap_or_default();
    let user_of = of_session("USERDOMAIN").map(|name| user_of(&name, &computer_name));
    let user_domain = (user_of == Some(UserOf::Domain))
        .then(|| of_session("USERDNSDOMAIN").or_else(|| of_session("USERDOMAIN")))
        .flatten();
    Membership { computer_in, computer_domain, entra, user_of, user_domain }
}

/// Windows has the name of the computer as the domain of its own accounts.
fn user_of(domain: &str, computer: &str) -> UserOf {
    if domain.eq_ignore_ascii_case(computer) {
        UserOf::Computer
    } else if domain.eq_ignore_ascii_case(ENTRA) {
        UserOf::Entra
    } else {
        UserOf::Domain
    }
}

/// What the computer is part of; the name is only that of a domain.
fn computer() -> (Option<PartOf>, Option<String>) {
    let (mut name, mut status) = (std::ptr::null_mut(), 0);
    // SAFETY: no name means this computer, and both pointers are those of live values.
    let code = unsafe { NetGetJoinInformation(std::ptr::null(), &raw mut name, &raw mut status) };
    let mut told = String::new();
    if !name.is_null() {
        // SAFETY: the call made a text that ends with a zero.
        told = unsafe { read_up_to(LONGEST, name) };
        // SAFETY: the memory is the call's, which asks for it to be freed so, and is used no more.
        unsafe { NetApiBufferFree(name.cast()) };
    }
    if code != NERR_Success {
        return (None, None);
    }
    #[expect(non_upper_case_globals, reason = "the names are those of Windows")]
    match status {
        NetSetupDomainName => (Some(PartOf::Domain), (!told.is_empty()).then_some(told)),
        NetSetupUnjoined | NetSetupWorkgroupName => (Some(PartOf::Workgroup), None),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_users_are_told_apart() {
        assert_eq!(user_of("PC-7", "pc-7"), UserOf::Computer);
        assert_eq!(user_of("AzureAD", "PC-7"), UserOf::Entra);
        assert_eq!(user_of("CORP", "PC-7"), UserOf::Domain);
    }

    #[test]
    fn only_a_domain_has_a_name() {
        let seen = membership();
        assert_eq!(seen.computer_domain.is_some(), seen.computer_in == Some(PartOf::Domain));
        assert_eq!(seen.user_domain.is_some(), seen.user_of == Some(UserOf::Domain));
    }
}
