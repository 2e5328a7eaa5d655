broken 'The engine says that the user logged out.'
practice_hub session-logged-out hub.corp.test
as
doctor https://hub.corp.test
expect no login/authorisation-lapsed you certain
