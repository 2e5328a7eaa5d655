//! What one certificate says, read out of its DER and bounded.

use std::net::IpAddr;

use hublink_probe::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::text::{bounded, common_name, distinguished_name, hex};

/// How many names of each kind are kept. Thousands are legal (H28); matching sees all of them.
const NAMES_KEPT: usize = 100;

/// How many addresses of each kind (issuer, OCSP, revocation list) are kept.
const URLS_KEPT: usize = 4;

/// The longest URL that is kept whole: a cut one could not be fetched.
const URL_LONGEST: usize = 1024;

/// What one certificate says.
#[expect(clippy::struct_excessive_bools, reason = "each is a statement of its own")]
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct CertificateFacts {
    /// Whose certificate it is, as in RFC 4514, bounded and without control characters.
    #[schemars(extend("x-identifies" = "dn"))]
    pub subject: String,
    /// Who issued it.
    #[schemars(extend("x-compared" = "issuer of a certificate", "x-identifies" = "dn"))]
    pub issuer: String,
    /// The common name of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "dn"))]
    pub subject_cn: Option<String>,
    /// The common name of the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "dn"))]
    pub issuer_cn: Option<String>,
    /// The serial number, in hexadecimal.
    #[schemars(extend("x-identifies" = "digits"))]
    pub serial: String,
    /// The start of its validity. Years beyond 9999 are written as 9999.
    #[schemars(extend("x-compared" = "valid from"))]
    pub not_before: Timestamp,
    /// The end of its validity.
    #[schemars(extend("x-compared" = "valid until"))]
    pub not_after: Timestamp,
    /// The first host names it stands for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-compared" = "names in a certificate", "x-identifies" = "host"))]
    pub dns_names: Vec<String>,
    /// The first addresses it stands for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip_names: Vec<IpAddr>,
    /// How many alternative names it has, of every kind.
    #[serde(default)]
    pub names: usize,
    /// Its key.
    pub key: Key,
    /// The name of the algorithm its issuer signed it with.
    pub signature_algorithm: String,
    /// The signature rests on SHA-1 or MD5.
    #[serde(default)]
    pub weak_signature: bool,
    /// It may issue other certificates (basic constraints).
    #[serde(default)]
    pub is_ca: bool,
    /// How many issuers may stand between it and the hub's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_len: Option<u32>,
    /// Whether its key usage allows signing certificates; `None` if it states no usage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_sign: Option<bool>,
    /// Whether its key usage allows a handshake (a signature, an encryption or an agreement of
    /// keys); `None` if it states no usage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake_use: Option<bool>,
    /// Whether its extended key usage allows servers; `None` if it states none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_auth: Option<bool>,
    /// Critical extensions nobody may ignore and hublink does not know, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_critical: Vec<String>,
    /// Critical extensions that are legal, and that hublink and rustls do not evaluate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unevaluated_critical: Vec<String>,
    /// Subject and issuer are the same.
    #[serde(default)]
    pub self_issued: bool,
    /// Where its issuer's certificate can be fetched, http only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "link"))]
    pub aia_issuers: Vec<String>,
    /// Where its revocation can be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "link"))]
    pub ocsp: Vec<String>,
    /// Where revocation lists lie.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "link"))]
    pub crls: Vec<String>,
    /// SHA-256 of the whole certificate, in hexadecimal.
    #[schemars(extend("x-compared" = "fingerprint of a certificate", "x-identifies" = "digits"))]
    pub fingerprint: String,
    /// SHA-256 of its public key, in hexadecimal: the same after a renewal that keeps the key.
    #[serde(default)]
    #[schemars(extend("x-identifies" = "digits"))]
    pub key_fingerprint: String,
    /// The key of its issuer, as the certificate identifies it, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "digits"))]
    pub authority_key: Option<String>,
    /// Its own key, as certificates that it issued identify it, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "digits"))]
    pub subject_key: Option<String>,
    /// Its extended key usage allows servers only by allowing everything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_usage_only: bool,
}

/// A public key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Key {
    /// The kind.
    pub kind: KeyKind,
    /// Its size in bits; 0 if it is not known.
    pub bits: usize,
}

/// The kinds of public key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum KeyKind {
    Rsa,
    Ec,
    Ed25519,
    Other,
}

impl Key {
    /// RSA below the 2048 bits, or a curve below the 256, that today's programs ask for.
    #[must_use]
    pub fn is_weak(self) -> bool {
        match self.kind {
            KeyKind::Rsa => self.bits < 2048,
            KeyKind::Ec => (1..256).contains(&self.bits),
            KeyKind::Ed25519 | KeyKind::Other => false,
        }
    }

