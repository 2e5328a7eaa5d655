broken 'The name server outside does not know the name, and the VPN of this computer is off.'
vpn vpn0 down
doctor https://hub.corp.test
expect no dns/inside-name-only you likely
