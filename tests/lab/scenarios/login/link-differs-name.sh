broken 'The hub gives out the link under another name.'
practice_hub link-renamed hub.corp.test
as
doctor "$(link_to https://hub.corp.test hub)"
expect yes informs login/link-differs
