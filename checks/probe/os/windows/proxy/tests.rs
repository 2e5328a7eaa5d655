use std::io::{Read, Write};
use std::net::TcpListener;
use std::ptr::null_mut;
use std::time::Duration;

use windows_registry::{CURRENT_USER, Type};
use windows_sys::Win32::Networking::WinHttp::WinHttpSetDefaultProxyConfiguration;

use super::*;
use crate::{ProxyPlace, ProxySettings, RealWorld, Scheme, Way, World, WorldOptions};

/// A server on this computer that answers every request with this, for as long as the tests run.
fn serves(status: &'static str, kind: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            drop(connection.read(&mut [0; 4096]));
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            );
            drop(connection.write_all(answer.as_bytes()));
        }
    });
    format!("http://127.0.0.1:{port}/proxy.pac")
}

fn says(script: &str, url: &str) -> ScriptSaid {
    ask_script(Some(script), url)
}

const PAC: &str = "application/x-ns-proxy-autoconfig";

const CHOOSES: &str = r#"function FindProxyForURL(url, host) {
    if (host == "inside.corp.test") return "DIRECT";
    if (dnsDomainIs(host, ".corp.test")) return "PROXY p1.corp.test:8080; PROXY p2.corp.test:8081";
    return "PROXY out.corp.test:3128; DIRECT";
}"#;

