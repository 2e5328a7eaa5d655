broken 'A device opens TLS on the way, and nobody here knows it.'
inspected_by_device mitmproxy
hub hub.corp.test
doctor https://hub.corp.test
expect no certificate/intercepted network likely
