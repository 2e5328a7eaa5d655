broken 'The system looks names up in its files only, although its name server knows the hub.'
hub hub.corp.test
nsswitch 'hosts: files'
doctor https://hub.corp.test
expect no dns/os-lookup-differs you likely
