//! Certificates, good and bad, made for one moment in time.

use std::io;

use crate::hub::PLANTED;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// The authority information access extension, and the access method that names the issuer's file.
const AIA: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
const CA_ISSUERS: [u8; 10] = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];

/// Which certificate a hub presents.
///
/// Every leaf has an ECDSA key: the `ring` backend cannot generate RSA keys, so weak RSA is not among them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Certificate {
    /// Right name, right dates, complete chain to the practice root.
    #[default]
    Good,
    /// Good, but the chain includes the root, which is legal.
    GoodWithRoot,
    /// Good, with a P-384 key under a P-256 chain.
    GoodP384,
    /// Good, for `*.<parent domain>` instead of the name itself.
    Wildcard,
    /// Good, and ends in three days.
    ExpiresSoon,
    /// Ended yesterday.
    Expired,
    /// Good in itself, but the intermediate that issued it ended yesterday.
    ExpiredIntermediate,
    /// Begins in ten days.
    NotYetValid,
    /// Made for `other.practice.test`.
    WrongName,
    /// Made for the hub's other names only.
    OtherNamesOnly,
    /// The name stands in the common name only; there are no alternative names.
    CommonNameOnly,
    /// Signed by itself, CA:FALSE.
    SelfSigned,
    /// Signed by itself, CA:TRUE.
    SelfSignedCa,
    /// Issued by a root that no client has; root sent along.
    UnknownRoot,
    /// Leaf only; the intermediate can be fetched from the address in the leaf.
    ChainIncomplete,
    /// Leaf only, and nothing says where the intermediate is.
    ChainIncompleteWithoutAia,
    /// As Qlik Sense makes it at installation: CN `qlik1` issued by `qlik1-CA`, issuer sent along.
    QlikDefault,
    /// As [`Certificate::QlikDefault`], without the issuer.
    QlikDefaultLeafOnly,
    /// Extended key usage is client authentication only.
    ClientAuthOnly,
    /// Issued by a certificate that is not a CA.
    IssuedByLeaf,
    /// Its names beside that of the host are full of what a terminal obeys and a browser runs.
    PlantedNames,
    /// Sixty certificates, of which one is needed.
    Sixty,
}

/// A chain as the server sends it, with the leaf's key.
#[derive(Debug)]
pub struct Identity {
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's private key.
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// The chain as a file holds it.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        let pem =
            |der: &CertificateDer<'_>| pem::encode(&pem::Pem::new("CERTIFICATE", der.to_vec()));
        self.chain.iter().map(pem).collect()
    }
}

/// The practice authorities.
#[derive(Debug)]
pub struct Pki {
    now: OffsetDateTime,
    root: Authority,
    intermediate: Authority,
    expired_intermediate: Authority,
    unknown_root: Authority,
    qlik_root: Authority,
}

#[derive(Debug)]
struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: rcgen::Certificate,
}

/// Days relative to the practice world's present.
#[derive(Clone, Copy)]
struct Validity {
    from: i64,
    to: i64,
}

const LONG: Validity = Validity { from: -3650, to: 3650 };
const CURRENT: Validity = Validity { from: -30, to: 300 };
const ENDED: Validity = Validity { from: -400, to: -1 };

