broken 'A reverse proxy in front of the hub cuts WebSockets that are silent for two seconds, and the engine needs longer.'
practice_hub engine-mute hub.corp.test 10.77.2.20 443 unnamed
nginx_http='upstream hub { server 10.77.2.20:443; keepalive 1; }'
passed_on hub.corp.test https://hub "${well_passed_on/300s/2s}"
as
doctor https://hub.corp.test
expect no hub/websocket-blocked network likely
