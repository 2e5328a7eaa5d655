broken 'Every connection ends after the request, without an answer.'
site hub.corp.test 'return 444;'
doctor https://hub.corp.test
expect no http/cut-off network likely
