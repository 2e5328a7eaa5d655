# What the program says, searched for what nobody may read in it.

# told ARGUMENT…: runs the program in every format and on a terminal, and keeps all it says, its
# reports, and what others see of it while it runs (its arguments).
told() {
    local format
    mkdir -p "$here/told"
    export "${environment[@]}"
    for format in human json ndjson markdown html junit nagios openmetrics; do
        watched "$format" --format "$format" --verbose --report "$here/told/$format.report" "$@"
    done
    watched quiet --quiet "$@"
    needs script
    printf '%q ' "$hublink" doctor --ca-file "$pki/ca.crt" "${login[@]}" --verbose --logout "$@" >"$here/typed"
    at_the_client script --quiet --return --command "$(cat "$here/typed")" "$here/told/terminal" \
        </dev/null >/dev/null 2>&1 || true
}

# watched NAME ARGUMENT…
watched() {
    local name=$1 program pid
    shift
    at_the_client "$hublink" doctor --ca-file "$pki/ca.crt" "${login[@]}" "$@" \
        >"$here/told/$name.out" 2>"$here/told/$name.err" &
    program=$!
    while kill -0 "$program" 2>/dev/null; do
        for pid in /proc/[0-9]*; do
            [ "$(readlink "$pid/exe" 2>/dev/null)" != "$hublink" ] || tr '\0' ' ' <"$pid/cmdline" >>"$here/told/$name.argv" 2>/dev/null || true
        done
        sleep 0.1
    done
    wait "$program" || true
}

# secrets_of NAME SECRET…: what that practice hub gave out and was sent, and these. Of long ones their
# beginning, because a report may cut them. Also as forms, JSON and HTML write them.
secrets_of() {
    local name=$1 secret
    shift
    {
        sed -n 's/^secret //p' "$here/practice-$name.log" | cut -c1-48
        for secret; do
            printf '%s' "$secret" | python3 -c '
import base64, html, json, sys, urllib.parse
text = sys.stdin.buffer.read().decode()
for one in (text, urllib.parse.quote_plus(text), urllib.parse.quote(text), json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text),
            base64.b64encode(text.encode()).decode().rstrip("=")):
    print(one)'
        done
    } | sort -u >"$here/secrets"
}

# hits: in how many files of what was told one of the secrets stands.
hits() { grep -rlaF -f "$here/secrets" "$here/told" | wc -l; }
