broken 'The engine says that the session timed out.'
practice_hub session-timed-out hub.corp.test
as
doctor https://hub.corp.test
expect no login/authorisation-lapsed you certain
