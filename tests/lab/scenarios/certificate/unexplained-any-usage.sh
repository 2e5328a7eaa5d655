broken 'The usage of the certificate is "everything": Windows takes that, this tool cannot say.'
leaf_lines='extendedKeyUsage=anyExtendedKeyUsage'
hub_with everything hub.corp.test
doctor https://hub.corp.test
expect unknown certificate/unexplained
