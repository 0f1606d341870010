"""E-9: after the work is done and the person has logged out, his browser keeps nothing of anybody.

A real Chromium with a profile on disk opens the pages of people (ten in make test, a hundred and more with KAIGO_LONG),
types a search, a wrong form and a note, looks at a letter; then the whole profile is read, byte by byte, in every writing.
"""

from __future__ import annotations

import gzip
import os
import re
import sqlite3
import zlib
from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from stories.residue import residue
from stories.test_street import CHROMIUM, FLAGS, open_after_a_call, ward

__all__ = ["ward"]
LONG = bool(os.environ.get("KAIGO_LONG"))
PAGES = 100 if LONG else 10
PEOPLE = 12 if LONG else 3
NOTE = "残滓検査用の控え猫又山"
PHONE = "0399887766"
SEARCHED = "猫又山 探索子"
# What the pages of a person tell of him: label → a word to look for later.
LABELS = ("氏名", "カナ", "住所", "被保険者番号", "宛名番号", "生年月日", "電話", "口座番号", "通称")
OWN = re.compile(r"/(?!static/)[a-z-]*/?[^\"#]*")


def facts(page: Page) -> set[str]:
    """Names, numbers, addresses and days that the page shows beside the labels of people."""
    told = page.evaluate("""() => [...document.querySelectorAll('dt')].map(dt =>
        [dt.textContent.trim(), dt.nextElementSibling ? dt.nextElementSibling.textContent.trim() : ''])""")
    words = set()
    for label, value in told:
        if any(label.startswith(one) for one in LABELS):
            first = re.split(r"[\n(]|  ", value)[0].strip()
            if len(first) >= 4 and first not in {"記録なし", "(表示しません)"}:
                words.add(first)
    heading = page.inner_text("h1")
    if " さん" in heading:
        words.add(heading.split(" さん")[0].strip())
    return words


def links(page: Page) -> list[str]:
    return page.evaluate(
        """() => [...document.querySelectorAll('main a[href^="/"]')].map(a => a.getAttribute('href'))"""
    )


def work(page: Page, ward: dict) -> tuple[set[str], list[str]]:
    """A day at the counter: (words of people that were on the screen, addresses that were opened)."""
    base, words, opened = ward["urls"]["insurance"], {NOTE, PHONE, SEARCHED}, []
    people = [ids[0] for ids in ward["samples"].values() if ids][:PEOPLE]
    page.fill("#search-words", SEARCHED)
    with page.expect_navigation():
        page.click(".search button")
    assert SEARCHED in page.content(), "what was typed stands on the page"
    todo: list[str] = []
    for place, person in enumerate(people):
        open_after_a_call(page, base, person)
        opened.append(page.url)
        words |= facts(page)
        todo += [f"/residents/{person}/", f"/qualification/{person}/", f"/premium/person/{person}/",
                 f"/collection/person/{person}/", *links(page)]  # fmt: skip
        if not place:
            page.goto(f"{base}/person/{person}/tickets/new/call/")
            page.fill("#subject", NOTE * 8)
            page.fill("textarea", f"{NOTE} {PHONE}")
            page.evaluate("document.querySelector('#subject').removeAttribute('maxlength')")
            page.fill("#subject", NOTE * 8)
            with page.expect_navigation():
                page.locator("main form button").first.click()
            assert PHONE in page.content(), "a wrong form keeps what was typed on the page"
            page.fill("#subject", NOTE)
            with page.expect_navigation():
                page.locator("main form button").first.click()
            opened.append(page.url)
    # Letters are shown inside the browser: whatever its viewer keeps is looked for too.
    page.goto(f"{base}/notices/")
    papers = [link for link in links(page) if re.fullmatch(r"/notices/[\w-]{22}/", link)]
    todo = [f"{papers[0]}pdf/", papers[0], *todo] if papers else todo
    seen = set()
    while todo and len(opened) < PAGES:
        address = todo.pop(0)
        if address in seen or not OWN.fullmatch(address):
            continue
        seen.add(address)
        try:
            page.goto(base + address)
        except Exception as error:
            if "Download is starting" not in str(error):
                raise
            continue
        opened.append(page.url)
        if page.locator("h1").count():
            words |= facts(page)
            todo += links(page)
    return words, opened


def log_in(context: BrowserContext, ward: dict) -> Page:
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(ward["urls"]["insurance"])
    name = next(a["name"] for a in ward["accounts"] if a["role"] == "係員")
    with page.expect_navigation():
        page.click(f"main button:has-text('{name}')")
    return page


def test_a_browser_keeps_nothing_of_anybody_after_the_log_out(ward, tmp_path):
    profile, downloads = tmp_path / "profile", tmp_path / "downloads"
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, args=FLAGS, locale="ja-JP", downloads_path=str(downloads),
        )  # fmt: skip
        page = log_in(context, ward)
        words, opened = work(page, ward)
        last = page.url
        page.goto(f"{ward['urls']['insurance']}/")
        with page.expect_navigation():
            page.click("form.top-out button")
        assert "ログイン" in page.title()
        page.go_back()
        page.wait_for_load_state()
        assert "/login" in page.url or "ログイン" in page.title(), "back leads to the log-in"
        page.goto(last)
        assert "/login" in page.url
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        assert context.cookies() == [] or {c["name"] for c in context.cookies()} <= {"__Host-csrf"}
        context.close()
    assert len(opened) >= PAGES and len(words) >= PEOPLE * 3, (len(opened), words)
    assert residue(profile, words) == []
    assert not downloads.exists() or list(downloads.iterdir()) == []
    assert titles(profile), "the history was kept, so there was something to look into"


def titles(profile: Path) -> list[tuple[str, str]]:
    """The history: addresses with references and kinds of pages, no numbers of anybody."""
    found = []
    for path in profile.rglob("History"):
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as history:
            found += history.execute("SELECT url, title FROM urls").fetchall()
    for url, title in found:
        assert " さん" not in title, title
        # Ten digits (insured number) or fifteen (addressee) would be somebody's; a reference may hold digits by chance.
        path = re.sub(r"[\w-]{22}", "", url.partition("//")[2].partition("/")[2])
        assert not re.search(r"\d{8,}", path), url
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp932", "euc_jp"])
def test_the_search_finds_a_word_however_it_is_kept(tmp_path, encoding):
    """A search that finds nothing proves something only when it would have found it."""
    plain = f"前{NOTE}後".encode(encoding)
    for place, content in enumerate((plain, b"xx" + gzip.compress(plain), b"y" + zlib.compress(plain) + b"z", b64encode(plain),
                                     b64encode(b"a" + plain), b64encode(b"ab" + plain), zlib.compress(plain, wbits=-15))):  # fmt: skip
        folder = tmp_path / str(place)
        folder.mkdir()
        (folder / "file").write_bytes(content)
        assert residue(folder, {NOTE}) == [("file", NOTE)], (encoding, place)
    assert residue(tmp_path, {"どこにもない言葉"}) == []