    /// As a person writes it: `RSA 2048`.
    #[must_use]
    pub fn label(self) -> String {
        match self.kind {
            KeyKind::Rsa => format!("RSA {}", self.bits),
            KeyKind::Ec => format!("ECDSA {}", self.bits),
            KeyKind::Ed25519 => "Ed25519".to_owned(),
            KeyKind::Other => "a kind of key hublink does not know".to_owned(),
        }
    }
}

impl CertificateFacts {
    /// Reads a certificate; `None` if it is broken.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        parse(der).map(|certificate| Self::of(der, &certificate))
    }

    pub(super) fn of(der: &[u8], certificate: &X509Certificate<'_>) -> Self {
        let signature = certificate.signature_algorithm.algorithm.to_id_string();
        let (signature_algorithm, weak_signature) = algorithm(&signature);
        let mut facts = Self {
            subject: distinguished_name(certificate.subject()),
            issuer: distinguished_name(certificate.issuer()),
            subject_cn: common_name(certificate.subject()),
            issuer_cn: common_name(certificate.issuer()),
            serial: hex(certificate.raw_serial(), 32),
            not_before: timestamp(certificate.validity().not_before.to_datetime()),
            not_after: timestamp(certificate.validity().not_after.to_datetime()),
            dns_names: Vec::new(),
            ip_names: Vec::new(),
            names: 0,
            key: key(certificate.public_key()),
            signature_algorithm,
            weak_signature,
            is_ca: false,
            path_len: None,
            cert_sign: None,
            handshake_use: None,
            server_auth: None,
            unknown_critical: Vec::new(),
            unevaluated_critical: Vec::new(),
            self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            aia_issuers: Vec::new(),
            ocsp: Vec::new(),
            crls: Vec::new(),
            fingerprint: fingerprint(der),
            key_fingerprint: fingerprint(certificate.public_key().raw),
            authority_key: None,
            subject_key: None,
            any_usage_only: false,
        };
        for extension in certificate.extensions() {
            facts.take_in(extension);
        }
        facts
    }

    fn take_in(&mut self, extension: &X509Extension<'_>) {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                self.names += names.general_names.len();
                for name in &names.general_names {
                    self.take_in_name(name);
                }
            }
            ParsedExtension::BasicConstraints(basic) => {
                self.is_ca = basic.ca;
                self.path_len = basic.path_len_constraint;
            }
            ParsedExtension::AuthorityKeyIdentifier(issuer) => {
                self.authority_key = issuer.key_identifier.as_ref().map(|key| hex(key.0, 32));
            }
            ParsedExtension::SubjectKeyIdentifier(own) => {
                self.subject_key = Some(hex(own.0, 32));
            }
            ParsedExtension::KeyUsage(usage) => {
                self.cert_sign = Some(usage.key_cert_sign());
                self.handshake_use = Some(
                    usage.digital_signature() || usage.key_encipherment() || usage.key_agreement(),
                );
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.server_auth = Some(usage.server_auth || usage.any);
                self.any_usage_only = usage.any && !usage.server_auth;
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                for entry in access.iter() {
                    let GeneralName::URI(url) = &entry.access_location else { continue };
                    match entry.access_method.to_id_string().as_str() {
                        "1.3.6.1.5.5.7.48.1" => keep_url(&mut self.ocsp, url),
                        "1.3.6.1.5.5.7.48.2" => keep_url(&mut self.aia_issuers, url),
                        _ => {}
                    }
                }
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                for point in points.iter() {
                    let Some(DistributionPointName::FullName(names)) = &point.distribution_point
                    else {
                        continue;
                    };
                    for name in names {
                        if let GeneralName::URI(url) = name {
                            keep_url(&mut self.crls, url);
                        }
                    }
                }
            }
            _ => {}
        }
        self.note_critical(extension);
    }

    fn take_in_name(&mut self, name: &GeneralName<'_>) {
        match name {
            GeneralName::DNSName(name) if self.dns_names.len() < NAMES_KEPT => {
                self.dns_names.push(bounded(name, 253));
            }
            GeneralName::IPAddress(bytes) if self.ip_names.len() < NAMES_KEPT => {
                self.ip_names.extend(ip(bytes));
            }
            _ => {}
        }
    }

    /// A program must refuse a certificate with a critical extension it does not understand
    /// (RFC 5280 section 4.2). Policies are understood by Windows and OpenSSL but not by rustls,
    /// so they are a limit of this tool and no fault of the certificate.
    fn note_critical(&mut self, extension: &X509Extension<'_>) {
        const UNEVALUATED: &[&str] = &[
            "2.5.29.18",
            "2.5.29.32",
            "2.5.29.33",
            "2.5.29.36",
            "2.5.29.54",
            "1.3.6.1.5.5.7.1.24",
        ];
        if !extension.critical {
            return;
        }
        let oid = extension.oid.to_id_string();
        let parsed = extension.parsed_extension();
        if UNEVALUATED.contains(&oid.as_str()) {
            self.unevaluated_critical.push(bounded(&oid, 64));
        } else if (parsed.unsupported() || parsed.error().is_some())
            && self.unknown_critical.len() < 8
        {
            self.unknown_critical.push(bounded(&oid, 64));
        }
    }

    /// Whether it is valid at a point in time.
    #[must_use]
    pub fn valid_at(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

pub(super) fn fingerprint(der: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, der).as_ref(), 32)
}

