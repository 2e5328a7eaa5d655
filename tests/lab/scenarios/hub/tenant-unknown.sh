broken 'There is no tenant of this name.'
practice_hub tenant-unknown nosuch.eu.qlikcloud.com
doctor https://nosuch.eu.qlikcloud.com
expect no hub/tenant-unknown you certain
