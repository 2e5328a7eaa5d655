broken 'The administrator has not set up the link for Desktop.'
practice_hub link-empty hub.corp.test
as
doctor "$(link_to https://hub.corp.test hub)"
expect yes informs login/link-not-generated
