broken 'The hub has a private address that stays silent, and the VPN of this computer is off.'
hub hub.corp.test 10.77.3.2
firewall 'ip daddr 10.77.3.0/24 drop'
vpn vpn0 down
doctor https://hub.corp.test
expect no tcp/off-network you likely
