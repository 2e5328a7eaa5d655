broken 'Behind a proxy that carries another hub, the hub closes every connection once it is greeted.'
squid
record hub.corp.test A 10.77.2.3
raw 443 10.77.2.3 end
hub other.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test https://other.corp.test
expect no tls/server-breaks-off qlik-admin possible
expect_hub 2 yes
