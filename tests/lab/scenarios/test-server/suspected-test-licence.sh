broken 'All is well, the engine too, and the user says that Desktop refuses: a test server looks like this.'
apache_ntlm hub.corp.test healthy
as "$company_account" "$company_password"
doctor --desktop-refuses "$(link_to https://hub.corp.test hub)"
expect no licence/analyzer-only qlik-admin possible
expect_also test-server/suspected-test-licence qlik-admin possible
