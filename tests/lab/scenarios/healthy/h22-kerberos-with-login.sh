healthy 'The same with an account: this tool has no Kerberos here, which is said and is no fault.'
apache_kerberos hub.corp.test healthy
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect unknown
counted 'attempts at Apache' 0 "$(third_messages)"
