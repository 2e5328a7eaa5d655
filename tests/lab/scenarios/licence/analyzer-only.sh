broken 'All is well, the engine too, and the user says that Desktop refuses.'
samba_ntlm hub.corp.test healthy
as "$company_account" "$company_password"
doctor --desktop-refuses https://hub.corp.test
expect no licence/analyzer-only qlik-admin possible
