broken 'The host of the proxy script does not exist here, and nothing listens on the port of the hub.'
record hub.corp.test A 10.77.2.2
environment auto_proxy=http://pac.corp.test/proxy.pac
doctor https://hub.corp.test
expect no tcp/refused qlik-admin likely
