broken 'The proxy sends noise in the tunnels it opens; past it the hub answers.'
hub hub.corp.test
record proxy.corp.test A 10.77.2.80
raw 3128 10.77.2.80 babble
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/bypass-missing network likely
