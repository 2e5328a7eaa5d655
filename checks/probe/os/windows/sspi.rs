//! SSPI: the login packages of Windows, for the signed-on user and for a named one.

#![expect(unsafe_code, reason = "SSPI has no safe binding")]

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::Arc;

use windows_sys::Win32::Foundation::{SEC_E_INVALID_TOKEN, SEC_E_OK, SEC_I_CONTINUE_NEEDED};
use windows_sys::Win32::Security::Authentication::Identity::{
    AcquireCredentialsHandleW, DeleteSecurityContext, FreeCredentialsHandle, GetUserNameExW,
    InitializeSecurityContextW, NameSamCompatible, SEC_CHANNEL_BINDINGS,
    SECBUFFER_CHANNEL_BINDINGS, SECBUFFER_TOKEN, SECBUFFER_VERSION, SECPKG_CRED_OUTBOUND,
    SECURITY_NATIVE_DREP, SecBuffer, SecBufferDesc,
};
use windows_sys::Win32::Security::Credentials::SecHandle;
use windows_sys::Win32::System::Rpc::{SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_W};
use zeroize::Zeroizing;

use super::text::wide;
use crate::LoginPackage;
use crate::login::{Account, Mechanism, Packages, Stuck, Wish};

/// No delegation, and nothing else that the packages do only when asked: the flags of Chromium.
const NO_FLAGS: u32 = 0;

const INVALID_TOKEN: u32 = SEC_E_INVALID_TOKEN.cast_unsigned();

/// The longest message. Windows limits a ticket with all groups of its user to 65,535 bytes
/// (`MaxTokenSize`).
const MESSAGE_LIMIT: u32 = 64 * 1024;

/// The longest name that is asked for, in UTF-16 units: a domain and a user of 256 each.
const NAME_LIMIT: u32 = 600;

/// What Windows has to log in with.
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(crate) fn login_packages() -> Option<Arc<dyn Packages>> {
    Some(Arc::new(Sspi))
}

/// Who is signed on, as `DOMAIN\user`; the domain of a local account is the computer's name.
pub(crate) fn signed_on_user() -> Option<String> {
    let mut name = [0; NAME_LIMIT as usize];
    let mut length = NAME_LIMIT;
    // SAFETY: pointer and length are those of a live array, and nothing is written past them.
    let told = unsafe { GetUserNameExW(NameSamCompatible, name.as_mut_ptr(), &raw mut length) };
    let name = name.get(..length as usize).filter(|name| told && !name.is_empty())?;
    String::from_utf16(name).ok()
}

struct Sspi;

impl Packages for Sspi {
    fn begin(&self, wish: &Wish) -> Result<Box<dyn Mechanism>, u32> {
        let credentials = Credentials::of(wish.package, wish.account.as_deref())?;
        Ok(Box::new(Conversation {
            context: None,
            credentials,
            target: wide(&wish.target),
            binding: wish.binding.as_deref().map(Binding::of),
        }))
    }
}

/// One login, from the first message to the last.
struct Conversation {
    /// Dropped before the credentials it was made with.
    context: Option<Context>,
    credentials: Credentials,
    target: Vec<u16>,
    binding: Option<Binding>,
}

