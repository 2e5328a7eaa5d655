//! `CryptoAPI`: what Windows thinks of a certificate chain.

#![expect(unsafe_code, reason = "CryptoAPI has no safe binding")]

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::slice;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{FILETIME, GetLastError};
use windows_sys::Win32::Security::Cryptography::{
    AUTHTYPE_SERVER, CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL, CERT_CHAIN_CONTEXT, CERT_CHAIN_ELEMENT,
    CERT_CHAIN_PARA, CERT_CHAIN_POLICY_PARA, CERT_CHAIN_POLICY_SSL, CERT_CHAIN_POLICY_STATUS,
    CERT_CHAIN_REVOCATION_ACCUMULATIVE_TIMEOUT, CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT,
    CERT_CONTEXT, CERT_STORE_ADD_REPLACE_EXISTING, CERT_STORE_PROV_MEMORY, CERT_USAGE_MATCH,
    CTL_USAGE, CertAddEncodedCertificateToStore, CertCloseStore, CertFreeCertificateChain,
    CertFreeCertificateContext, CertGetCertificateChain, CertOpenStore,
    CertVerifyCertificateChainPolicy, HCERTSTORE, HTTPSPolicyCallbackData, USAGE_MATCH_TYPE_OR,
    X509_ASN_ENCODING, szOID_PKIX_KP_SERVER_AUTH,
};

use super::text::wide;
use crate::tls::hex;
use crate::{ChainElement, ChainVerdict, Timestamp, millis};

/// How Windows is asked.
#[derive(Clone, Copy)]
pub(crate) struct ChainHow {
    /// The time to judge by.
    pub(crate) at: Timestamp,
    /// Whether it asks if a certificate was withdrawn.
    pub(crate) revocation: bool,
    /// How long it may take to fetch what it needs; nothing is fetched without.
    pub(crate) fetch: Option<Duration>,
}

/// What Windows thinks of a chain (DER, the hub's own certificate first) for a name. Nothing can
/// end it early.
pub(crate) fn chain_verdict(chain: &[Vec<u8>], host: &str, asked: ChainHow) -> ChainVerdict {
    let begun = Instant::now();
    let seen = Store::of(chain).and_then(|(store, leaf)| {
        let built = Chain::build(&leaf, &store, asked)?;
        Ok(ChainVerdict { policy: built.policy(host), ..built.statuses() })
    });
    let seen = seen
        .unwrap_or_else(|code| ChainVerdict { not_built: Some(code), ..ChainVerdict::default() });
    ChainVerdict { took_ms: millis(begun.elapsed()), ..seen }
}

fn last_error() -> u32 {
    // SAFETY: it takes nothing and reads a number of this thread.
    unsafe { GetLastError() }
}

fn size<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(0)
}

/// A store in memory, closed when it is dropped.
struct Store(HCERTSTORE);

/// A certificate, given back when it is dropped.
struct Leaf(*mut CERT_CONTEXT);

impl Store {
    /// A store of these certificates, and the first of them.
    fn of(chain: &[Vec<u8>]) -> Result<(Self, Leaf), u32> {
        // SAFETY: this kind of store takes no parameter.
        let handle = unsafe { CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, null()) };
        if handle.is_null() {
            return Err(last_error());
        }
        let store = Self(handle);
        let (first, others) = chain.split_first().ok_or(0_u32)?;
        let leaf = Leaf(store.add(first)?);
        for der in others {
            // What cannot be read is no part of any chain.
            drop(store.add(der).map(Leaf));
        }
        Ok((store, leaf))
    }

    fn add(&self, der: &[u8]) -> Result<*mut CERT_CONTEXT, u32> {
        let mut context = null_mut();
        let length = u32::try_from(der.len()).map_err(|_| 0_u32)?;
        // SAFETY: the store is open, bytes and length are those of a live slice, and the place for
        // the answer is live.
        let done = unsafe {
            CertAddEncodedCertificateToStore(
                self.0,
                X509_ASN_ENCODING,
                der.as_ptr(),
                length,
                CERT_STORE_ADD_REPLACE_EXISTING,
                &raw mut context,
            )
        };
        if done == 0 { Err(last_error()) } else { Ok(context) }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: the handle is open and closed only here. Certificates that are still held keep
        // what they need.
        unsafe { CertCloseStore(self.0, 0) };
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        // SAFETY: the certificate came from a call that succeeded and is given back only here.
        unsafe { CertFreeCertificateContext(self.0) };
    }
}

/// A chain that Windows built, given back when it is dropped.
struct Chain(*mut CERT_CHAIN_CONTEXT);

