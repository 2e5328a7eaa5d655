broken 'The tenant takes no visitor from this address.'
practice_hub cloud-address corp.eu.qlikcloud.com
doctor https://corp.eu.qlikcloud.com
expect no hub/tenant-ip-blocked qlik-admin possible
