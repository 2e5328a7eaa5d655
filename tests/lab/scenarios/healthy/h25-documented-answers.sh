healthy 'The hub answers as documented: no session, 403 from the system information, a login for Windows.'
practice_hub healthy hub.corp.test
doctor https://hub.corp.test
expect yes
