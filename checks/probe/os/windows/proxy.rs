//! `WinHTTP`: what Windows is told about proxies, and its own evaluation of proxy scripts.

#![expect(unsafe_code, reason = "WinHTTP has no safe binding")]

use std::ffi::c_void;
use std::ptr::null;

use windows_sys::Win32::Foundation::{GetLastError, GlobalFree, SetLastError};
use windows_sys::Win32::Networking::WinHttp::{
    WINHTTP_ACCESS_TYPE_NAMED_PROXY, WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_AUTO_DETECT_TYPE_DHCP,
    WINHTTP_AUTO_DETECT_TYPE_DNS_A, WINHTTP_AUTOPROXY_AUTO_DETECT, WINHTTP_AUTOPROXY_CONFIG_URL,
    WINHTTP_AUTOPROXY_OPTIONS, WINHTTP_CURRENT_USER_IE_PROXY_CONFIG, WINHTTP_PROXY_INFO,
    WinHttpCloseHandle, WinHttpGetDefaultProxyConfiguration, WinHttpGetIEProxyConfigForCurrentUser,
    WinHttpGetProxyForUrl, WinHttpOpen,
};

use super::text::{read, wide};
use crate::{NamedProxies, ScriptFlaw, ScriptSaid, SystemProxies};

/// What the user and the machine are told. `None` if Windows does not say.
pub(crate) fn system_proxies() -> Option<SystemProxies> {
    let mut user = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
    // SAFETY: the pointer is that of a live structure, which the call fills in.
    if unsafe { WinHttpGetIEProxyConfigForCurrentUser(&raw mut user) } == 0 {
        return None;
    }
    // SAFETY: the call succeeded, so each text is null or one that it made for its caller; each
    // is taken once.
    let (script, proxy, bypass) =
        unsafe { (take(user.lpszAutoConfigUrl), take(user.lpszProxy), take(user.lpszProxyBypass)) };
    let user_proxies = NamedProxies { proxy, bypass };
    let machine = machine_proxies().unwrap_or_default();
    Some(SystemProxies { detect: user.fAutoDetect != 0, script, user: user_proxies, machine })
}

fn machine_proxies() -> Option<NamedProxies> {
    let mut info = WINHTTP_PROXY_INFO::default();
    // SAFETY: the pointer is that of a live structure, which the call fills in.
    if unsafe { WinHttpGetDefaultProxyConfiguration(&raw mut info) } == 0 {
        return None;
    }
    // SAFETY: the call succeeded and filled the structure in; it is used once.
    let (access, proxy, bypass) = unsafe { taken(&info) };
    (access == WINHTTP_ACCESS_TYPE_NAMED_PROXY).then_some(NamedProxies { proxy, bypass })
}

/// Has Windows evaluate the script at an address, or one that it finds on the network, for a URL.
/// It loads the script itself, without anybody's name and password. Nothing can end it early.
pub(crate) fn ask_script(script: Option<&str>, url: &str) -> ScriptSaid {
    let Some(session) = Session::open() else { return failed() };
    let (script, url) = (script.map(wide), wide(url));
    let mut options = WINHTTP_AUTOPROXY_OPTIONS {
        dwFlags: WINHTTP_AUTOPROXY_AUTO_DETECT,
        dwAutoDetectFlags: WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A,
        ..WINHTTP_AUTOPROXY_OPTIONS::default()
    };
    if let Some(script) = &script {
        options.dwFlags = WINHTTP_AUTOPROXY_CONFIG_URL;
        options.dwAutoDetectFlags = 0;
        options.lpszAutoConfigUrl = script.as_ptr();
    }
    let mut info = WINHTTP_PROXY_INFO::default();
    // SAFETY: it sets a number of this thread. Wine leaves the number of some older call otherwise.
    unsafe { SetLastError(0) };
    // SAFETY: the session is open; both texts end with a zero and live longer than the call, as do
    // the two structures.
    let done =
        unsafe { WinHttpGetProxyForUrl(session.0, url.as_ptr(), &raw mut options, &raw mut info) };
    if done == 0 {
        return failed();
    }
    // SAFETY: the call succeeded and filled the structure in; it is used once.
    let (access, proxies, _) = unsafe { taken(&info) };
    match (access, proxies) {
        (WINHTTP_ACCESS_TYPE_NO_PROXY, _) => ScriptSaid::Direct,
        (WINHTTP_ACCESS_TYPE_NAMED_PROXY, Some(list)) => ScriptSaid::of_list(&list),
        _ => ScriptSaid::Unreadable,
    }
}

/// The number of the call before.
fn failed() -> ScriptSaid {
    // SAFETY: it takes nothing and reads a number of this thread.
    let code = unsafe { GetLastError() };
    ScriptSaid::Failed { why: ScriptFlaw::of(code), code }
}

/// A session of `WinHTTP` without a proxy, closed when it is dropped.
struct Session(*mut c_void);

impl Session {
    fn open() -> Option<Self> {
        // SAFETY: a session may have no name, no proxy and no exceptions; nothing else is pointed
        // at.
        let handle =
            unsafe { WinHttpOpen(null(), WINHTTP_ACCESS_TYPE_NO_PROXY, null(), null(), 0) };
        (!handle.is_null()).then_some(Self(handle))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the handle was opened by `open`, is closed only here, and no call uses it now.
        unsafe { WinHttpCloseHandle(self.0) };
    }
}

/// The kind of access, the proxies and the exceptions.
///
/// # Safety
/// `info` must have been filled in by a call that succeeded, and nobody may use its texts
/// afterwards.
unsafe fn taken(info: &WINHTTP_PROXY_INFO) -> (u32, Option<String>, Option<String>) {
    // SAFETY: each text is null or one that the call made for its caller; each is taken once.
    unsafe { (info.dwAccessType, take(info.lpszProxy), take(info.lpszProxyBypass)) }
}

/// Copies a text and gives its memory back. `None` for none and for an empty one.
///
/// # Safety
/// `text` must be null or a text that `WinHTTP` made for its caller and that was not given back.
unsafe fn take(text: *mut u16) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: it is a text of `WinHTTP`, which ends with a zero.
    let copy = unsafe { read(text) };
    // SAFETY: its documents say to free it so; the caller does not use it any more.
    unsafe { GlobalFree(text.cast::<c_void>()) };
    Some(copy).filter(|copy| !copy.is_empty())
}

#[cfg(test)]
mod tests;