impl Pki {
    /// Makes the authorities; every validity is relative to `now`.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn new(now: OffsetDateTime) -> io::Result<Self> {
        let root = Authority::root("Practice Root CA", now)?;
        let intermediate = Authority::under(&root, "Practice Intermediate CA", LONG, now)?;
        let expired_intermediate = Authority::under(&root, "Practice Former CA", ENDED, now)?;
        Ok(Self {
            now,
            intermediate,
            expired_intermediate,
            unknown_root: Authority::root("Practice Unknown Root CA", now)?,
            qlik_root: Authority::root("qlik1-CA", now)?,
            root,
        })
    }

    /// The one root that clients are meant to trust, for `--ca-file`.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.root.certificate.pem()
    }

    /// The same root in binary form.
    #[must_use]
    pub fn root_der(&self) -> CertificateDer<'static> {
        self.root.certificate.der().clone()
    }

    /// The intermediate that [`Certificate::ChainIncomplete`] leaves out, in binary form.
    #[must_use]
    pub fn intermediate_der(&self) -> CertificateDer<'static> {
        self.intermediate.certificate.der().clone()
    }

    /// Makes a certificate for these names; `issuer_url` is where the intermediate can be fetched.
    ///
    /// # Errors
    /// If a name is not ASCII, or the system gives no random numbers.
    pub fn identity(
        &self,
        kind: Certificate,
        names: &[String],
        issuer_url: &str,
    ) -> io::Result<Identity> {
        let key = KeyPair::generate_for(algorithm(kind)).map_err(io::Error::other)?;
        let leaf = self.leaf(kind, names, issuer_url)?;
        let (certificate, above) = match kind {
            Certificate::SelfSigned | Certificate::SelfSignedCa => {
                (leaf.self_signed(&key).map_err(io::Error::other)?, vec![])
            }
            Certificate::IssuedByLeaf => self.issue_by_leaf(&leaf, &key)?,
            _ => {
                let (issuer, above) = self.issuer_of(kind);
                (issuer.issue(&leaf, &key)?, above)
            }
        };
        let mut chain = vec![certificate.into()];
        chain.extend(above);
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Ok(Identity { chain, key })
    }

    fn leaf(
        &self,
        kind: Certificate,
        names: &[String],
        issuer_url: &str,
    ) -> io::Result<CertificateParams> {
        let common_name = match kind {
            Certificate::QlikDefault | Certificate::QlikDefaultLeafOnly => "qlik1",
            Certificate::WrongName => "other.practice.test",
            Certificate::OtherNamesOnly => names.get(1).map_or("practice", String::as_str),
            Certificate::PlantedNames => PLANTED,
            _ => names.first().map_or("practice", String::as_str),
        };
        let validity = match kind {
            Certificate::Expired => ENDED,
            Certificate::ExpiresSoon => Validity { from: -300, to: 3 },
            Certificate::NotYetValid => Validity { from: 10, to: 300 },
            _ => CURRENT,
        };
        let mut leaf = params(common_name, validity, self.now);
        leaf.subject_alt_names = CertificateParams::new(alternative_names(kind, names))
            .map_err(io::Error::other)?
            .subject_alt_names;
        if kind == Certificate::PlantedNames {
            for part in
                [DnType::OrganizationName, DnType::LocalityName, DnType::OrganizationalUnitName]
            {
                leaf.distinguished_name.push(part, PLANTED);
            }
        }
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = match kind {
            Certificate::ClientAuthOnly => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Certificate::SelfSignedCa => vec![],
            _ => vec![ExtendedKeyUsagePurpose::ServerAuth],
        };
        leaf.is_ca = if kind == Certificate::SelfSignedCa {
            IsCa::Ca(BasicConstraints::Unconstrained)
        } else {
            IsCa::ExplicitNoCa
        };
        if kind == Certificate::ChainIncomplete {
            leaf.custom_extensions.push(issuer_address(issuer_url));
        }
        Ok(leaf)
    }

    fn issuer_of(&self, kind: Certificate) -> (&Authority, Vec<CertificateDer<'static>>) {
        let sent = |authorities: &[&Authority]| {
            authorities.iter().map(|authority| authority.certificate.der().clone()).collect()
        };
        match kind {
            Certificate::UnknownRoot => (&self.unknown_root, sent(&[&self.unknown_root])),
            Certificate::QlikDefault => (&self.qlik_root, sent(&[&self.qlik_root])),
            Certificate::QlikDefaultLeafOnly => (&self.qlik_root, vec![]),
            Certificate::ChainIncomplete | Certificate::ChainIncompleteWithoutAia => {
                (&self.intermediate, vec![])
            }
            Certificate::ExpiredIntermediate => {
                (&self.expired_intermediate, sent(&[&self.expired_intermediate]))
            }
            Certificate::Sixty => (&self.intermediate, sent(&[&self.intermediate; 59])),
            Certificate::GoodWithRoot => {
                (&self.intermediate, sent(&[&self.intermediate, &self.root]))
            }
            _ => (&self.intermediate, sent(&[&self.intermediate])),
        }
    }

    fn issue_by_leaf(
        &self,
        leaf: &CertificateParams,
        key: &KeyPair,
    ) -> io::Result<(rcgen::Certificate, Vec<CertificateDer<'static>>)> {
        let between_key = KeyPair::generate().map_err(io::Error::other)?;
        let mut between = params("between.practice.test", CURRENT, self.now);
        between.is_ca = IsCa::ExplicitNoCa;
        between.use_authority_key_identifier_extension = true;
        let between_certificate = self.intermediate.issue(&between, &between_key)?;
        let issuer = Issuer::from_params(&between, &between_key);
        let certificate = leaf.signed_by(key, &issuer).map_err(io::Error::other)?;
        let above = vec![between_certificate.into(), self.intermediate_der()];
        Ok((certificate, above))
    }
}

