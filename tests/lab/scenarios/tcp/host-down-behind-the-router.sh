broken 'The hub, a computer behind the router, is switched off.'
record hub.corp.test A 10.77.2.99
link --delay 2
doctor https://hub.corp.test
expect no tcp/host-down qlik-admin likely
