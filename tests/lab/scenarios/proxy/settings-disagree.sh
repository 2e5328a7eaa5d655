broken 'Two settings name different proxies; both work.'
squid 'http_port 3129' 'http_access allow all'
hub hub.corp.test
environment HTTPS_PROXY=http://proxy.corp.test:3128 https_proxy=http://proxy.corp.test:3129
doctor https://hub.corp.test
expect yes informs proxy/settings-disagree
