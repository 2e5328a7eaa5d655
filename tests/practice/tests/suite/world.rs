//! The world as a whole, and its cases.

use std::net::Ipv4Addr;

use hublink_practice::{Answer, Behaviour, CASES, Certificate, SHOWCASE, World, case, link};
use tokio::net::TcpStream;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::parse_x509_certificate;

use crate::client::{Browser, hub, world};

#[tokio::test]
async fn every_case_starts() {
    let world = world().await;
    for case in CASES {
        let hub = world.case(case).await.expect("loopback has free ports");
        assert!(hub.address().ip().is_loopback());
        assert!(hub.link().starts_with("qliksense://enterpriseurl?action=add&url=http"));
    }
}

#[tokio::test]
async fn ten_hubs_make_a_hubs_ini() {
    let world = world().await;
    let mut hubs = Vec::new();
    for id in SHOWCASE {
        let case = case(id).expect("the showcase names cases");
        hubs.push(world.case(case).await.expect("loopback has free ports"));
    }
    let text = World::hubs_ini(&hubs);
    assert_eq!(text.matches("qliksense://enterpriseurl?").count(), 10);
    assert!(text.starts_with("[healthy]\r\nlink=qliksense://"));
}

#[tokio::test]
async fn a_link_carries_name_port_and_path() {
    let world = world().await;
    let hub = hub(&world, "finance", Behaviour::healthy().link_path("/vp")).await;
    let url = format!("https://finance.practice.test:{}/vp", hub.address().port());
    assert_eq!((hub.url(), hub.link()), (url.clone(), link::make(&url, "finance")));
}

#[tokio::test]
async fn the_missing_intermediate_can_be_fetched() {
    let world = world().await;
    let behaviour = Behaviour::healthy().certificate(Certificate::ChainIncomplete);
    let hub = hub(&world, "incomplete", behaviour).await;
    assert_eq!(hub.chain().len(), 1);
    let url = issuer_url(&hub.chain()[0]);
    let (host, port) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.strip_suffix("/intermediate.cer"))
        .and_then(|authority| authority.split_once(':'))
        .expect("host and port");
    assert_eq!(host, "pki.practice.test");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse().expect("a port")))
        .await
        .expect("the port is open");
    let got = fetch(&mut stream).await;
    assert!(got.ends_with(&world.pki().intermediate_der()));
}

fn issuer_url(der: &[u8]) -> String {
    let (_, certificate) = parse_x509_certificate(der).expect("a certificate");
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => access.accessdescs.first(),
            _ => None,
        })
        .map(|description| match description.access_location {
            GeneralName::URI(uri) => uri.to_owned(),
            ref other => panic!("not an address: {other:?}"),
        })
        .expect("the leaf says where its issuer is")
}

async fn fetch(stream: &mut TcpStream) -> Vec<u8> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let request = b"GET /intermediate.cer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.expect("connected");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an orderly end");
    answer
}

#[tokio::test]
async fn other_addresses_of_this_computer_can_be_used() {
    let world = world().await;
    let second = Ipv4Addr::new(127, 0, 0, 2).into();
    let hub = world.hub_at("second", second, Behaviour::healthy()).await;
    let hub = hub.expect("all of 127/8 is this computer");
    assert_eq!(hub.address().ip(), second);
    world.names().set("second.practice.test", Answer::NoData);
    let mut browser = Browser::https(&world, &hub).await;
    browser.get("/", &[]).await;
}

#[tokio::test]
async fn the_end_of_the_world_is_the_end_of_its_hubs() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    drop(world);
    // The task ends at its next turn, and the listener with it.
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(hub.address()).await.is_err());
}
