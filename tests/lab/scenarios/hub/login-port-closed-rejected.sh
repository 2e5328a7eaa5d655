broken 'The login of the hub is on port 4244, and a firewall resets connections to that port.'
practice_hub second-port hub.corp.test 10.77.2.2 443 4244
firewall 'tcp dport 4244 reject with tcp reset'
doctor https://hub.corp.test
expect no hub/login-port-closed network certain