impl Chain {
    fn build(leaf: &Leaf, store: &Store, asked: ChainHow) -> Result<Self, u32> {
        let mut usage = [szOID_PKIX_KP_SERVER_AUTH.cast_mut()];
        let mut parameters = CERT_CHAIN_PARA {
            cbSize: size::<CERT_CHAIN_PARA>(),
            RequestedUsage: CERT_USAGE_MATCH {
                dwType: USAGE_MATCH_TYPE_OR,
                Usage: CTL_USAGE { cUsageIdentifier: 1, rgpszUsageIdentifier: usage.as_mut_ptr() },
            },
            ..CERT_CHAIN_PARA::default()
        };
        let mut flags = 0;
        match asked.fetch {
            Some(limit) => {
                let limit = limit.as_millis().clamp(1, u32::MAX.into());
                parameters.dwUrlRetrievalTimeout = u32::try_from(limit).unwrap_or(u32::MAX);
            }
            None => flags |= CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL,
        }
        if asked.revocation {
            flags |= CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT
                | CERT_CHAIN_REVOCATION_ACCUMULATIVE_TIMEOUT;
        }
        let at = file_time(asked.at);
        let mut context = null_mut();
        // SAFETY: certificate and store are held by the caller; the parameters, the usage they
        // point at and the time live longer than the call, and the place for the answer is live.
        let done = unsafe {
            CertGetCertificateChain(
                null_mut(),
                leaf.0,
                &raw const at,
                store.0,
                &raw const parameters,
                flags,
                null(),
                &raw mut context,
            )
        };
        if done == 0 || context.is_null() { Err(last_error()) } else { Ok(Self(context)) }
    }

    /// What is wrong with the chain and with each certificate of it.
    fn statuses(&self) -> ChainVerdict {
        // SAFETY: the chain is held by `self` and of this type.
        let context = unsafe { &*self.0 };
        let status = context.TrustStatus.dwErrorStatus;
        let mut elements = Vec::new();
        if context.cChain > 0 {
            // SAFETY: there are `cChain` pointers to simple chains; the first is the hub's.
            let simple = unsafe { &**context.rgpChain };
            // SAFETY: there are `cElement` pointers to elements, which live as long as the chain.
            let all = unsafe { slice::from_raw_parts(simple.rgpElement, simple.cElement as usize) };
            // SAFETY: each points at a live element.
            elements.extend(all.iter().map(|&one| element(unsafe { &*one })));
        }
        ChainVerdict { status, elements, ..ChainVerdict::default() }
    }

    /// What the policy for servers says of the chain, 0 if it has no objection.
    fn policy(&self, host: &str) -> u32 {
        let mut name = wide(host);
        let mut extra = HTTPSPolicyCallbackData {
            dwAuthType: AUTHTYPE_SERVER,
            pwszServerName: name.as_mut_ptr(),
            ..HTTPSPolicyCallbackData::default()
        };
        extra.Anonymous.cbSize = size::<HTTPSPolicyCallbackData>();
        let parameters = CERT_CHAIN_POLICY_PARA {
            cbSize: size::<CERT_CHAIN_POLICY_PARA>(),
            pvExtraPolicyPara: (&raw mut extra).cast::<c_void>(),
            ..CERT_CHAIN_POLICY_PARA::default()
        };
        let mut status = CERT_CHAIN_POLICY_STATUS {
            cbSize: size::<CERT_CHAIN_POLICY_STATUS>(),
            ..CERT_CHAIN_POLICY_STATUS::default()
        };
        // SAFETY: the chain is held by `self`; the parameters, what they point at, the name with
        // its zero, and the place for the answer live longer than the call.
        let done = unsafe {
            CertVerifyCertificateChainPolicy(
                CERT_CHAIN_POLICY_SSL,
                self.0,
                &raw const parameters,
                &raw mut status,
            )
        };
        if done == 0 { last_error() } else { status.dwError }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // SAFETY: the chain came from a call that succeeded and is given back only here.
        unsafe { CertFreeCertificateChain(self.0) };
    }
}

fn element(one: &CERT_CHAIN_ELEMENT) -> ChainElement {
    // SAFETY: an element holds a live certificate, whose bytes are as many as it says.
    let der = unsafe {
        let certificate = &*one.pCertContext;
        slice::from_raw_parts(certificate.pbCertEncoded, certificate.cbCertEncoded as usize)
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, der);
    ChainElement { fingerprint: hex(digest.as_ref()), status: one.TrustStatus.dwErrorStatus }
}

/// Windows counts hundreds of nanoseconds since 1601.
fn file_time(at: Timestamp) -> FILETIME {
    const BEFORE_UNIX: i128 = 116_444_736_000_000_000;
    let ticks = at.0.unix_timestamp_nanos() / 100 + BEFORE_UNIX;
    let ticks = u64::try_from(ticks).unwrap_or(0);
    let halves = ticks.to_be_bytes();
    let half = |at: usize| {
        u32::from_be_bytes([halves[at], halves[at + 1], halves[at + 2], halves[at + 3]])
    };
    FILETIME { dwHighDateTime: half(0), dwLowDateTime: half(4) }
}

#[cfg(test)]
mod tests;