#[test]
fn a_script_is_evaluated_for_each_address() {
    let script = serves("200 OK", PAC, CHOOSES);
    let of = |url: &str| match says(&script, url) {
        ScriptSaid::Through { proxies } => proxies[0].to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(of("https://hub.corp.test/"), "http://p1.corp.test:8080");
    assert_eq!(of("https://tenant.test/"), "http://out.corp.test:3128");
    assert_eq!(says(&script, "https://inside.corp.test/"), ScriptSaid::Direct);
}

#[test]
fn what_is_no_script_is_told_by_a_number() {
    let page = serves("200 OK", "text/html", "<html><body>please log in</body></html>");
    let broken = serves("200 OK", PAC, "function FindProxyForURL(url, host) { return \"DIRECT\"");
    let missing = serves("404 Not Found", "text/html", "<html>no such page</html>");
    let unreachable = "http://127.0.0.1:9/proxy.pac".to_owned();
    let all = [("page", page), ("broken", broken), ("missing", missing), ("nobody", unreachable)];
    for (name, script) in all {
        let said = says(&script, "https://hub.corp.test/");
        let ScriptSaid::Failed { why, code } = said else { panic!("{name}: {said:?}") };
        // Which number stands for which fault was not seen on a real Windows; wine has none for
        // some and leaves the number of another call.
        assert_eq!(why, ScriptFlaw::of(code), "{name}");
        assert_ne!(code, 12180, "{name}: nothing had to be found on the network");
    }
}

const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";
const ALL: &str = "DefaultConnectionSettings";

/// The user's settings, taken away again when they are dropped.
struct Set;

impl Set {
    /// Writes them as Windows does: a number for the form, a counter, what is switched on, and
    /// three texts, each with its length before it.
    fn new(proxy: &str, bypass: &str, script: &str) -> Self {
        const FORM: u32 = 0x46;
        const DIRECT_AND_PROXY: u32 = 1 | 2;
        const SCRIPT: u32 = 4;
        let on = DIRECT_AND_PROXY | if script.is_empty() { 0 } else { SCRIPT };
        let mut bytes: Vec<u8> = [FORM, 1, on].into_iter().flat_map(u32::to_le_bytes).collect();
        for text in [proxy, bypass, script] {
            bytes.extend(u32::try_from(text.len()).expect("a short text").to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend([0; 32]);
        let key = CURRENT_USER.create(SETTINGS).expect("the user's settings");
        key.set_bytes(ALL, Type::Bytes, &bytes).expect("a value is written");
        Self
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        let key = CURRENT_USER.create(SETTINGS).expect("the user's settings");
        drop(key.remove_value(ALL));
    }
}

fn way(world: &RealWorld, host: &str) -> String {
    world.proxy_settings().way(Scheme::Https, host, 443).to_string()
}

fn world() -> RealWorld {
    RealWorld::new(WorldOptions::default()).expect("nothing to read")
}

/// Where nothing is found on the network, the next setting decides.
async fn asked(host: &str) -> RealWorld {
    let world = world();
    world.ask_scripts(Scheme::Https, host, 443, Duration::from_secs(20)).await;
    world
}

#[tokio::test]
#[ignore = "it changes the user's settings: tests/windows runs it in a Windows of its own"]
async fn the_users_settings_decide_and_those_of_others_are_listed() {
    let (proxy, bypass) = ("http=plain.test:80;https=secure.test:8080", "*.inside.test;<local>");
    let set = Set::new(proxy, bypass, "");
    let fixed = asked("hub.corp.test").await;
    let named = "through the proxy http://secure.test:8080, from Windows user settings";
    let told = fixed.proxy_settings().settings;
    let other = told.iter().find(|one| one.place == ProxyPlace::Environment);
    assert!(other.expect("https_proxy, which tests/windows sets").others_only);
    assert_eq!(way(&fixed, "hub.corp.test"), named);
    assert_eq!(way(&asked("hub.inside.test").await, "hub.inside.test"), "directly");
    assert_eq!(way(&asked("qlik1").await, "qlik1"), "directly");
    assert_eq!(way(&fixed, "127.0.0.1"), "directly");

    let script = serves("200 OK", PAC, CHOOSES);
    drop(set);
    let set = Set::new(proxy, bypass, &script);
    let by_script = world();
    let open = by_script.proxy_settings().way(Scheme::Https, "hub.corp.test", 443);
    assert!(matches!(open, Way::Undecided { .. }), "{open}");
    let told = way(&asked("hub.corp.test").await, "hub.corp.test");
    assert!(told.contains("p1.corp.test:8080"), "{told}");
    assert_eq!(way(&asked("inside.corp.test").await, "inside.corp.test"), "directly");

    drop(set);
    let _set = Set::new(proxy, bypass, &serves("404 Not Found", "text/html", "<html>none</html>"));
    let useless = asked("hub.corp.test").await;
    let settings: ProxySettings = useless.proxy_settings();
    let said = settings.answers.last().map(|answer| &answer.said);
    assert!(matches!(said, Some(ScriptSaid::Failed { .. })), "{said:?}");
    // Without a number nothing is said of it. Wine has none for this fault.
    if said.is_some_and(ScriptSaid::is_of_no_use) {
        assert_eq!(way(&useless, "hub.corp.test"), named, "programs go on with the named proxy");
    }
}

fn set_machine(access: u32, proxy: &str, bypass: &str) {
    let (mut proxy, mut bypass) = (wide(proxy), wide(bypass));
    let named = access == WINHTTP_ACCESS_TYPE_NAMED_PROXY;
    let text = |text: &mut Vec<u16>| if named { text.as_mut_ptr() } else { null_mut() };
    let mut info = WINHTTP_PROXY_INFO {
        dwAccessType: access,
        lpszProxy: text(&mut proxy),
        lpszProxyBypass: text(&mut bypass),
    };
    // SAFETY: the structure is live, and its texts are none or end with a zero and are live.
    let done = unsafe { WinHttpSetDefaultProxyConfiguration(&raw mut info) };
    assert_ne!(done, 0, "the setting is written");
}

#[tokio::test]
#[ignore = "it changes the machine's settings: tests/windows runs it in a Windows of its own"]
async fn the_machines_proxy_is_read_and_not_followed() {
    set_machine(WINHTTP_ACCESS_TYPE_NAMED_PROXY, "machine.test:3128", "*.inside.test;<local>");
    let settings = world().proxy_settings();
    let way = way(&asked("hub.corp.test").await, "hub.corp.test");
    set_machine(WINHTTP_ACCESS_TYPE_NO_PROXY, "", "");
    let is_machine = |place| place == ProxyPlace::Machine;
    let machine = settings.settings.iter().find(|one| is_machine(one.place)).expect("a proxy");
    assert!(machine.others_only);
    let by_it = settings.way_by(machine, "hub.corp.test", 443);
    assert_eq!(by_it.proxy().map(ToString::to_string).as_deref(), Some("http://machine.test:3128"));
    assert_eq!(settings.way_by(machine, "hub.inside.test", 443), Way::Direct);
    assert_eq!(way, "directly", "it is for services");
}
