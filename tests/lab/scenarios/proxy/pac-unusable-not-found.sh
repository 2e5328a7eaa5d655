broken 'The host of the proxy script does not exist here; the direct way works.'
hub hub.corp.test
environment auto_proxy=http://pac.corp.test/proxy.pac
doctor https://hub.corp.test
expect yes degrades proxy/pac-unusable
