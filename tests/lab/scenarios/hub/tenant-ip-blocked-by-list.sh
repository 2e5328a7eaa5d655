broken 'The tenant takes visitors from listed addresses alone; nginx keeps the list.'
site corp.eu.qlikcloud.com 'location / { allow 10.99.0.0/16; deny all; root /nonexistent; }'
doctor https://corp.eu.qlikcloud.com
expect no hub/tenant-ip-blocked qlik-admin possible
