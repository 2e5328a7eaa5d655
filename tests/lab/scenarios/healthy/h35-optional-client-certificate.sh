healthy 'The hub asks for a certificate of this computer and does without.'
nginx_http="ssl_client_certificate $pki/ca.crt; ssl_verify_client optional;"
hub hub.corp.test
doctor https://hub.corp.test
expect yes
