#!/usr/bin/env bash
# One scenario in a lab of its own. `run` starts it in fresh namespaces; all ends with it.
set -euo pipefail

lab=$1 hublink=$2 pki=$3 here=$4 scenario=$5
for words in "$lab"/words/*.sh; do
    # shellcheck source=/dev/null
    . "$words"
done
network
# shellcheck source=/dev/null
. "$scenario"
judge
printf '%s\n' "$what" >"$here/what"
printf '%s\n' "${expectations[@]}" >"$here/expected"
