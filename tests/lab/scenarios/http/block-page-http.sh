broken 'The link says http, and a web filter on the way answers with its page.'
hub hub.corp.test
http hub.corp.test 10.77.2.2 80 "${hub_locations//https:/http:}"
inspected_by_device other --scripts "$lab/tools/filter.py"
doctor http://hub.corp.test
expect no http/block-page network likely
