broken 'A firewall near this computer resets every connection to port 443.'
hub qlik1.corp.test 10.77.2.2
hub qlik2.corp.test 10.77.3.2
firewall 'tcp dport 443 reject with tcp reset'
doctor https://qlik1.corp.test https://qlik2.corp.test
expect no across/all-fail-alike network likely
expect_hub 2 no across/all-fail-alike network likely
expect_across across/all-fail-alike network likely
