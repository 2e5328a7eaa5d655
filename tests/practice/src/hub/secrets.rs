//! What a hub was entrusted with: every request that carried something only the hub may know.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::http::SeenRequest;
use super::ntlm;

/// Something secret that a request carried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Secret {
    /// What it was.
    pub kind: SecretKind,
    /// Whether it came over TLS.
    pub encrypted: bool,
}

/// Kinds of secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretKind {
    /// A password in a form, or in Basic.
    Password,
    /// The third message of NTLM, from which a weak password can be found out.
    NtlmProof,
    /// An API key.
    Key,
    /// A ticket.
    Ticket,
    /// A cookie.
    Cookie,
    /// The token of a WebSocket.
    Token,
}

/// Everything secret in this request.
pub(super) fn of(request: &SeenRequest) -> Vec<Secret> {
    let authorization = request.header("Authorization").unwrap_or_default();
    let proof = ntlm::message(authorization).and_then(|(_, message)| ntlm::number(&message));
    let basic =
        authorization.strip_prefix("Basic ").is_some_and(|pair| STANDARD.decode(pair).is_ok());
    let present = [
        (SecretKind::Password, basic || request.method == "POST"),
        (SecretKind::NtlmProof, proof == Some(3)),
        (SecretKind::Key, authorization.starts_with("Bearer ")),
        (SecretKind::Ticket, request.parameter("qlikTicket").is_some()),
        (SecretKind::Cookie, request.header("Cookie").is_some()),
        (SecretKind::Token, request.parameter("qlik-csrf-token").is_some()),
    ];
    let encrypted = request.encrypted;
    let kinds = present.into_iter().filter(|(_, there)| *there).map(|(kind, _)| kind);
    kinds.map(|kind| Secret { kind, encrypted }).collect()
}
