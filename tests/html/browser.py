"""A real browser for the tests: Debian's Chromium, driven by Playwright; never one that would be downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


def chromium() -> str | None:
    """Return the path of the browser, or None where there is none."""
    return os.environ.get("LAGTOOL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def open_browser() -> Iterator["Browser"]:
    """Start the browser, or skip the test and say what is missing."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: install Debian's package 'chromium', or name one in LAGTOOL_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])  # root may not have a sandbox
        yield browser
        browser.close()


class Visit:
    """A page in a context of its own (a fresh profile), and what it complained of and asked for."""

    def __init__(self, context: "BrowserContext", address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def run(self, script: str, argument: object = None) -> Any:
        """Return what an expression gives in the page."""
        return self.page.evaluate(script, argument)
