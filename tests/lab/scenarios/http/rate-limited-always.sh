broken 'The server says to every request that it got too many.'
site hub.corp.test 'add_header Retry-After 120 always; return 429;'
doctor https://hub.corp.test
expect unknown http/rate-limited
