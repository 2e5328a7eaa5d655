broken 'Outside, the name is an alias of a name that only the inside name servers know; the VPN is off.'
vpn vpn0 down
record hub.corp.test CNAME qlik.corp.internal.
doctor https://hub.corp.test
expect no dns/inside-name-only you likely
