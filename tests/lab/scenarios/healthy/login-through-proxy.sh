healthy 'The login passes the proxy of the company.'
squid
apache_ntlm hub.corp.test healthy
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect yes
counted 'attempts at Apache' 1 "$(third_messages)"
