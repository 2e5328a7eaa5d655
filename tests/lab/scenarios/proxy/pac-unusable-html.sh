broken 'In place of the proxy script comes a web page; the direct way is closed.'
hub hub.corp.test
pac pac.corp.test 'return 200 "<html><body>Moved to the new intranet.</body></html>";'
firewall 'tcp dport 443 drop'
environment auto_proxy=http://pac.corp.test/proxy.pac
doctor https://hub.corp.test
expect no proxy/pac-unusable network certain
