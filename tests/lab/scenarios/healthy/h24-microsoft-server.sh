healthy 'The server is of another make and says so; it is Apache here, and closes after each answer.'
apache_hub hub.corp.test
doctor https://hub.corp.test
expect yes
