healthy 'The hub offers the Windows login in both of its kinds.'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "${hub_locations/add_header WWW-Authenticate NTLM always;/add_header WWW-Authenticate Negotiate always; add_header WWW-Authenticate NTLM always;}"
doctor https://hub.corp.test
expect yes
