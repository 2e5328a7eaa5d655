healthy 'The proxy wants a password (Basic), and the right one is set.'
accounts anna secret
squid "$(login_by basic)"
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://anna:secret@proxy.corp.test:3128
doctor https://hub.corp.test
expect yes
