broken 'The proxy wants a login of the kind Digest, and none is set.'
accounts anna secret
squid "$(login_by digest)"
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/login-failed you certain
