broken 'The proxy wants the login of Windows (NTLM): Desktop may pass where this tool cannot.'
squid "$(login_by ntlm)"
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/login-failed you likely
