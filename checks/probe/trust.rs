//! The root certificates that are trusted on this run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::{FILE_LIMIT, FileOutcome, files};

/// The trusted roots, as rustls wants them and as certificates one can read.
pub struct TrustStore {
    /// Every root, with where it came from.
    pub anchors: Vec<Anchor>,
    /// Why parts of the system's store could not be read.
    pub unreadable: Vec<String>,
    pub(crate) roots: Arc<RootCertStore>,
}

/// One trusted root.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The certificate.
    pub der: CertificateDer<'static>,
    /// Whether it was given with `--ca-file`.
    pub given: bool,
}

/// Why a file of `--ca-file` cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TrustError {
    #[error("cannot read {path}: {why}")]
    Unreadable { path: PathBuf, why: String },
    #[error("{path}: expected PEM certificates, found none")]
    NoCertificate { path: PathBuf },
    #[error("{path}: certificate {number} is not valid PEM")]
    BadPem { path: PathBuf, number: usize },
    #[error("{path}: certificate {number} cannot be used as a root")]
    BadRoot { path: PathBuf, number: usize },
}

impl TrustStore {
    /// A store without any root.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            anchors: Vec::new(),
            unreadable: Vec::new(),
            roots: Arc::new(RootCertStore::empty()),
        }
    }

    /// A store that holds exactly these certificates (DER).
    #[must_use]
    pub fn of(certificates: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let given: Vec<_> = certificates.into_iter().map(CertificateDer::from).collect();
        Self::load(&given, false)
    }

    /// The roots given, and the system's if asked for.
    #[must_use]
    pub(crate) fn load(given: &[CertificateDer<'static>], system: bool) -> Self {
        let mut anchors: Vec<Anchor> =
            given.iter().map(|der| Anchor { der: der.clone(), given: true }).collect();
        let mut unreadable = Vec::new();
        if system {
            let found = rustls_native_certs::load_native_certs();
            anchors.extend(found.certs.into_iter().map(|der| Anchor { der, given: false }));
            unreadable.extend(found.errors.iter().take(8).map(ToString::to_string));
        }
        let mut roots = RootCertStore::empty();
        // The system may hold roots rustls cannot parse; they cannot vouch for anybody here.
        roots.add_parsable_certificates(anchors.iter().map(|anchor| anchor.der.clone()));
        Self { anchors, unreadable, roots: Arc::new(roots) }
    }
}

/// Reads the certificates of a PEM file for `--ca-file`.
pub(crate) fn read_pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let found = pem_certificates(path)?;
    let mut roots = RootCertStore::empty();
    for (number, certificate) in (1..).zip(&found) {
        if roots.add(certificate.clone()).is_err() {
            return Err(TrustError::BadRoot { path: path.to_owned(), number });
        }
    }
    Ok(found)
}

/// Reads the certificates of a PEM file, as DER, in its order. Keys in it are passed over.
///
/// # Errors
/// If the file cannot be read, is no PEM file or holds no certificate.
pub fn read_certificates(path: &Path) -> Result<Vec<Vec<u8>>, TrustError> {
    Ok(pem_certificates(path)?.into_iter().map(|certificate| certificate.to_vec()).collect())
}

fn pem_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let path = path.to_owned();
    let bytes = match files::read(&path).outcome {
        FileOutcome::Read { bytes, .. } => bytes,
        FileOutcome::Failed { failure } => {
            return Err(TrustError::Unreadable { path, why: failure.to_string() });
        }
        FileOutcome::TooLarge { .. } => {
            let why = format!("larger than {FILE_LIMIT} bytes");
            return Err(TrustError::Unreadable { path, why });
        }
    };
    let mut found = Vec::new();
    for (number, certificate) in (1..).zip(CertificateDer::pem_slice_iter(&bytes)) {
        let Ok(certificate) = certificate else {
            return Err(TrustError::BadPem { path, number });
        };
        found.push(certificate);
    }
    if found.is_empty() {
        return Err(TrustError::NoCertificate { path });
    }
    Ok(found)
}
