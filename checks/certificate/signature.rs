//! Whether one key signed one certificate.

use ring::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RsaParameters, UnparsedPublicKey,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::facts::{KeyKind, key};

/// What verifying a signature gave.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// It verifies.
    #[default]
    Valid,
    /// hublink cannot verify this kind of signature or a key of this size.
    Unchecked,
    /// It does not verify.
    Invalid,
}

/// Verifies the signature of a certificate with the key of its supposed issuer.
pub(super) fn verify(
    certificate: &X509Certificate<'_>,
    issuer: &SubjectPublicKeyInfo<'_>,
) -> Signature {
    let size = key(issuer);
    // A small key must not read like tampering, so it is verified by the legacy rules as far as
    // they reach. That the key is too weak is told apart from this.
    if size.kind == KeyKind::Rsa && size.bits < 2048 {
        return verify_small(certificate, issuer, size.bits);
    }
    if size.kind == KeyKind::Other || (size.kind == KeyKind::Rsa && size.bits > 8192) {
        return Signature::Unchecked;
    }
    match certificate.verify_signature(Some(issuer)) {
        Ok(()) => Signature::Valid,
        Err(X509Error::SignatureUnsupportedAlgorithm) => Signature::Unchecked,
        Err(_) => Signature::Invalid,
    }
}

fn verify_small(
    certificate: &X509Certificate<'_>,
    issuer: &SubjectPublicKeyInfo<'_>,
    bits: usize,
) -> Signature {
    if bits < 1024 {
        return Signature::Unchecked;
    }
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    let rules: &'static RsaParameters = match algorithm.as_str() {
        "1.2.840.113549.1.1.11" => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.13" => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.5" => &ring::signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        _ => return Signature::Unchecked,
    };
    let key = UnparsedPublicKey::new(rules, &issuer.subject_public_key.data);
    let message = certificate.tbs_certificate.as_ref();
    match key.verify(message, &certificate.signature_value.data) {
        Ok(()) => Signature::Valid,
        Err(_) => Signature::Invalid,
    }
}
