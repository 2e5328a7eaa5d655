broken 'The certificate signed itself.'
hub_with self hub.corp.test
doctor https://hub.corp.test
expect no certificate/untrusted-issuer network certain
