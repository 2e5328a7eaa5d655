broken 'The server has one old method only (CBC), which this tool does not have and Desktop may.'
record hub.corp.test A 10.77.2.2
tls_server hub.corp.test 10.77.2.2 443 -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA
doctor https://hub.corp.test
expect unknown tls/no-common-cipher
