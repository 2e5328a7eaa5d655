broken 'The server, 40 ms away, ends every connection after the greeting.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 end
link --delay 20
doctor https://hub.corp.test
expect no tls/server-breaks-off qlik-admin likely
