//! Who may log in to a hub, and how its logins are made, as data.

use crate::hub::Hostile;

/// The domain of the practice hubs, as NTLM names it.
pub const DOMAIN: &str = "PRACTICE";

/// The same domain in DNS.
pub const DNS_DOMAIN: &str = "practice.test";

/// The user every practice hub knows.
pub const USER: &str = "user";

/// Their password. It has letters that a form, a query and a JSON text write in another way, and one
/// outside ASCII.
pub const PASSWORD: &str = "K\u{e4}se&Brot+42=\"x";

/// The API key every practice tenant knows.
pub const API_KEY: &str = "eyJhbGciOiJFUzM4NCJ9.cHJhY3RpY2Uta2V5.c2lnbmF0dXJlLW9mLXByYWN0aWNl";

/// An account of the hub's directory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Account {
    /// The name, without a domain.
    pub user: &'static str,
    /// The password.
    pub password: &'static str,
    /// Whether they get in with it.
    pub state: AccountState,
}

/// What becomes of somebody who knows the password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountState {
    /// They get in.
    Good,
    /// Locked after too many wrong passwords; a form says so, NTLM does not.
    Locked,
    /// Switched off in the directory; a form says so.
    Disabled,
    /// Past its last day; a form says so.
    Expired,
    /// The password has to be changed; a form says so.
    MustChangePassword,
    /// The form is blocked for a while: 429.
    TooManyAttempts,
    /// The directory lets them in, and Qlik has switched them off: 403 with its text.
    Inactive,
}

/// The domain that a hub's server belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Membership {
    /// A domain: its name in NTLM and in DNS.
    Domain(&'static str, &'static str),
    /// None: the server stands alone, and its name is what NTLM calls its domain.
    Workgroup,
}

/// How the page for Windows login behaves.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WindowsLogin {
    /// Offers NTLM.
    #[default]
    Ntlm,
    /// Offers Negotiate and NTLM, and takes NTLM in both.
    NegotiateAndNtlm,
    /// Offers Negotiate alone, and takes NTLM inside it.
    NegotiateOnly,
    /// Offers Negotiate alone, and takes nothing but Kerberos.
    KerberosOnly,
    /// Offers Basic alone.
    Basic,
    /// A device on the way forgets: the first message is answered as if there had been none.
    Forgets,
    /// A device on the way ends the connection after the challenge.
    ClosesAfterChallenge,
    /// A device on the way hands the third message to another server, which knows of no challenge.
    OtherServer,
}

/// What the form of a hub looks like.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Form {
    /// Qlik's own: `username` and `pwd`, sent to the page's address.
    #[default]
    Usual,
    /// Made by somebody else: other names, hidden fields that have to come back, an address to send to.
    Replaced,
    /// A script draws it, so there is nothing to read.
    Scripted,
}

/// What `/api/hub/v1/desktoplink` says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DesktopLink {
    /// The address the link in use has.
    #[default]
    Same,
    /// The same address under another friendly name.
    Named(&'static str),
    /// Another address.
    Other(&'static str),
    /// Nothing: no link was generated.
    Empty,
    /// 404: a release without the page.
    Absent,
}

/// What stands in the way of a WebSocket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SocketFault {
    /// A device answers every upgrade with this status.
    Refused(u16),
    /// A device resets the connection.
    Reset,
    /// No answer comes.
    Silent,
    /// A device answers with a page of its own and status 200.
    Page,
    /// The hub itself refuses whoever has a session and a token, as it does for names it does not accept.
    Forbidden,
    /// The hub wants its token from strangers too, as it does since 2024.
    TokenFirst,
    /// Opens, and then this comes.
    Hostile(Hostile),
    /// Opens, says nothing, and is cut after this many milliseconds.
    Cut(u64),
}

/// Who the API key belongs to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TenantUser {
    /// A member of the tenant.
    #[default]
    Active,
    /// A member who was switched off.
    Disabled,
    /// Nobody: every key is wrong.
    Unknown,
    /// This error for whoever has the key: status, code, title.
    Error(u16, &'static str, &'static str),
    /// A member, described on another host: the redirect leads away from the tenant.
    Elsewhere(&'static str),
}
