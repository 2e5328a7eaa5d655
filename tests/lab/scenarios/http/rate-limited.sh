broken 'The hub answers, and its login page says that it got too many requests.'
site hub.corp.test "${hub_locations/add_header WWW-Authenticate NTLM always; return 401;/return 429;}"
doctor https://hub.corp.test
expect yes degrades http/rate-limited
