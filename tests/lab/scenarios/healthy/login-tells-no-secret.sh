healthy 'What the program says of a login, in every format, on a terminal and in its arguments, has nothing secret in it.'
practice_hub login-windows hub.corp.test
as
doctor https://hub.corp.test
told https://hub.corp.test
secrets_of hub.corp.test "$practice_password"
expect yes
counted 'attempts' 11 "$(attempts_at hub.corp.test)"
counted 'files with a secret' 0 "$(hits)"
counted 'files searched' 35 "$(find "$here/told" -type f -size +0 | wc -l)"
counted 'more than 60 secrets searched for' yes "$([ "$(wc -l <"$here/secrets")" -gt 60 ] && echo yes)"
