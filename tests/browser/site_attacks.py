"""Attacks on the pages, each of which must fail: forged requests, frames, stolen tokens, markup in names, and redirects."""

import http.server
import threading
import urllib.request

from driver import PASSWORD, send_request, wait_for
from site_operator import open_account

EMAIL = "victim@shop.example"
SCRIPTS = ("<script>window.attacked=1</script>", "<img src=x onerror=window.attacked=1>", "<svg/onload=window.attacked=1>",
           "javascript:window.attacked=1", "\"><b onmouseover=window.attacked=1>", "{{7*7}}${7*7}", "'-alert(1)-'")


class AttackerSite:
    """Another origin on the same host. For a browser it is the same site, so even strict cookies come with its requests."""

    def __init__(self):
        pages = self.pages = {}
        webhooks = self.webhooks = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = pages.get(self.path, "<h1>attacker</h1>").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                """Also receives the webhooks of the tests."""
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                webhooks.append((self.path, dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                """Keeps the output of the tests free of requests."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


FORGE = """
const [base, done] = arguments;
const send = (method, path, type, body) => fetch(base + path, {
  method, mode: type ? 'no-cors' : 'cors', credentials: 'include', headers: type ? { 'Content-Type': type } : {}, body,
}).then(() => 'sent', () => 'refused');
(async () => [
  await send('POST', '/auth/logout', 'text/plain', ''),
  await send('POST', '/auth/logout', 'text/plain', '{}'),
  await send('POST', '/v1.0/customer/export', 'text/plain', ''),
  await send('POST', '/v1.0/customer/webhook/rotate', 'application/x-www-form-urlencoded', ''),
  await send('POST', '/auth/unregister', 'text/plain', '{"confirmation_phrase": "DELETE"}'),
  await send('POST', '/v1.0/accesskeys', 'text/plain', '{"name": "forged"}'),
  await send('PUT', '/v1.0/customer', null, '{"name": "forged"}'),
  await send('DELETE', '/auth/unregister', null, null),
])().then(done, error => done(String(error)));
"""


def forged_requests(site, attacker):
    """A page of another origin sends several kinds of requests with the victim's cookie. None has an effect."""
    browser = site.browser
    browser.send("url", {"url": f"{attacker.base}/"})
    browser.run_script(FORGE, site.base)
    attacker.pages["/form"] = f'<h1>form</h1><form method="post" action="{site.base}/auth/logout"><button>go</button></form>'
    browser.send("url", {"url": f"{attacker.base}/form"})
    browser.click("button")
    wait_for("the refusal", lambda: "CROSS_ORIGIN_REQUEST" in browser.send("source"))
    # The session is alive, and nothing was written.
    site.open("/account", f"Hello, {EMAIL}")
    site.open("/account/audit", "Audit log")
    for word in ("Signed out", "Export started", "Webhook secret", "Access key created", "frozen", "forged"):
        assert word not in site.text(), word


def login_with_foreign_credentials(site, service, attacker):
    """A page of another origin cannot sign the visitor in to the attacker's account."""
    script = """
    const [url, body, done] = arguments;
    fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'Content-Type': 'text/plain' }, body })
      .then(() => fetch(url, { method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body }))
      .then(() => done('answered'), () => done('refused'));"""
    site.browser.send("url", {"url": f"{attacker.base}/"})
    body = f'{{"username": "admin@localhost", "password": "{PASSWORD}"}}'
    assert site.browser.run_script(script, f"{service.base}/auth/login", body) == "refused"
    site.open("/account", f"Hello, {EMAIL}")


def frames(site, attacker):
    """No other page can show these pages in a frame, and so trick the visitor into a click."""
    browser = site.browser
    for path in ("/account", "/account/close", "/console"):
        attacker.pages["/frame"] = f'<h1>frame</h1><iframe src="{site.base}{path}"></iframe>'
        browser.send("url", {"url": f"{attacker.base}/frame"})
        wait_for("the refusal", lambda: any("frame-ancestors" in message for message in browser.logged_errors()))


def tokens(site):
    """No script can read the session: it is in a cookie that only the browser sees."""
    stored = site.storage()
    assert stored["cookies"] == "" and stored["session"] == {} and stored["databases"] == [], stored
    assert set(stored["local"]) <= {"language"}, stored
    cookies = site.browser.send("cookie")
    session = next(it for it in cookies if it["name"] == "__Host-token")
    assert session["httpOnly"] and session["secure"] and session["sameSite"] == "Strict" and session["path"] == "/", session
    globals_of_page = site.browser.run_script(
        "arguments[0](Object.keys(window).filter(name => /eyJ/.test(String(window[name]))))")
    assert globals_of_page == [], globals_of_page


def markup_in_names(site, service):
    """Fields of an account have markup, and every page opened here shows it as text."""
    owner = service.sign_in(EMAIL)
    every = " ".join(SCRIPTS)
    account = {"name": every, "detail": every, "address": every, "phone_number": every}
    requests = [
        ("PUT", "/v1.0/customer", account),
        ("POST", "/v1.0/tags", {"name": every}),
        ("POST", "/v1.0/accesskeys", {"name": every, "detail": every}),
        ("POST", "/v1.0/agents", {"username": "<script>attacked=1</script>", "password": PASSWORD, "name": every}),
        ("POST", "/v1.0/customer/webhook/test", {}),
    ]
    for method, path, body in requests:
        status, response = send_request(f"{service.base}{path}", body, method, owner)
        assert status in (200, 409), response
    admin = service.sign_in("admin@localhost")
    customer_id = send_request(f"{service.base}/v1.0/customer", token=owner)[1]["id"]
    hold = {"reason": every, "reference": "<b>ref</b>", "reason_is_visible": True}
    assert send_request(f"{service.base}/v1.0/customers/{customer_id}/hold", hold, "PUT", admin)[0] == 200
    reason = "<script>window.attacked=1</script> in a reason"
    assert service.post("/auth/delegate", {"customer_id": customer_id, "reason": reason}, admin)[0] == 200
    pages = [(path, None) for path in ("/account", "/account/profile", "/account/keys", "/account/agents", "/account/audit",
                                       "/account/webhook", "/account/usage", "/account/export", "/account/close")]
    for path, _ in pages:
        site.browser.send("url", {"url": f"{site.base}{path}"})
        wait_for(path, lambda: site.heading() and site.count("main[aria-busy]") == 0)
        assert_harmless(site, path)
    site.sign_out()
    site.sign_in("/console", "admin@localhost", PASSWORD, "Dashboard")
    for path in ("/console", "/console/accounts", f"/console/accounts/{customer_id}"):
        site.browser.send("url", {"url": f"{site.base}{path}"})
        wait_for(path, lambda: site.heading() and site.count("main[aria-busy]") == 0)
        assert_harmless(site, path)
    site.sign_out()


def assert_harmless(site, path):
    script = """arguments[0]({
      attacked: window.attacked ?? null,
      elements: document.querySelectorAll('body script, main img, main b, svg[onload], [onmouseover], a[href^="javascript"]').length,
    })"""
    found = site.browser.run_script(script)
    assert found == {"attacked": None, "elements": 0}, (path, found)
    errors = site.browser.logged_errors()
    assert errors == [], (path, errors)


def redirects(site):
    """No path and no parameter of the pages leads to another site."""
    paths = ["/account//evil.example", "/account/https://evil.example", "/account?next=https://evil.example", "/account/%2f%2fevil.example",
             "/account#//evil.example", "/account?return=//evil.example#https://evil.example", "/console//evil.example/x"]
    for path in paths:
        site.browser.send("url", {"url": f"{site.base}{path}"})
        wait_for(path, lambda: site.heading() and site.count("main[aria-busy]") == 0)
        url = site.browser.send("url")
        assert url.startswith(f"{site.base}/"), (path, url)
        hosts = site.browser.run_script("arguments[0]([...document.querySelectorAll('a[href]')].map(a => new URL(a.href).host))")
        assert not any("evil" in host for host in hosts), (path, hosts)


def headers(site):
    """The server sends the page and its script with the right headers, and the HTML has no inline style and one script."""
    with urllib.request.urlopen(f"{site.base}/account") as response:
        policy, html = response.headers["Content-Security-Policy"], response.read().decode()
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "no-cache" in response.headers["Cache-Control"]
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
                 "form-action 'none'", "require-trusted-types-for 'script'"):
        assert rule in policy, (rule, policy)
    assert "unsafe" not in policy and "<style" not in html and "style=" not in html and html.count("<script") == 1, html
    script = html.split('src="')[1].split('"')[0]
    request = urllib.request.Request(f"{site.base}{script}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def run(site, service, attacker):
    open_account(service, EMAIL, "Victim")
    headers(site)
    redirects(site)
    site.sign_in("/account", EMAIL, PASSWORD, f"Hello, {EMAIL}")
    tokens(site)
    forged_requests(site, attacker)
    login_with_foreign_credentials(site, service, attacker)
    frames(site, attacker)
    site.open("/account", f"Hello, {EMAIL}")
    # The browser logs every attack that it has stopped.
    site.browser.logged_errors()
    markup_in_names(site, service)
