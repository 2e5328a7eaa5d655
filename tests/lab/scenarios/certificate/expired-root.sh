broken 'The root in the store of this computer ran out.'
needs faketime
authority_at='-9 years' authority 'Corp Root'
hub_with company hub.corp.test
doctor --ca-file "$company.crt" https://hub.corp.test
expect no certificate/expired qlik-admin likely
