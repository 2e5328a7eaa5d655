broken 'Nothing listens on 443; the refusal takes a whole round trip of 40 ms, so the server says no.'
record hub.corp.test A 10.77.2.2
http hub.corp.test 10.77.2.2 80 'return 404;'
link --delay 20
doctor https://hub.corp.test
expect no tcp/refused qlik-admin certain
