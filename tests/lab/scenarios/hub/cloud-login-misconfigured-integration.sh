broken 'The web integration of the tenant lacks an origin.'
practice_hub cloud-integration corp.eu.qlikcloud.com
doctor https://corp.eu.qlikcloud.com
expect no hub/cloud-login-misconfigured qlik-admin certain
