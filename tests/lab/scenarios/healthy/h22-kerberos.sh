healthy 'The hub takes tickets of Kerberos alone (MIT), which a browser of the company has.'
apache_kerberos hub.corp.test healthy
doctor https://hub.corp.test
expect yes
counted 'answer to a client with a ticket' 302 "$(kerberos_status 'https://hub.corp.test/internal_windows_authentication/?targetId=1')"
