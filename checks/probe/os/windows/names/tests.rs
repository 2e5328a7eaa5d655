use super::*;

#[test]
#[ignore = "it needs rules in the registry: tests/windows sets them in a Windows of its own"]
fn the_rules_that_the_registry_holds_are_read() {
    let rules = name_rules();
    let own = rules.iter().find(|rule| rule.names == [".corp.test"]).expect("the own rule");
    let servers: Vec<IpAddr> = addresses("10.1.0.53 10.1.0.54");
    assert_eq!((&own.servers, own.by_policy, own.options), (&servers, false, Some(8)));
    let policy = rules.iter().find(|rule| rule.by_policy).expect("the rule of the policy");
    assert_eq!(policy.names, [".eu.corp.test", "hub.corp.test"]);
    let secure = secure_dns().expect("a setting");
    assert_eq!((secure.auto, secure.policy), (Some(2), Some(3)));
}

#[test]
fn nothing_in_the_registry_is_no_fault() {
    // Whatever this Windows holds: reading it neither fails nor takes names for servers.
    for rule in name_rules() {
        assert!(!rule.names.is_empty() || rule.servers.is_empty());
    }
    drop((adapter_domains(), secure_dns()));
}
