broken 'The Qlik proxy service does not run: nothing listens.'
record hub.corp.test A 10.77.2.2
doctor https://hub.corp.test
expect no tcp/refused qlik-admin likely
