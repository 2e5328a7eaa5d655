healthy 'A load balancer (HAProxy) asks for a certificate of this computer and does without.'
haproxy_hub hub.corp.test "ca-file $pki/ca.crt verify optional"
doctor https://hub.corp.test
expect yes
