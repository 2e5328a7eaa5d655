broken 'The engine says that the session was closed.'
practice_hub session-closed hub.corp.test
as
doctor https://hub.corp.test
expect no login/authorisation-lapsed you certain
