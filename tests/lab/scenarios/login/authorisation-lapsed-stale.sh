broken 'The hub takes every session for an old one.'
practice_hub session-stale hub.corp.test
as
doctor https://hub.corp.test
expect no login/authorisation-lapsed you likely
