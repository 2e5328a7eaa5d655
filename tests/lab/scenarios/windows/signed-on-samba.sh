healthy 'The same, and the domain controller of the company knows the user.'
samba_ntlm hub.corp.test healthy
signed_on
doctor https://hub.corp.test
expect yes
counted 'attempts at Samba' 1 "$(attempts_at_front samba)"
