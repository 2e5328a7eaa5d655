broken 'A device opens TLS on the way, and this computer trusts it.'
inspected_by_device mitmproxy
hub hub.corp.test
doctor --ca-file $company.crt https://hub.corp.test
expect yes informs certificate/inspected