/// The address in a name; `None` if it has neither 4 nor 16 bytes.
pub(super) fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(v4.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// RFC 3339 ends with the year 9999, and `99991231235959Z` means "for ever" (RFC 5280 4.1.2.5).
fn timestamp(time: OffsetDateTime) -> Timestamp {
    let utc = time.to_offset(time::UtcOffset::UTC);
    Timestamp(match utc.year() {
        0..=9999 => utc,
        year if year < 0 => time::macros::datetime!(0000-01-01 0:00 UTC),
        _ => time::macros::datetime!(9999-12-31 23:59:59 UTC),
    })
}

pub(super) fn key(info: &SubjectPublicKeyInfo<'_>) -> Key {
    let algorithm = info.algorithm.algorithm.to_id_string();
    if algorithm == "1.3.101.112" {
        return Key { kind: KeyKind::Ed25519, bits: 256 };
    }
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => Key { kind: KeyKind::Rsa, bits: bits(rsa.modulus) },
        Ok(PublicKey::EC(point)) => {
            Key { kind: KeyKind::Ec, bits: curve_bits(info, point.key_size()) }
        }
        _ if algorithm == "1.2.840.113549.1.1.10" => Key { kind: KeyKind::Rsa, bits: 0 },
        _ => Key { kind: KeyKind::Other, bits: 0 },
    }
}

/// The length of a number without its leading zeros.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let rest = &number[zeros..];
    rest.first().map_or(0, |first| rest.len() * 8 - first.leading_zeros() as usize)
}

fn curve_bits(info: &SubjectPublicKeyInfo<'_>, point: usize) -> usize {
    let curve = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
    match curve.map(|curve| curve.to_id_string()).as_deref() {
        Some("1.2.840.10045.3.1.1") => 192,
        Some("1.3.132.0.33") => 224,
        Some("1.2.840.10045.3.1.7") => 256,
        Some("1.3.132.0.34") => 384,
        Some("1.3.132.0.35") => 521,
        _ => point,
    }
}

/// The name of a signature algorithm, and whether its hash is broken.
fn algorithm(oid: &str) -> (String, bool) {
    let (name, weak) = match oid {
        "1.2.840.113549.1.1.2" => ("md2WithRSAEncryption", true),
        "1.2.840.113549.1.1.4" => ("md5WithRSAEncryption", true),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => ("sha1WithRSAEncryption", true),
        "1.2.840.113549.1.1.10" => ("rsassaPss", false),
        "1.2.840.113549.1.1.11" => ("sha256WithRSAEncryption", false),
        "1.2.840.113549.1.1.12" => ("sha384WithRSAEncryption", false),
        "1.2.840.113549.1.1.13" => ("sha512WithRSAEncryption", false),
        "1.2.840.10040.4.3" => ("dsaWithSHA1", true),
        "1.2.840.10045.4.1" => ("ecdsaWithSHA1", true),
        "1.2.840.10045.4.3.2" => ("ecdsaWithSHA256", false),
        "1.2.840.10045.4.3.3" => ("ecdsaWithSHA384", false),
        "1.2.840.10045.4.3.4" => ("ecdsaWithSHA512", false),
        "1.3.101.112" => ("ed25519", false),
        other => return (bounded(other, 64), false),
    };
    (name.to_owned(), weak)
}

fn keep_url(into: &mut Vec<String>, url: &str) {
    let http = url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    if http && url.len() <= URL_LONGEST && into.len() < URLS_KEPT {
        into.push(bounded(url, URL_LONGEST));
    }
}
