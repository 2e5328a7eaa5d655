broken 'The tenant does not know the API key.'
site login.qlik.com 'location / { return 200 "please log in"; }' 198.18.1.2
practice_hub key-rejected corp.eu.qlikcloud.com
with_key
doctor https://corp.eu.qlikcloud.com
expect unknown
expect_also login/key-rejected you certain
