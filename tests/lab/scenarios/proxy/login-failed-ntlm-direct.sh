broken 'The proxy wants the login of Windows, which Desktop may have; the direct way is open too.'
squid "$(login_by ntlm)"
hub hub.corp.test
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/login-failed you likely
