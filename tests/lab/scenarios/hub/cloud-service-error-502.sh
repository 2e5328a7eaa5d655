broken 'Qlik Cloud answers with an error of its own.'
practice_hub cloud-bad-gateway corp.eu.qlikcloud.com
doctor https://corp.eu.qlikcloud.com
expect no hub/cloud-service-error qlik likely
