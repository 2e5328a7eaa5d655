broken 'The setting cannot be read: its port does not exist.'
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:99999
doctor https://hub.corp.test
expect no proxy/unusable network likely
