"""What the tests of the account page and of the console do in a browser: fields by their labels, buttons by their texts."""

import json
import time

from driver import ELEMENT, WebDriverError, wait_for

PHONE, DESKTOP, NARROW = 375, 1280, 320


class Site:
    """The pages in one browser. Every text is compared as the reader sees it."""

    def __init__(self, browser, base, axe, prefix):
        self.browser, self.base, self.axe, self.prefix = browser, base, axe, prefix
        self.states = 0

    def resize(self, width, scheme="light", height=800):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.send_devtools_command("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.browser.send_devtools_command("Emulation.setEmulatedMedia", media)

    def open(self, path, heading):
        self.browser.send("url", {"url": f"{self.base}{path}"})
        self.wait_for_heading(heading)

    def wait_for_heading(self, heading):
        """Waits until the view with this heading is complete."""
        wait_for(heading, lambda: self.heading() == heading and self.count("main[aria-busy]") == 0)

    def heading(self):
        return self.browser.heading()

    def find(self, xpath):
        found = self.browser.send("elements", {"using": "xpath", "value": xpath})
        displayed = [it[ELEMENT] for it in found if self.browser.send(f"element/{it[ELEMENT]}/displayed")]
        return displayed

    def count(self, selector):
        return len(self.browser.send("elements", {"using": "css selector", "value": selector}))

    def wait_for_one(self, xpath, number=0):
        return wait_for(xpath, lambda: self.find(xpath)[number:])[0]

    def repeat(self, action):
        """Performs an action, and repeats it if it fails, because the view may be replaced between its parts."""
        for attempt in range(5):
            try:
                return action()
            except WebDriverError:
                if attempt == 4:
                    raise
                time.sleep(0.2)

    def field(self, label):
        """The field with this label, in the open dialog if there is one."""
        scope = "//dialog" if self.count("dialog") else "//main"
        label_text = f"normalize-space(text()[1])={quoted(label)}"
        element = self.wait_for_one(f"{scope}//label[{label_text}]")
        name = self.browser.send(f"element/{element}/attribute/for")
        return self.browser.find_element(f"#{name}")

    def fill(self, label, text):
        def fill():
            element = self.field(label)
            self.browser.send(f"element/{element}/clear", {})
            self.browser.send(f"element/{element}/value", {"text": text})

        self.repeat(fill)

    def choose(self, label, option):
        self.repeat(lambda: self.browser.send(f"element/{self.field(label)}/value", {"text": option}))

    def check(self, label):
        self.repeat(lambda: self.browser.send(f"element/{self.field(label)}/click", {}))

    def press(self, text, number=0):
        """Clicks a button or a link with this text, in the open dialog if there is one."""
        same = f"normalize-space(.)={quoted(text)}"
        # One path for both cases, because the dialog may close while this waits.
        scopes = ("//dialog", "//body[not(.//dialog)]")
        xpath = "(" + "|".join(f"{scope}//{element}[{same}]" for scope in scopes for element in ("button", "a")) + ")"
        self.repeat(lambda: self.browser.send(f"element/{self.wait_for_one(xpath, number)}/click", {}))

    def refresh(self):
        """Presses Refresh and waits until the view is loaded. It does not show what the test changes afterwards through the API."""
        self.press("Refresh")
        wait_for("the refreshed view", lambda: self.count("main[aria-busy]") == 0)

    def choose_language(self, name):
        self.browser.send(f"element/{self.browser.find_element('#language')}/value", {"text": name})

    def open_details(self, summary):
        """Opens the part whose summary begins with this text, with the keyboard."""
        xpath = f"//details[not(@open)]/summary[span[normalize-space(.)={quoted(summary)}]]"
        self.repeat(lambda: self.browser.send(f"element/{self.wait_for_one(xpath)}/value", {"text": "\ue007"}))

    def text(self):
        return self.browser.run_script("arguments[0](document.body.innerText)")

    def wait_for_text(self, text):
        try:
            wait_for(text, lambda: text in self.text() and self.count("main[aria-busy]") == 0)
        except TimeoutError:
            print(self.text())
            raise

    def wait_until_gone(self, text):
        wait_for(f"no {text}", lambda: not self.is_offered(text))

    def is_offered(self, text):
        same = f"normalize-space(.)={quoted(text)}"
        return bool(self.find(f"(//button[{same}]|//a[{same}])"))

    def show(self, name):
        """Checks the state with axe-core at two widths and in both color schemes, and takes screenshots of it."""
        self.states += 1
        for width in (PHONE, DESKTOP):
            for scheme in ("light", "dark"):
                self.resize(width, scheme)
                found = self.browser.run_script(self.axe)
                assert found == {"violations": [], "overflow": 0}, (name, width, scheme, found)
                self.screenshot(f"{self.prefix}-{self.states:02}-{name}-{width}-{scheme}")
        self.require_no_overflow(name)
        errors = self.browser.logged_errors()
        assert errors == [], (name, errors)

    def require_no_overflow(self, name):
        """Nothing is wider than the narrowest window."""
        self.resize(NARROW)
        overflow = self.browser.run_script("""
            const boxes = [document.documentElement, ...document.querySelectorAll('dialog')];
            arguments[0](Math.max(...boxes.map(box => box.scrollWidth - box.clientWidth)))""")
        assert overflow == 0, (name, NARROW, overflow)
        self.resize(DESKTOP)

    def screenshot(self, name):
        """A picture of the page up to 4000 pixels, or of the window while a dialog is open."""
        height = self.browser.run_script("arguments[0](document.documentElement.scrollHeight)")
        width = self.browser.run_script("arguments[0](innerWidth)")
        if not self.count("dialog"):
            size = {"width": width, "height": max(800, min(height, 4000)), "deviceScaleFactor": 1, "mobile": False}
            self.browser.send_devtools_command("Emulation.setDeviceMetricsOverride", size)
        self.browser.screenshot(name)

    def sign_in(self, path, username, password, heading):
        self.open(path, "Sign in")
        self.fill("E-mail address or username", username)
        self.fill("Password", password)
        self.press("Sign in")
        self.wait_for_heading(heading)

    def sign_out(self):
        """Signs out and waits for it: a page opened meanwhile would still be signed in."""
        self.press("Sign out")
        self.wait_for_heading("Sign in")

    def storage(self):
        """What scripts of the page can read from the browser's storage, without its caches."""
        script = """
        const done = arguments[0];
        indexedDB.databases().then(databases => done(JSON.stringify({
          local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie, databases,
        })));"""
        return json.loads(self.browser.run_script(script))


def quoted(text):
    """A text as a literal of XPath."""
    return f'"{text}"' if '"' not in text else "concat(" + ", '\"', ".join(f'"{part}"' for part in text.split('"')) + ")"
