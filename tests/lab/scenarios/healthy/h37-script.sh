healthy 'A proxy script is set and in order, and the direct way works too.'
hub hub.corp.test
pac pac.corp.test 'return 200 "function FindProxyForURL(url, host) { return \"DIRECT\"; }";'
environment auto_proxy=http://pac.corp.test/proxy.pac
doctor https://hub.corp.test
expect yes
