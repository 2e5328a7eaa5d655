world 'Fifty hubs, 20 ms away; the first answer of one takes three seconds.'
hubs 50
late_hub late.corp.test 3
printf 'late.corp.test\n' >>"$here/hubs"
link --delay 10
expected http/slow
programs 'curl -Z' 'hublink preflight' 'hublink doctor' 'verdicts of the healthy' blackbox_exporter
