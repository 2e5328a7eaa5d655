use windows_registry::LOCAL_MACHINE;

use super::*;

/// Writes a rule as administrators' tools do.
fn write(table: &str, rule: &str, names: &[&str], servers: &str) {
    let key = LOCAL_MACHINE.create(format!(r"{table}\{rule}")).expect("a key");
    key.set_multi_string("Name", names).expect("a value is written");
    key.set_string("GenericDNSServers", servers).expect("a value is written");
    key.set_u32("ConfigOptions", 8).expect("a value is written");
}

#[test]
#[ignore = "it writes rules into the registry: tests/windows runs it in a Windows of its own"]
fn the_rules_that_the_registry_holds_are_read() {
    write(RULES[0].0, "{own}", &[".corp.test"], "10.1.0.53; 10.1.0.54");
    write(RULES[1].0, "company", &[".eu.corp.test", "hub.corp.test"], "10.2.0.53");
    let number = |path: &str, name: &str, value| {
        let key = LOCAL_MACHINE.create(path).expect("a key");
        key.set_u32(name, value).expect("a value is written");
    };
    number(PARAMETERS, "EnableAutoDoh", 2);
    number(POLICY, "DoHPolicy", 3);
    let encrypted = format!(r"{SECURE}\{{guid}}\DohInterfaceSettings\Doh\10.9.9.9");
    number(&encrypted, "DohFlags", 1);

    let rules = name_rules();
    let secure = secure_dns();
    for (table, _) in RULES {
        LOCAL_MACHINE.remove_tree(table).expect("the table is taken away");
    }
    LOCAL_MACHINE.remove_tree(SECURE).expect("the adapter's settings are taken away");
    let own = rules.iter().find(|rule| rule.key == "{own}").expect("the own rule");
    assert_eq!((own.by_policy, own.options), (false, Some(8)));
    assert_eq!(own.names, [".corp.test"]);
    assert_eq!(own.servers, addresses("10.1.0.53 10.1.0.54"));
    let policy = rules.iter().find(|rule| rule.by_policy).expect("the rule of the policy");
    assert_eq!(policy.names, [".eu.corp.test", "hub.corp.test"]);
    let secure = secure.expect("a setting");
    assert_eq!((secure.auto, secure.policy), (Some(2), Some(3)));
    assert_eq!(secure.servers, addresses("10.9.9.9"));
    assert!(name_rules().is_empty(), "nothing is left");
}

#[test]
fn nothing_in_the_registry_is_no_fault() {
    // Whatever this Windows holds: reading it neither fails nor takes names for servers.
    for rule in name_rules() {
        assert!(!rule.names.is_empty() || rule.servers.is_empty());
    }
    drop((adapter_domains(), secure_dns()));
}
