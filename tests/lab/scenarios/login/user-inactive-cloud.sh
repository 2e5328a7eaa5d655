broken 'The tenant has switched the user off.'
site login.qlik.com 'location / { return 200 "please log in"; }' 198.18.1.2
practice_hub tenant-user-disabled corp.eu.qlikcloud.com
with_key
doctor https://corp.eu.qlikcloud.com
expect no login/user-inactive qlik-admin certain
