"""Reads the reference of the API: every page, its links, and a page that does not exist."""

from driver import send_request

PAGES = {"": "API reference", "/auth": "Signing up and signing in", "/queues": "Queues", "/customer": "The account",
         "/webhook-payloads": "Webhook payloads"}
RESOURCES = "arguments[0](performance.getEntriesByType('resource').map(entry => entry.name))"
# Opens everything that is closed, so that axe-core checks it.
OPEN_ALL = "document.querySelectorAll('details').forEach(it => { it.open = true; }); arguments[0](true)"
FOCUSED = "arguments[0](document.activeElement.textContent)"
BROKEN_LINKS = """
const anchors = [...document.querySelectorAll('main a[href^="#"]')].map(link => link.getAttribute('href').slice(1));
arguments[0](anchors.filter(anchor => !document.getElementById(anchor)))"""
TAB = "\ue004"


def run(site, service):
    document = send_request(f"{service.base}/openapi.json")[1]
    for path, heading in PAGES.items():
        site.open(f"/docs{path}", heading)
        site.browser.run_script(OPEN_ALL)
        site.show(f"docs{path.replace('/', '-')}")
        require_own_files(site, service)
    require_every_page(site, document)
    use_by_keyboard(site)
    site.open("/docs/nonsense", "This page does not exist")
    site.browser.logged_errors()
    site.press("All operations")
    site.wait_for_heading("API reference")


def require_own_files(site, service):
    """The page loads its files, such as its style sheet and its icon, from the service only."""
    loaded = site.browser.run_script(RESOURCES)
    assert loaded and all(url.startswith(f"{service.base}/") for url in loaded), loaded


def require_every_page(site, document):
    """Each tag has a page with all of its operations, and nothing in it is wider than the narrowest window."""
    for tag in document["tags"]:
        site.open(f"/docs/{tag['name']}", tag["x-displayName"])
        site.browser.run_script(OPEN_ALL)
        site.require_no_overflow(tag["name"])
        assert site.browser.run_script(BROKEN_LINKS) == [], tag
        operations = [it for item in document["paths"].values() for it in item.values()
                      if isinstance(it, dict) and it["tags"] == [tag["name"]]]
        assert site.count("section") == len(operations) > 0, tag
    errors = site.browser.logged_errors()
    assert errors == [], errors


def use_by_keyboard(site):
    """The first press of Tab leads to the link that skips the navigation."""
    site.open("/docs/tags", "Tags")
    body = site.browser.find_element("body")
    site.browser.send(f"element/{body}/value", {"text": TAB})
    assert site.browser.run_script(FOCUSED) == "Skip to the content"
