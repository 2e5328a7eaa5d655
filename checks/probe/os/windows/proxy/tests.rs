use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use windows_registry::CURRENT_USER;

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
    for script in [page, broken, missing, "http://127.0.0.1:9/proxy.pac".to_owned()] {
        let said = says(&script, "https://hub.corp.test/");
        let ScriptSaid::Failed { why, code } = said else { panic!("{script}: {said:?}") };
        // Which of them it is for which fault differs between releases; programs go on with all.
        assert!(matches!(code, 12166 | 12167 | 12176 | 12177), "{script}: {code} {why:?}");
    }
}

/// Puts a value of the user's settings back when it is dropped.
struct Restored(&'static str);

const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

impl Drop for Restored {
    fn drop(&mut self) {
        let key = CURRENT_USER.create(SETTINGS).expect("the user's settings");
        drop(key.remove_value(self.0));
    }
}

fn way(world: &RealWorld, host: &str) -> String {
    world.proxy_settings().way(Scheme::Https, host, 443).to_string()
}

fn world() -> RealWorld {
    RealWorld::new(WorldOptions::default()).expect("nothing to read")
}

#[tokio::test]
#[ignore = "it changes the user's settings: tests/windows runs it in a Windows of its own"]
async fn the_users_settings_decide_and_those_of_others_are_listed() {
    let key = CURRENT_USER.create(SETTINGS).expect("the user's settings");
    let names = ["ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL"];
    let _restored = names.map(Restored);
    let set = |name, value| key.set_string(name, value).expect("a value is written");
    key.set_u32("ProxyEnable", 1).expect("a value is written");
    set("ProxyServer", "http=plain.test:80;https=secure.test:8080");
    set("ProxyOverride", "*.inside.test;<local>");
    let fixed = world();
    let named = "through the proxy http://secure.test:8080, from Windows user settings";
    assert_eq!(way(&fixed, "hub.corp.test"), named);
    assert_eq!(way(&fixed, "hub.inside.test"), "directly");
    assert_eq!(way(&fixed, "qlik1"), "directly");
    assert_eq!(way(&fixed, "127.0.0.1"), "directly");

    let script = serves("200 OK", PAC, CHOOSES);
    set("AutoConfigURL", &script);
    let by_script = world();
    let open = by_script.proxy_settings().way(Scheme::Https, "hub.corp.test", 443);
    assert!(matches!(open, Way::Undecided { .. }), "{open}");
    let limit = Duration::from_secs(20);
    for host in ["hub.corp.test", "inside.corp.test"] {
        by_script.ask_scripts(Scheme::Https, host, 443, limit).await;
    }
    let told = way(&by_script, "hub.corp.test");
    assert!(told.contains("p1.corp.test:8080"), "{told}");
    assert_eq!(way(&by_script, "inside.corp.test"), "directly");

    set("AutoConfigURL", &serves("200 OK", "text/html", "<html>log in</html>"));
    let useless = world();
    useless.ask_scripts(Scheme::Https, "hub.corp.test", 443, limit).await;
    let settings: ProxySettings = useless.proxy_settings();
    let said = settings.answers.last().map(|answer| &answer.said);
    assert!(said.is_some_and(ScriptSaid::is_of_no_use), "{said:?}");
    assert_eq!(way(&useless, "hub.corp.test"), named, "programs go on with the named proxy");
}

#[test]
#[ignore = "it needs a proxy of the machine: tests/windows sets one in a Windows of its own"]
fn the_machines_proxy_is_read() {
    let settings = world().proxy_settings();
    let machine = settings.settings.iter().find(|one| one.place == ProxyPlace::Machine);
    let told = serde_json::to_string(&machine).expect("plain data");
    assert!(told.contains("machine.test") && told.contains("3128"), "{told}");
    assert_eq!(way(&world(), "hub.corp.test"), "directly", "it is for services");
}
