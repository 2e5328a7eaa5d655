broken 'A firewall resets port 443 to every hub, whichever network it is in.'
hub sales.corp.test 10.77.2.2
hub stock.corp.test 10.77.3.2
firewall 'tcp dport 443 reject with tcp reset'
doctor https://sales.corp.test https://stock.corp.test
expect_across across/all-fail-alike network likely