impl Authority {
    fn root(name: &str, now: OffsetDateTime) -> io::Result<Self> {
        let params = authority_params(name, LONG, now);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        Ok(Self { params, key, certificate })
    }

    fn under(
        issuer: &Self,
        name: &str,
        validity: Validity,
        now: OffsetDateTime,
    ) -> io::Result<Self> {
        let mut params = authority_params(name, validity, now);
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = issuer.issue(&params, &key)?;
        Ok(Self { params, key, certificate })
    }

    fn issue(&self, params: &CertificateParams, key: &KeyPair) -> io::Result<rcgen::Certificate> {
        let issuer = Issuer::from_params(&self.params, &self.key);
        params.signed_by(key, &issuer).map_err(io::Error::other)
    }
}

fn algorithm(kind: Certificate) -> &'static SignatureAlgorithm {
    if kind == Certificate::GoodP384 { &PKCS_ECDSA_P384_SHA384 } else { &PKCS_ECDSA_P256_SHA256 }
}

fn params(common_name: &str, validity: Validity, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = now + Duration::days(validity.from);
    params.not_after = now + Duration::days(validity.to);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn authority_params(name: &str, validity: Validity, now: OffsetDateTime) -> CertificateParams {
    let mut params = params(name, validity, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn alternative_names(kind: Certificate, names: &[String]) -> Vec<String> {
    match kind {
        Certificate::CommonNameOnly => vec![],
        Certificate::OtherNamesOnly => names.iter().skip(1).cloned().collect(),
        Certificate::WrongName => vec!["other.practice.test".to_owned()],
        Certificate::Wildcard => names
            .iter()
            .filter_map(|name| name.split_once('.'))
            .map(|(_, parent)| format!("*.{parent}"))
            .collect(),
        _ => names.to_vec(),
    }
}

/// `rcgen` has no such extension, so its few bytes are written by hand: one address, short enough for
/// one-byte lengths.
fn issuer_address(url: &str) -> CustomExtension {
    let short = |length: usize| u8::try_from(length).expect("practice addresses are short");
    let mut description = CA_ISSUERS.to_vec();
    // [6] is the choice "uniform resource identifier" of a general name.
    description.extend([0x86, short(url.len())]);
    description.extend(url.as_bytes());
    assert!(description.len() < 124, "longer needs two-byte lengths");
    let mut content = vec![0x30, short(description.len() + 2)];
    content.extend([0x30, short(description.len())]);
    content.extend(description);
    CustomExtension::from_oid_content(&AIA, content)
}
