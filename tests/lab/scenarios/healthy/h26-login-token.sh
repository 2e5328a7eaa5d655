healthy 'The hub wants a token for every WebSocket, also from strangers.'
practice_hub login-token hub.corp.test
as
doctor https://hub.corp.test
expect yes
