broken 'The form of the hub is blocked for a while.'
practice_hub too-many-attempts hub.corp.test
as
doctor https://hub.corp.test
expect no login/too-many-attempts you likely
