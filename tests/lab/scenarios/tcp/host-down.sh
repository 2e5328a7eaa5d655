broken 'The hub, a computer of the same network, is switched off.'
record hub.corp.test A 10.77.1.77
doctor https://hub.corp.test
expect no tcp/host-down qlik-admin likely
