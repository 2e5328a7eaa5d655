broken 'The hub takes the login under the name in the link, and refuses its WebSocket.'
practice_hub socket-not-allowed hub.corp.test
as
doctor https://hub.corp.test
expect no hub/not-in-allow-list qlik-admin likely
