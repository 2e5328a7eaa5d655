broken 'The server, 40 ms away, hangs up as soon as it has accepted, as a balancer without anybody behind it.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 hang-up
link --delay 20
doctor https://hub.corp.test
expect no tls/server-breaks-off qlik-admin likely
