//! What binds a login to the TLS connection it runs on: `tls-server-end-point` (RFC 5929).

use md4::Digest as _;
use md5::Md5;
use ring::digest;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::signature_algorithm::SignatureAlgorithm;

/// What a login is bound to: the kind of the binding and the hash of the certificate. `None` if
/// the certificate's signature names no hash of its own (Ed25519), for which RFC 5929 defines no
/// binding.
pub(crate) fn end_point(leaf: &[u8]) -> Option<Vec<u8>> {
    let hash = digest::digest(algorithm(leaf)?, leaf);
    let mut data = b"tls-server-end-point:".to_vec();
    data.extend_from_slice(hash.as_ref());
    Some(data)
}

/// The hash that NTLM sends ([MS-NLMP] 2.2.2.1, `MsvAvChannelBindings`): MD5 over the structure of
/// RFC 2744 section 3.11, whose addresses are empty. `None` as for [`end_point`].
///
/// [MS-NLMP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp
pub(crate) fn of(leaf: &[u8]) -> Option<[u8; 16]> {
    let data = end_point(leaf)?;
    let mut structure = vec![0; 16];
    structure.extend_from_slice(&u32::try_from(data.len()).ok()?.to_le_bytes());
    structure.extend_from_slice(&data);
    Some(Md5::digest(&structure).into())
}

/// The hash of the certificate's own signature, and SHA-256 in place of MD5 and SHA-1.
fn algorithm(leaf: &[u8]) -> Option<&'static digest::Algorithm> {
    let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
    let id = &certificate.signature_algorithm;
    let hash = match SignatureAlgorithm::try_from(id).ok()? {
        SignatureAlgorithm::RSASSA_PSS(parameters) => {
            return named(&parameters.hash_algorithm_oid().to_id_string());
        }
        SignatureAlgorithm::ED25519 => return None,
        _ => id.algorithm.to_id_string(),
    };
    named(&hash)
}

/// Signature algorithms (RFC 3279, 4055, 5758) and, for RSASSA-PSS, hashes by their ids.
fn named(id: &str) -> Option<&'static digest::Algorithm> {
    match id {
        // MD5, SHA-1 and SHA-256, with RSA, ECDSA, or alone.
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.10045.4.1"
        | "1.3.14.3.2.26"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.3.2"
        | "2.16.840.1.101.3.4.2.1" => Some(&digest::SHA256),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.2.2" => {
            Some(&digest::SHA384)
        }
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.2.3" => {
            Some(&digest::SHA512)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    fn leaf(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let parameters = CertificateParams::new(vec!["hub.test".to_owned()]).expect("a name");
        parameters.self_signed(&key).expect("a certificate").der().to_vec()
    }

    #[test]
    fn the_hash_is_that_of_the_certificates_signature() {
        let p256 = leaf(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(algorithm(&p256), Some(&digest::SHA256));
        let p384 = leaf(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(algorithm(&p384), Some(&digest::SHA384));
        assert_eq!(of(&leaf(&rcgen::PKCS_ED25519)), None);
        assert_eq!(named("1.2.840.113549.1.1.4"), Some(&digest::SHA256), "MD5 is replaced");
        assert_eq!(of(b"no certificate"), None);
    }

    #[test]
    fn certificates_bind_differently() {
        let (one, other) =
            (leaf(&rcgen::PKCS_ECDSA_P256_SHA256), leaf(&rcgen::PKCS_ECDSA_P256_SHA256));
        assert!(of(&one).is_some() && of(&one) != of(&other));
    }
}
