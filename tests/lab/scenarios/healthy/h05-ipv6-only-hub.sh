healthy 'The hub has an IPv6 address only, and this computer has IPv6.'
hub hub.corp.test fd77:2::2
doctor https://hub.corp.test
expect yes
