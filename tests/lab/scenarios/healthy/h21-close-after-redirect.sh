healthy 'The hub closes the connection after each answer.'
nginx_http='keepalive_timeout 0;'
hub hub.corp.test
doctor https://hub.corp.test
expect yes
