//! The root certificates that are trusted on this run.

use std::collections::HashSet;
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
    /// The content of its subject (RFC 5280 section 4.1.2.6) in DER; `None` if rustls cannot read
    /// it. A store holds more than a hundred roots, of which a chain needs one.
    subject: Option<Vec<u8>>,
}

/// Why a file of `--ca-file` cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TrustError {
    #[error("cannot read {path}: {why}")]
    Unreadable { path: PathBuf, why: String },
    #[error("{path}: expected PEM certificates, found none")]
    NoCertificate { path: PathBuf },
    #[error("{path}: expected PEM certificates, found a binary file")]
    NotText { path: PathBuf },
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
        let mut found: Vec<_> = given.iter().map(|der| (der.clone(), true)).collect();
        let mut unreadable = Vec::new();
        if system {
            let native = rustls_native_certs::load_native_certs();
            found.extend(native.certs.into_iter().map(|der| (der, false)));
            unreadable.extend(native.errors.iter().take(8).map(ToString::to_string));
        }
        let mut roots = RootCertStore::empty();
        let anchors = found.into_iter().map(|(der, given)| {
            // The system may hold roots rustls cannot read; for it they cannot vouch for anybody.
            let is_read = roots.add(der.clone()).is_ok();
            let last = roots.roots.last().filter(|_| is_read);
            Anchor { der, given, subject: last.map(|root| root.subject.to_vec()) }
        });
        let anchors = anchors.collect();
        Self { anchors, unreadable, roots: Arc::new(roots) }
    }

    /// The roots that may bear one of these names, each the content of a name in DER.
    pub fn named(&self, names: &HashSet<&[u8]>) -> impl Iterator<Item = &Anchor> {
        self.anchors
            .iter()
            .filter(|anchor| anchor.subject.as_deref().is_none_or(|name| names.contains(name)))
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
        let is_text = !bytes.contains(&0);
        return Err(if is_text {
            TrustError::NoCertificate { path }
        } else {
            TrustError::NotText { path }
        });
    }
    Ok(found)
}
