healthy 'The first answer takes eight seconds, because the service has just been started; the next come at once.'
late_hub hub.corp.test 8 first
doctor https://hub.corp.test
expect yes informs http/slow
