healthy 'The server speaks HTTP/1.0 and closes after each answer; it is Apache.'
apache_hub hub.corp.test
doctor https://hub.corp.test
expect yes
