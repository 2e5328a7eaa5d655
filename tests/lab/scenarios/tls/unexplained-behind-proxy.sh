broken 'In the tunnel of a proxy, the only way there is, come bytes of no known protocol.'
squid
record hub.corp.test A 10.77.2.3
raw 443 10.77.2.3 garbage
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no tls/unexplained you certain
