"""A web filter, as an addon of mitmproxy: it answers every request with its own page."""

from mitmproxy import http

PAGE = b"""<html><head><title>Access denied</title></head><body>
<h1>This page was blocked by the web filter of your company</h1>
<p>Category: business software. Reference 4711.</p></body></html>"""


def request(flow):
    marks = {
        "Content-Type": "text/html",
        "Server": "squid/5.7",
        "Via": "1.1 filter.corp.test (squid/5.7)",
        "X-Squid-Error": "ERR_ACCESS_DENIED 0",
    }
    flow.response = http.Response.make(403, PAGE, marks)
