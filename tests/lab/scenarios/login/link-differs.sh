broken 'The hub gives out another link today.'
practice_hub link-moved hub.corp.test
as
doctor "$(link_to https://hub.corp.test hub)"
expect yes degrades login/link-differs
