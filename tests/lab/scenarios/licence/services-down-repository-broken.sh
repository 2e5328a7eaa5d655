broken 'The repository behind the hub does not answer.'
practice_hub repository-broken hub.corp.test
as
doctor https://hub.corp.test
expect no licence/services-down qlik-admin certain
