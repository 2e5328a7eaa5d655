broken 'The owner of the API key is no member of the tenant.'
site login.qlik.com 'location / { return 200 "please log in"; }' 198.18.1.2
practice_hub not-a-member corp.eu.qlikcloud.com
with_key
doctor https://corp.eu.qlikcloud.com
expect no login/not-a-tenant-member qlik-admin certain
