broken 'The tenant refuses to come back to its own page.'
practice_hub cloud-returnto corp.eu.qlikcloud.com
doctor https://corp.eu.qlikcloud.com
expect no hub/cloud-login-misconfigured qlik-admin certain
