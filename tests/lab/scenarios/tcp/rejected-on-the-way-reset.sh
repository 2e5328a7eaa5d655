broken 'A firewall near the client forges a reset: it comes at once, the hub is 40 ms away.'
hub hub.corp.test
http hub.corp.test 10.77.2.2 80 'return 404;'
firewall 'tcp dport 443 reject with tcp reset'
link_behind --delay 20
doctor https://hub.corp.test
expect no tcp/rejected-on-the-way network likely
