broken 'The invitation to the tenant has expired.'
site login.qlik.com 'location / { return 200 "please log in"; }' 198.18.1.2
practice_hub invitation-expired corp.eu.qlikcloud.com
with_key
doctor https://corp.eu.qlikcloud.com
expect no login/not-a-tenant-member qlik-admin certain
