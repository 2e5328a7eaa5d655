//! Names that lead somewhere else, or nowhere: what only a look at the answers themselves shows.

use hublink::report::Hub;
use hublink_checks::frame::Status;
use hublink_practice::{Answer, Behaviour, Certificate, Port};

use crate::support::{Stage, causes, doctor, short};

fn status(hub: &Hub, check: &str) -> Status {
    hub.checks.iter().find(|one| one.id == check).expect("listed").status
}

/// As behind a start page: one address for every name, and a server there that is not the hub.
#[tokio::test]
async fn a_network_with_one_answer_for_every_name_is_named_and_not_the_certificate() {
    let stage = Stage::start().await;
    let hub = Behaviour::healthy().certificate(Certificate::WrongName);
    let hub = stage.practice.hub("hub", hub).await.expect("a hub");
    for domain in ["practice.test", "invalid"] {
        stage.practice.names().set_zone(domain, Answer::loopback());
    }
    let report = doctor(&stage.world(|_| {}), &[hub.link()], short()).await;
    let seen = &report.hubs[0];
    assert_eq!(causes(seen), ["dns/false-answers"], "only the root cause speaks");
    assert_eq!(seen.verdict.first_broken.as_deref(), Some("dns"));
    assert_eq!(status(seen, "certificate"), Status::Skipped);
}

/// The zone's owner may answer for every name; then the hub's certificate is what it is.
#[tokio::test]
async fn a_wildcard_of_the_zone_is_left_alone() {
    let stage = Stage::start().await;
    let hub = Behaviour::healthy().certificate(Certificate::WrongName);
    let hub = stage.practice.hub("hub", hub).await.expect("a hub");
    stage.practice.names().set_zone("practice.test", Answer::loopback());
    let report = doctor(&stage.world(|_| {}), &[hub.link()], short()).await;
    assert_eq!(status(&report.hubs[0], "dns"), Status::Passed);
    assert_eq!(status(&report.hubs[0], "certificate"), Status::Failed);
}

/// A name filter answers with an address nobody has, here this computer's own.
#[tokio::test]
async fn an_address_no_hub_can_have_is_blamed_on_who_gave_it() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("hub", Behaviour::healthy().port(Port::Refused)).await;
    let hub = hub.expect("a hub");
    let world = stage.world(|options| options.pretend.policy.loopback_allowed = false);
    let report = doctor(&world, &[hub.link()], short()).await;
    assert_eq!(causes(&report.hubs[0]), ["dns/false-answers"]);
    assert_eq!(status(&report.hubs[0], "tcp"), Status::Skipped);
}

/// To a resolver a circle is a failure like any other; asked step by step it shows itself.
#[tokio::test]
async fn a_circle_of_aliases_is_named() {
    let stage = Stage::start().await;
    let names = stage.practice.names();
    for (name, next) in [("one", "two"), ("two", "three"), ("three", "two")] {
        let next = Answer::Alias(format!("{next}.practice.test"));
        names.set(&format!("{name}.practice.test"), next);
    }
    let target = "https://one.practice.test".to_owned();
    let report = doctor(&stage.world(|_| {}), &[target], short()).await;
    assert_eq!(causes(&report.hubs[0]), ["dns/record-broken"]);
}
