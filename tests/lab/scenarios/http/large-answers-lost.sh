broken 'Packets of more than 1300 bytes vanish on the way: small answers arrive, pages do not.'
waits
pages=$(page hub.html 200000)
site hub.corp.test "location = / { return 301 /hub/; } location = /hub/ { root $pages; try_files /hub.html =404; }"
link --delay 5 --mtu 1300
doctor https://hub.corp.test
expect no http/large-answers-lost network certain
