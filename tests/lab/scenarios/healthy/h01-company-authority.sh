healthy "The certificate is of the company's own authority, named as Active Directory does; the system's store holds it."
authority corp-DC1-CA
https hub.corp.test 10.77.2.2 443 "$hub_locations" company
record hub.corp.test A 10.77.2.2
environment SSL_CERT_FILE="$here/corp-DC1-CA.crt"
doctor https://hub.corp.test
expect yes
