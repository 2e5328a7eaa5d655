broken 'The name does not exist, but a wildcard under the search suffix answers for it.'
search wild.test
record '*.wild.test' A 10.77.2.80
https portal.hotel.test 10.77.2.80 443 'return 200 "parked";'
doctor https://hub.corp.test
expect no dns/false-answers network likely
