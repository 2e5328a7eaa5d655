healthy 'A proxy is set and does not work, but the hub is on the list of exceptions.'
hub hub.corp.test
environment HTTPS_PROXY=http://proxy.corp.test:3128 NO_PROXY=localhost,.corp.test
doctor https://hub.corp.test
expect yes
