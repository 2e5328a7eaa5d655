#!/usr/bin/env bash
# Makes a domain of Active Directory with Samba and packs it into a file. Its home is a fixed place
# below /run, which every world of the lab has for itself.
#
#   domain.sh FILE
set -euo pipefail

home=/run/lab-samba
mount -t tmpfs tmpfs /run
ip link set lo up
hostname dc1
tool() { samba-tool "$@" --configfile="$home/etc/smb.conf"; }

samba-tool domain provision --targetdir="$home" --realm=AD.CORP.TEST --domain=CORP --host-name=dc1 \
    --host-ip=10.77.2.30 --server-role=dc --dns-backend=NONE --adminpass='Aufstieg-7&Talfahrt' \
    --option='vfs objects=dfs_samba4 acl_xattr xattr_tdb' --use-rfc2307
sed -i -e '/dns forwarder/d' -e '/^\[global\]/a\
	interfaces = 10.77.2.30\
	bind interfaces only = yes\
	server services = rpc, ldap, cldap, kdc, winbindd\
	log level = 1\
	tls enabled = no\
	ntlm auth = ntlmv2-only' "$home/etc/smb.conf"
tool domain passwordsettings set --complexity=off --account-lockout-threshold=3 >/dev/null
for user in alice dora erik mia lars; do
    tool user create "$user" 'Wander-Weg_73' >/dev/null
done
tool user disable dora
tool user setexpiry erik --days=-2 >/dev/null
tool user setpassword mia --newpassword='Wander-Weg_73' --must-change-at-next-login >/dev/null
tar -C /run -cf "$1" lab-samba
