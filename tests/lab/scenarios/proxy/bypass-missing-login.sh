broken 'The proxy wants a login for the hub inside; the direct way is open.'
accounts anna secret
squid "$(login_by basic)"
hub hub.corp.test
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/bypass-missing network certain
