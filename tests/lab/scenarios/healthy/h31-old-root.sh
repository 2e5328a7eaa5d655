healthy "The root in the system's store has signed itself with SHA-1, which nobody checks."
authority old-CA -sha1
https hub.corp.test 10.77.2.2 443 "$hub_locations" company
record hub.corp.test A 10.77.2.2
environment SSL_CERT_FILE="$here/old-CA.crt"
doctor https://hub.corp.test
expect yes
