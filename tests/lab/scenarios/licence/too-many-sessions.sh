broken 'Five sessions of the user are open already.'
practice_hub too-many-sessions hub.corp.test
as
doctor https://hub.corp.test
expect no licence/too-many-sessions you likely