impl Mechanism for Conversation {
    fn step(&mut self, answer: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, Stuck> {
        let said = self.say(answer, true);
        match said {
            // Wine takes whatever comes with a first call for an answer. Its NTLM can do without:
            // the first message is bound to nothing.
            Err(Stuck::Refused(INVALID_TOKEN)) if answer.is_none() && self.binding.is_some() => {
                self.say(None, false)
            }
            said => said,
        }
    }
}

impl Conversation {
    fn say(&mut self, answer: Option<&[u8]>, bound: bool) -> Result<Zeroizing<Vec<u8>>, Stuck> {
        let mut heard = answer.map(<[u8]>::to_vec);
        let mut given = Vec::with_capacity(2);
        if let Some(heard) = &mut heard {
            // An answer came in one header, which is far shorter.
            let length = u32::try_from(heard.len()).map_err(|_| Stuck::NotTheProtocol)?;
            given.push(buffer(SECBUFFER_TOKEN, heard.as_mut_ptr().cast(), length));
        }
        if let Some(Binding { bytes, length }) = self.binding.as_mut().filter(|_| bound) {
            given.push(buffer(SECBUFFER_CHANNEL_BINDINGS, bytes.as_mut_ptr().cast(), *length));
        }
        let mut said = Zeroizing::new(vec![0_u8; MESSAGE_LIMIT as usize]);
        let mut to_say = [buffer(SECBUFFER_TOKEN, said.as_mut_ptr().cast(), MESSAGE_LIMIT)];
        let (input, mut output) = (list(&mut given), list(&mut to_say));
        let (mut next, mut attributes, mut expiry) = (SecHandle::default(), 0, 0);
        let before = self.context.as_ref().map_or(null(), |context| &raw const context.0);
        // SAFETY: the handles are open as long as `self` lives; target and buffers are live, with
        // their own lengths, and the target ends with zero. The new handle has a place of its own.
        let status = unsafe {
            InitializeSecurityContextW(
                &raw const self.credentials.0,
                before,
                self.target.as_ptr(),
                NO_FLAGS,
                0,
                SECURITY_NATIVE_DREP,
                if given.is_empty() { null() } else { &raw const input },
                0,
                &raw mut next,
                &raw mut output,
                &raw mut attributes,
                &raw mut expiry,
            )
        };
        if status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED {
            return Err(Stuck::Refused(status.cast_unsigned()));
        }
        self.keep(next);
        said.truncate(to_say[0].cbBuffer as usize);
        Ok(said)
    }

    /// Keeps the context for the next step. The first step makes it; the later ones may name it
    /// anew, and then the old name is no handle any more.
    fn keep(&mut self, next: SecHandle) {
        match &mut self.context {
            Some(context) => context.0 = next,
            None => self.context = Some(Context(next)),
        }
    }
}

/// A handle of what a user logs in with.
struct Credentials(SecHandle);

impl Credentials {
    fn of(package: LoginPackage, account: Option<&Account>) -> Result<Self, u32> {
        let package = wide(match package {
            LoginPackage::Kerberos => "Kerberos",
            LoginPackage::Negotiate => "Negotiate",
            LoginPackage::Ntlm => "NTLM",
        });
        let mut identity = account.map(Identity::of);
        let told = identity.as_mut().map(Identity::told);
        let told = told.as_ref().map_or(null(), |told| std::ptr::from_ref(told).cast::<c_void>());
        let (mut handle, mut expiry) = (SecHandle::default(), 0);
        // SAFETY: the package's name ends with zero; the identity and its texts are live until
        // the call is over, which copies them; without one the signed-on user is meant.
        let status = unsafe {
            AcquireCredentialsHandleW(
                null(),
                package.as_ptr(),
                SECPKG_CRED_OUTBOUND,
                null(),
                told,
                None,
                null(),
                &raw mut handle,
                &raw mut expiry,
            )
        };
        if status == SEC_E_OK { Ok(Self(handle)) } else { Err(status.cast_unsigned()) }
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        // SAFETY: the handle was given to us, and this is the only place that gives it back.
        unsafe { FreeCredentialsHandle(&raw const self.0) };
    }
}

/// A handle of a conversation under way.
struct Context(SecHandle);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the handle was given to us, and this is the only place that gives it back.
        unsafe { DeleteSecurityContext(&raw const self.0) };
    }
}

/// The texts of an account, which are overwritten when they are dropped.
struct Identity {
    user: Zeroizing<Vec<u16>>,
    domain: Zeroizing<Vec<u16>>,
    password: Zeroizing<Vec<u16>>,
}

impl Identity {
    /// `DOMAIN\user` is taken apart; `user@dns.domain` and a bare user stay whole.
    fn of(account: &Account) -> Self {
        let (domain, user) = account.user.split_once('\\').unwrap_or(("", &account.user));
        Self {
            user: Zeroizing::new(units(user)),
            domain: Zeroizing::new(units(domain)),
            password: Zeroizing::new(units(account.password.expose())),
        }
    }

    /// The structure that the system reads. It points into this one.
    fn told(&mut self) -> SEC_WINNT_AUTH_IDENTITY_W {
        // The command line bounds all three.
        let length = |text: &[u16]| u32::try_from(text.len()).unwrap_or_default();
        let no_domain = self.domain.is_empty();
        SEC_WINNT_AUTH_IDENTITY_W {
            UserLength: length(&self.user),
            User: self.user.as_mut_ptr(),
            DomainLength: length(&self.domain),
            Domain: if no_domain { null_mut() } else { self.domain.as_mut_ptr() },
            PasswordLength: length(&self.password),
            Password: self.password.as_mut_ptr(),
            Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
        }
    }
}

