broken 'A device in front of the hub resets connections that ask for a WebSocket.'
behind hub.corp.test healthy
passed_on hub.corp.test http://10.77.2.20:8080 "$well_passed_on"
filtered_text 'Upgrade: websocket'
doctor https://hub.corp.test
expect no hub/websocket-blocked network likely
