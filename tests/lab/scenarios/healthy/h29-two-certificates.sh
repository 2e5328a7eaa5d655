healthy 'The hub has two certificates, one with an RSA and one with an elliptic key, and picks one for each visitor.'
record hub.corp.test A 10.77.2.2
rsa=$(certificate rsa hub.corp.test)
https hub.corp.test 10.77.2.2 443 "ssl_certificate $rsa; ssl_certificate_key $rsa; $hub_locations"
doctor https://hub.corp.test
expect yes