/// `SEC_CHANNEL_BINDINGS` and the data it points to, in one piece.
struct Binding {
    /// In words, so that the structure in front is aligned.
    bytes: Vec<u32>,
    length: u32,
}

impl Binding {
    fn of(end_point: &[u8]) -> Self {
        const HEAD: usize = size_of::<SEC_CHANNEL_BINDINGS>();
        // "tls-server-end-point:" and a hash.
        let data = u32::try_from(end_point.len()).unwrap_or_default();
        let head = u32::try_from(HEAD).unwrap_or_default();
        let mut bytes = vec![0; (HEAD + end_point.len()).div_ceil(size_of::<u32>())];
        // The fields from the start: three of each side, which stay empty, then length and place
        // of the data.
        (bytes[6], bytes[7]) = (data, head);
        for (at, octet) in end_point.iter().enumerate() {
            bytes[HEAD / 4 + at / 4] |= u32::from(*octet) << (8 * (at % 4));
        }
        Self { bytes, length: head + data }
    }
}

fn buffer(kind: u32, at: *mut c_void, length: u32) -> SecBuffer {
    SecBuffer { cbBuffer: length, BufferType: kind, pvBuffer: at }
}

fn list(buffers: &mut [SecBuffer]) -> SecBufferDesc {
    SecBufferDesc {
        ulVersion: SECBUFFER_VERSION,
        // One or two.
        cBuffers: u32::try_from(buffers.len()).unwrap_or_default(),
        pBuffers: buffers.as_mut_ptr(),
    }
}

fn units(text: &str) -> Vec<u16> {
    // Room for everything at once: growing would leave a copy behind.
    let mut units = Vec::with_capacity(text.len() + 1);
    units.extend(text.encode_utf16());
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn a_binding_is_a_head_and_the_data_behind_it() {
        let Binding { bytes, length } = Binding::of(b"tls-server-end-point:ABC");
        let octets: Vec<u8> = bytes.iter().flat_map(|word| word.to_le_bytes()).collect();
        assert_eq!(length, 56);
        assert_eq!(&octets[..24], &[0; 24]);
        assert_eq!(&octets[24..32], &[24, 0, 0, 0, 32, 0, 0, 0]);
        assert_eq!(&octets[32..56], b"tls-server-end-point:ABC");
    }

    #[test]
    fn an_account_is_taken_apart_at_its_domain_alone() {
        for (typed, domain, user) in [
            (r"CORP\alice", "CORP", "alice"),
            ("alice@corp.test", "", "alice@corp.test"),
            ("alice", "", "alice"),
        ] {
            let password = Secret::new("p\u{e4}ss".to_owned()).expect("short enough");
            let mut identity = Identity::of(&Account { user: typed.to_owned(), password });
            assert_eq!(*identity.user, units(user), "{typed}");
            assert_eq!(*identity.domain, units(domain), "{typed}");
            let told = identity.told();
            assert_eq!(told.Domain.is_null(), domain.is_empty(), "{typed}");
            assert_eq!(told.PasswordLength, 4);
        }
    }

    #[test]
    fn somebody_is_signed_on() {
        let user = signed_on_user().expect("a name");
        assert!(user.contains('\\'), "{user}");
    }

    #[test]
    fn a_conversation_begins_with_what_proves_nobody() {
        let password = Secret::new("Wander-Weg_73".to_owned()).expect("short enough");
        let account = Account { user: r"CORP\alice".to_owned(), password };
        let wish = Wish {
            package: LoginPackage::Ntlm,
            account: Some(Arc::new(account)),
            target: "HTTP/hub.corp.test".to_owned(),
            binding: Some(b"tls-server-end-point:ABC".to_vec()),
        };
        match Sspi.begin(&wish) {
            Ok(mut conversation) => {
                let first = conversation.step(None).expect("a message");
                assert!(first.starts_with(b"NTLMSSP\0\x01\0\0\0"), "{first:?}");
                let refused = conversation.step(Some(b"no challenge"));
                assert!(matches!(refused, Err(Stuck::Refused(0x8009_0300..))), "{refused:?}");
            }
            // Wine has no packages without the helper of Samba.
            Err(status) => assert_eq!(status, 0x8009_0305),
        }
    }
}
