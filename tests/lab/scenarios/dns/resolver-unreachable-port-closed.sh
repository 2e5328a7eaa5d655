broken 'The name server does not run: its port is closed.'
without_names
address 10.77.2.53
link --delay 2
doctor https://hub.corp.test
expect no dns/resolver-unreachable network certain
