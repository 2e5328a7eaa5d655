broken 'The identity provider of the tenant is set up wrongly.'
practice_hub cloud-provider corp.eu.qlikcloud.com
doctor https://corp.eu.qlikcloud.com
expect no hub/cloud-login-misconfigured qlik-admin certain
