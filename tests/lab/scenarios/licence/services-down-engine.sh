broken 'The engine behind the hub does not answer.'
practice_hub engine-broken hub.corp.test
as
doctor https://hub.corp.test
expect no licence/services-down qlik-admin certain
