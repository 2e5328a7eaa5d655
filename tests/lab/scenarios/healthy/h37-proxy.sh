healthy 'Only a proxy leads to the hub, and it carries what it is given.'
squid
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect yes
