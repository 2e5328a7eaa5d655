broken 'The server has so little room for a request that even a small one is too large.'
nginx_http='client_header_buffer_size 64; connection_pool_size 128; large_client_header_buffers 1 128;'
hub hub.corp.test
doctor https://hub.corp.test
expect no http/header-too-large qlik-admin likely
