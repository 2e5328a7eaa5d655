broken 'The licence of the user is being set up.'
practice_hub licence-syncing hub.corp.test
as
doctor https://hub.corp.test
expect no licence/still-syncing you certain
