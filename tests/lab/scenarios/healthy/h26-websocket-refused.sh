healthy 'The hub refuses a WebSocket without its token, as it does since 2024.'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "location ~ ^/app/ { return 403; } $hub_locations"
doctor https://hub.corp.test
expect yes
