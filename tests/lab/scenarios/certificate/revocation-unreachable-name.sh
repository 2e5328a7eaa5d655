broken 'The name of the responder leads nowhere from here.'
leaf_lines='authorityInfoAccess=OCSP;URI:http://ocsp.corp.test/'
hub hub.corp.test
doctor https://hub.corp.test
expect yes degrades certificate/revocation-unreachable
