broken 'A firewall near this computer resets every connection to port 443.'
hub qlik1.corp.test 10.77.2.2
hub acme.example.com 198.18.1.2
firewall 'tcp dport 443 reject with tcp reset'
doctor https://qlik1.corp.test https://acme.example.com
expect no across/all-fail-alike network likely
expect_hub 2 no across/all-fail-alike network likely
expect_across across/all-fail-alike network likely
