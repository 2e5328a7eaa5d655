broken 'The record of the hub names an address behind a firewall that drops what it does not know.'
record hub.corp.test A 10.77.2.99
firewall 'ip daddr 10.77.2.99 drop'
doctor https://hub.corp.test
expect no tcp/no-answer network certain
