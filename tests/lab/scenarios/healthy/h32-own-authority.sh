healthy "The hub's certificate is its own authority and stands in the system's store."
authority_usage=keyCertSign,digitalSignature authority hub.corp.test -addext subjectAltName=DNS:hub.corp.test
cat "$here/hub.corp.test.crt" "$here/hub.corp.test.key" >"$here/both.pem"
record hub.corp.test A 10.77.2.2
server 10.77.2.2 '443 ssl' hub.corp.test "ssl_certificate $here/both.pem; ssl_certificate_key $here/both.pem; $hub_locations"
environment SSL_CERT_FILE="$here/hub.corp.test.crt"
doctor https://hub.corp.test
expect yes
