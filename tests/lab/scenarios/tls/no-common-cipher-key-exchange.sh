broken 'The server has methods without forward secrecy only (RSA key exchange).'
record hub.corp.test A 10.77.2.2
tls_server_kind=rsa tls_server hub.corp.test 10.77.2.2 443 -tls1_2 -cipher AES128-GCM-SHA256
doctor https://hub.corp.test
expect unknown tls/no-common-cipher
