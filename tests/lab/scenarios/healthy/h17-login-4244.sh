healthy 'An older hub: the login has a port of its own, 4244, and takes the account there.'
practice_hub login-second-port hub.corp.test 10.77.2.2 443 4244
as
doctor https://hub.corp.test
expect yes
