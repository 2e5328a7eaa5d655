healthy 'The API key of a member, at Qlik Cloud.'
site login.qlik.com 'location / { return 200 "please log in"; }' 198.18.1.2
practice_hub login-cloud corp.eu.qlikcloud.com
with_key
doctor https://corp.eu.qlikcloud.com
expect yes
counted 'keys sent' 2 "$(attempts_at corp.eu.qlikcloud.com)"
