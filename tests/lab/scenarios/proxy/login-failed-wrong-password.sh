broken 'The proxy wants a password (Basic), and the one that is set is wrong.'
accounts anna secret
squid "$(login_by basic)"
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://anna:guess@proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/login-failed you certain
