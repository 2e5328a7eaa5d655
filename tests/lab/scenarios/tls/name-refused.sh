broken 'The server refuses the name of the link and serves others.'
record hub.corp.test A 10.77.2.2
https other.corp.test 10.77.2.2 443 "$hub_locations"
server 10.77.2.2 '443 ssl' hub.corp.test 'ssl_reject_handshake on;'
doctor https://hub.corp.test
expect no tls/name-refused qlik-admin certain
