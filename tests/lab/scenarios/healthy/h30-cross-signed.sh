healthy 'The root was certified by an older one too, which nobody trusts and whose signature ran out; the server sends that.'
issuing 'Corp Issuing'
above=("$company.crt" "$(also_by other -1)")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect yes
