broken 'A reverse proxy in front of the hub does not pass WebSockets on.'
practice_behind healthy hub.corp.test
doctor https://hub.corp.test
expect no hub/websocket-blocked network likely
