broken 'The hub answers with bytes of no known protocol, through the proxy as past it.'
squid
record hub.corp.test A 10.77.2.3
raw 443 10.77.2.3 garbage
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no tls/wrong-protocol qlik-admin likely
