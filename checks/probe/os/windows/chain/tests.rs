use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use time::OffsetDateTime;
use windows_sys::Win32::Security::Cryptography::{
    CERT_STORE_PROV_SYSTEM_W, CERT_SYSTEM_STORE_CURRENT_USER, CertDeleteCertificateFromStore,
};

use super::*;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn named(name: &str) -> CertificateParams {
    let mut made = CertificateParams::default();
    made.distinguished_name.push(DnType::CommonName, name);
    made
}

fn authority(name: &str) -> CertificateParams {
    let mut made = named(name);
    made.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    made
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn root(name: &str) -> Issuer {
    Issuer::self_signed(authority(name), key()).expect("a root")
}

fn below(name: &str, issuer: &Issuer) -> Issuer {
    Issuer::signed_by(authority(name), key(), issuer).expect("an issuer")
}

/// The certificate of `hub.corp.test`, valid from and to so many days from now.
fn leaf(issuer: &Issuer, from: i64, to: i64) -> Vec<u8> {
    let mut made = CertificateParams::new(vec!["hub.corp.test".to_owned()]).expect("a name");
    made.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = OffsetDateTime::now_utc();
    (made.not_before, made.not_after) =
        (now + time::Duration::days(from), now + time::Duration::days(to));
    made.signed_by(&key(), issuer).expect("a certificate").der().to_vec()
}

fn seen(chain: &[Vec<u8>], host: &str, revocation: bool) -> ChainVerdict {
    let at = Timestamp(OffsetDateTime::now_utc());
    let fetch = revocation.then_some(Duration::from_secs(1));
    chain_verdict(chain, host, ChainHow { at, revocation, fetch })
}

#[test]
fn a_root_that_nobody_knows_is_told_from_a_missing_issuer() {
    let root = root("Root nobody installed");
    let between = below("Between", &root);
    let leaf = leaf(&between, -1, 30);
    let whole = [leaf.clone(), between.der().to_vec(), root.der().to_vec()];
    let verdict = seen(&whole, "hub.corp.test", false);
    assert!(verdict.refuses() && !verdict.is_partial(), "{}", verdict.words());
    assert_eq!(verdict.status & 0x20, 0x20, "{}", verdict.words());
    assert_eq!(verdict.elements.len(), 3);
    let alone = seen(&[leaf], "hub.corp.test", false);
    assert!(alone.refuses() && alone.is_partial(), "{}", alone.words());
}

#[test]
fn what_is_no_certificate_is_no_chain() {
    let verdict = seen(&[vec![1, 2, 3]], "hub.corp.test", false);
    assert!(verdict.not_built.is_some(), "{verdict:?}");
    assert!(seen(&[], "hub.corp.test", false).not_built.is_some());
}

#[test]
fn times_of_windows_begin_in_1601() {
    let at = file_time(Timestamp(OffsetDateTime::UNIX_EPOCH));
    let ticks = (u64::from(at.dwHighDateTime) << 32) | u64::from(at.dwLowDateTime);
    assert_eq!(ticks, 116_444_736_000_000_000);
}

fn users_roots() -> Store {
    let name = wide("ROOT");
    // SAFETY: the provider takes the name of a store, which ends with a zero and is live.
    let handle = unsafe {
        let name = name.as_ptr().cast();
        CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, name)
    };
    assert!(!handle.is_null(), "the user's store of roots");
    Store(handle)
}

/// A root in the user's store, taken out again when it is dropped. Wine writes the store down only
/// when it is closed.
struct Installed(Vec<u8>);

impl Installed {
    fn new(der: &[u8]) -> Self {
        drop(Leaf(users_roots().add(der).expect("the root is added")));
        Self(der.to_vec())
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let store = users_roots();
        let root = store.add(&self.0).expect("the root is found");
        // SAFETY: the certificate is of this store, which is still open; deleting gives it back.
        unsafe { CertDeleteCertificateFromStore(root) };
    }
}

#[test]
#[ignore = "it changes the user's roots: tests/windows runs it in a Windows of its own"]
fn each_fault_below_a_trusted_root_has_its_number() {
    let root = root("Root of hublink's tests");
    let between = below("Between", &root);
    let chain = |from, to| vec![leaf(&between, from, to), between.der().to_vec()];
    // Before anything is judged: who judges has read the store by then.
    let _installed = Installed::new(root.der());
    let good = chain(-1, 30);
    let verdict = seen(&good, "hub.corp.test", false);
    assert!(verdict.accepts() && verdict.status == 0, "{}", verdict.words());
    let wrong_name = seen(&good, "other.corp.test", false);
    assert_eq!(wrong_name.policy, 0x800b_010f, "{}", wrong_name.words());
    assert!(wrong_name.refuses());
    let expired = seen(&chain(-30, -1), "hub.corp.test", false);
    assert!(expired.refuses() && expired.status & 1 == 1, "{}", expired.words());
    assert_eq!(expired.policy, 0x800b_0101, "{}", expired.words());
    let partial = seen(&good[..1], "hub.corp.test", false);
    assert!(partial.refuses() && partial.is_partial(), "{}", partial.words());
    // Nobody says anything of revocation here. Windows and wine have different numbers for that;
    // neither may count as a refusal.
    let asked = seen(&good, "hub.corp.test", true);
    assert!(!asked.is_revoked() && !asked.knows_revocation(), "{}", asked.words());
    assert!(asked.accepts(), "{}", asked.words());
}
