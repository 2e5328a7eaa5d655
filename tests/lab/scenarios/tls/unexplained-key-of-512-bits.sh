broken 'The key of the server is an RSA key of 512 bits, which is too short to sign a handshake of today.'
weak_bits=512
hub_locations+=' ssl_ciphers DEFAULT@SECLEVEL=0;'
hub_with weak hub.corp.test
doctor https://hub.corp.test
expect unknown tls/unexplained
