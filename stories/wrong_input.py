"""Wrong input into every field of every form that a role is shown: what a program, a tired clerk or an attacker types."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from playwright.sync_api import Page

WRONG = (
    "", "　", "あ" * 3000, "\0", "'; DROP TABLE x; --", "<script>alert(1)</script>", "-1", "9" * 20, "1e309", "2026-02-30",
    "9999-12-31", "令和99年13月40日", "0000000000", "１２３", "٣", "🧓🏻", "a\r\nb", "null", "[]", "on", "２０２６０７０１",
)  # fmt: skip
# Whoever is asked why he looks at somebody says so, as a clerk does; a page about two people asks twice.
ANSWERED = """async path => {
  let answer = await fetch(path);
  for (let turn = 0; turn < 3 && answer.url.includes("/why/?"); turn++) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector("form[action$='/why/']");
    const body = new URLSearchParams(new FormData(form));
    body.set("purpose", form.querySelector("[name=purpose]").value);
    body.set("reason", "すべての画面を順に開いて確かめるため");
    answer = await fetch(form.getAttribute("action"), {method: "POST", body});
  }
  return answer;
}"""
_LOOK = (
    """path => ("""
    + ANSWERED
    + """)(path).then(async answer => {
  const html = (answer.headers.get("content-type") || "").includes("html");
  const page = new DOMParser().parseFromString(html ? await answer.text() : "", "text/html");
  return {status: answer.status,
    links: [...page.querySelectorAll("a[href]")].map(a => a.getAttribute("href").split("#")[0]),
    forms: [...page.querySelectorAll("form")].map(form => ({
      method: (form.getAttribute("method") || "get").toLowerCase(), action: form.getAttribute("action") || path,
      fields: [...form.querySelectorAll("input, select, textarea, button[name]")].filter(e => e.name).map(e => [e.name, e.value])}))};
})"""
)
_SEND = """([method, action, fields]) => {
  const body = new URLSearchParams(fields);
  const sent = method == "get" ? fetch(action.split("?")[0] + "?" + body) : fetch(action, {method: "POST", body, redirect: "manual"});
  return sent.then(answer => answer.status);
}"""


# A reference (base/desk/refs.py) or a number: one of many of the same kind of page.
_ONE_OF_MANY = re.compile(r"(?<=/)[A-Za-z0-9_-]{21}[AQgw](?=/)|[0-9]+")


def shape(path: str) -> str:
    """The kind of page: the address without what tells one thing from another."""
    return _ONE_OF_MANY.sub("N", path.partition("?")[0])


def forms(page: Page) -> Iterator[dict]:
    """Every form on every kind of page, once each. Two pages of a kind are looked at: an empty one may come first."""
    todo, seen, looked, known = ["/"], {"/"}, {}, set()
    while todo:
        path = todo.pop(0)
        looked[shape(path)] = looked.get(shape(path), 0) + 1
        if looked[shape(path)] > 2:
            continue
        found = page.evaluate(_LOOK, path)
        for link in found["links"]:
            if link.startswith("/") and link not in seen:
                seen.add(link)
                todo.append(link)
        for form in found["forms"]:
            kind = (form["method"], shape(form["action"]), tuple(sorted(name for name, _ in form["fields"])))
            if form["action"].startswith("/") and kind not in known:
                known.add(kind)
                yield form


def try_all(page: Page, seed: int, each: int) -> tuple[int, list[tuple]]:
    """Send every form with one field wrong (`each` ways per field), then with all wrong and with none at all.

    Returns how many were sent, and what ended in an error page: (status, form, fields).
    """
    source = random.Random(seed)
    sent, broken = 0, []
    for form in list(forms(page)):
        token = [field for field in form["fields"] if field[0] == "csrfmiddlewaretoken"]
        fields = [field for field in form["fields"] if field[0] != "csrfmiddlewaretoken"]
        tries = [
            [[name, wrong if name == bad else value] for name, value in fields]
            for bad, _ in fields
            for wrong in source.sample(WRONG, each)
        ]
        tries += [[[name, source.choice(WRONG)] for name, _ in fields], []]
        for one in tries:
            status = page.evaluate(_SEND, [form["method"], form["action"], token + one])
            sent += 1
            if status >= 500:
                broken.append((status, shape(form["action"]), [[n, v[:40]] for n, v in one]))
    return sent, broken
