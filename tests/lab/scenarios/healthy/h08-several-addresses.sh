healthy 'The name has three addresses, and all answer.'
hub hub.corp.test 10.77.2.2 10.77.2.3 10.77.2.4
doctor https://hub.corp.test
expect yes
