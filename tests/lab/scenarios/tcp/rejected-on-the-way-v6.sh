broken 'A firewall prohibits an IPv6-only hub.'
hub hub.corp.test fd77:2::2
firewall 'tcp dport 443 reject with icmpv6 type admin-prohibited'
link --delay 5
doctor https://hub.corp.test
expect no tcp/rejected-on-the-way network certain
