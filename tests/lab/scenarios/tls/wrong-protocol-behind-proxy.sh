broken 'Behind a proxy that carries another hub, the hub answers with bytes of no known protocol.'
squid
record hub.corp.test A 10.77.2.3
raw 443 10.77.2.3 garbage
hub other.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test https://other.corp.test
expect no tls/wrong-protocol qlik-admin likely
expect_hub 2 yes
