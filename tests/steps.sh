# What tests/run and tests/windows share: telling what came of a step, and the surroundings that it needs.
# To be sourced, with `scratch` naming a folder of the script's own.

summary=()
failures=0

# --- telling ---------------------------------------------------------------------------------

say() { printf '\n== %s\n' "$*"; }

left_out() {
    summary+=("left out  $1: $2")
    printf '\n== left out: %s: %s\n' "$1" "$2"
}

# ended NAME STATUS BEGUN: notes how a step ended.
ended() {
    if (($2 == 0)); then
        summary+=("passed    $1 ($((SECONDS - $3)) s)")
    else
        summary+=("FAILED    $1 (exit $2, $((SECONDS - $3)) s)")
        failures=$((failures + 1))
    fi
}

# step NAME COMMAND…: runs it, notes how it ended, and goes on whatever happened.
step() {
    local name=$1 begun=$SECONDS status=0
    shift
    say "$name"
    "$@" || status=$?
    ended "$name" "$status" "$begun"
}

finish() {
    printf '\n== summary\n'
    printf '%s\n' "${summary[@]}"
    if ((failures > 0)); then
        printf '%s failed\n' "$failures"
        exit 1
    fi
    exit 0
}

# --- the surroundings ------------------------------------------------------------------------

# plain COMMAND…: without the settings of this machine that would reach into the tests. Only the
# tests run so: downloading may well need a proxy.
plain() {
    local name unset=()
    for name in SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE \
        HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY \
        http_proxy https_proxy all_proxy ftp_proxy no_proxy \
        HUBLINK_HUBS HUBLINK_PASSWORD HUBLINK_API_KEY UPDATE_DOCS; do
        unset+=(-u "$name")
    done
    env "${unset[@]}" "$@"
}

there() { command -v "$1" >/dev/null || [[ -e $1 ]]; }

# need COMMAND:PACKAGE…: true if all these commands (or files, by their path) are there, if need be
# after installing the packages, in one go.
need() {
    local pair missing=()
    for pair; do there "${pair%%:*}" || missing+=("${pair#*:}"); done
    ((${#missing[@]} > 0)) || return 0
    ((EUID == 0)) && command -v apt-get >/dev/null || return 1
    say "installing ${missing[*]}"
    install "${missing[@]}" || { apt_get update && install "${missing[@]}"; } || one_by_one "${missing[@]}"
    for pair; do there "${pair%%:*}" || { tail -n 5 "$scratch/apt.log" >&2; return 1; }; done
}

# A package that this system does not have must not keep the others out.
one_by_one() {
    local package
    for package; do install "$package" || printf '   %s cannot be installed here\n' "$package"; done
}

# A folder of its own for what is downloaded: on some machines every use of dpkg empties the usual
# one, also under the feet of another installation. Servers that come along are not started.
apt_get() {
    mkdir -p "$scratch/archives/partial"
    DEBIAN_FRONTEND=noninteractive apt-get -o Dir::Cache::archives="$scratch/archives" \
        -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$scratch/apt.log" 2>&1
}

install() {
    local policy=/usr/sbin/policy-rc.d ours='' status=0
    if [[ ! -e $policy ]]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    apt_get install -y --no-install-recommends "$@" || status=$?
    [[ -z $ours ]] || rm -f "$policy"
    return "$status"
}
