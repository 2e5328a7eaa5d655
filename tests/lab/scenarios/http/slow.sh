broken 'Every answer of the hub takes more than five seconds.'
late_hub hub.corp.test 6
doctor https://hub.corp.test
expect yes degrades http/slow
