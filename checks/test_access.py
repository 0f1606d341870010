"""Who reaches which address: docs/access.csv, read and corrected by people, is what the program does. Not one more, not one less.

For the system that KAIGO_SYSTEM names: every address × method × role (as each kind of account that may hold it, with its
contract item), every contract item without its role, every contractor's role under another item, nobody in particular,
and who has not proved himself lately. `python -m checks.access` prints the rows of a new page.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory

from checks import access
from checks.access import ANYBODY, EVERY_POST, METHODS, expected, patterns
from kaigo.base.desk import views, visit
from kaigo.base.desk.refs import Reference, ref
from kaigo.base.desk.things import Access
from kaigo.base.desk.views import Page
from kaigo.base.staff.can import Held, Posted, Staff
from kaigo.base.staff.tables import contracts, permissions, roles

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 15)
CARE = "介護保険課"
SAMPLES = {"IntConverter": 1, "StringConverter": "x", "SlugConverter": "x"}
HELD_BACK = {"put", "delete", "patch", "options", "head", "trace"}


def sample(converter: object) -> object:
    return 1 if isinstance(converter, Reference) else SAMPLES[type(converter).__name__]


def reached(address: str, pattern: object) -> str:
    """An address that opens, with references to rows that do not exist."""
    for name, converter in pattern.pattern.converters.items():
        value = sample(converter)
        text = ref(converter.kind, value) if isinstance(converter, Reference) else str(value)
        start = address.rindex("<", 0, address.index(f":{name}>"))
        address = address[:start] + text + address[address.index(">", start) + 1 :]
    return address


def actor(kind: str, held: str = "", item: str = "", proved: float | None = 0.0) -> Staff:
    grants = (Held(7, roles()[held], CARE, date.min),) if held else ()
    return Staff(
        1, 1001, "試験 職員", kind, (Posted(CARE, "係員", date.min, contract=item),), grants, session=1, proved=proved, day=DAY,
    )  # fmt: skip


def holders():
    """(who, role that must work, actor): "" = no role works."""
    for kind in ("staff", "contractor", "administrator", "service"):
        yield f"{kind} without a grant", "", actor(kind)
    for item in contracts():
        yield f"item {item} without a role", "", actor("contractor", item=item)
    for name, role in roles().items():
        for kind in ("staff", "contractor", "administrator", "service"):
            fits = kind in role.on(DAY).kinds
            if kind != "contractor":
                yield f"{name} as {kind}", name if fits else "", actor(kind, name)
                continue
            for item in (*contracts(), "", "8"):
                works = fits and item in contracts() and name in contracts()[item].roles
                yield f"{name} under item {item!r}", name if works else "", actor(kind, name, item)


@pytest.fixture
def verdicts(monkeypatch):
    """(callback, method, staff, values) → status of the decision; 204 stands for "would be done now"."""
    monkeypatch.setattr(Page, "perform", lambda *_: HttpResponse(status=204))
    # What a refusal says is tested with the pages; here only the decision counts, some ten thousand times.
    monkeypatch.setattr(views, "absent", lambda _: HttpResponse(status=404))
    monkeypatch.setattr(Page, "prove", lambda *_: HttpResponse(status=403))
    monkeypatch.setattr(visit.Visit, "record_apart", lambda *_, **__: None)
    # Why somebody is looked at is another question, asked after this one.
    for module in (views, visit):
        monkeypatch.setattr(module, "access", Access)
    factory = RequestFactory()

    def decide(callback, method: str, staff: Staff | None, values: dict) -> int:
        request = factory.generic(method, "/x")
        request.day, request.staff = DAY, staff
        return callback(request, **values).status_code

    return decide


def pages():
    for address, pattern in patterns():
        if getattr(pattern.callback, "page", None):
            values = {name: sample(converter) for name, converter in pattern.pattern.converters.items()}
            yield address, pattern.callback, values


def test_the_table_is_sorted_and_every_row_is_whole():
    lines = access.TABLE.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(access.HEAD) and lines[1:] == sorted(set(lines[1:]))
    for row in expected(settings.SYSTEM).values():
        if row["roles"] in {ANYBODY, EVERY_POST}:
            continue
        assert row["permission"] in permissions() and row["purpose"], row
        assert row["roles"], f"nobody reaches {row['address']}"
        assert set(row["roles"].split()) <= set(roles()), row


def test_every_address_is_in_the_table_with_its_permission_and_purpose():
    told = expected(settings.SYSTEM)
    found = set()
    for address, callback, _ in pages():
        page = callback.page
        for method in METHODS:
            if hasattr(page, method.lower()):
                found.add((address, method))
                row = told.get((address, method))
                assert row, (
                    f"docs/access.csv lacks {method} {address}: python -m checks.access prints its row"
                )
                assert (row["permission"], row["purpose"]) == (page.permission, page.purpose), address
                assert (row["proof"] == "yes") == permissions()[page.permission].step_up, address
    own = {key for key, row in told.items() if row["permission"]}
    assert own == found, f"addresses that are gone: {own - found}"
    everything = {address for address, _ in patterns()}
    assert everything == {address for address, _ in told}, everything ^ {address for address, _ in told}


def test_every_role_reaches_what_the_table_says_and_nothing_else(verdicts):
    told = expected(settings.SYSTEM)
    wrong, asked = [], 0
    for who, works, staff in holders():
        for address, callback, values in pages():
            for method in METHODS:
                row = told.get((address, method))
                if row is None:
                    should = 405
                else:
                    should = 204 if row["roles"] == EVERY_POST or works in row["roles"].split() else 404
                got = verdicts(callback, method, staff, values)
                asked += 1
                if got != should:
                    wrong.append(f"{who}: {method} {address} is {got}, the table says {should}")
    assert not wrong, "\n".join(wrong[:40])
    if settings.SYSTEM == "insurance":
        assert asked > 30_000, asked


def test_who_has_not_proved_himself_lately_is_asked_where_the_table_says(verdicts):
    told, wrong = expected(settings.SYSTEM), []
    for name in roles():
        kind = sorted(roles()[name].on(DAY).kinds)[0]
        item = next((i for i, contract in contracts().items() if name in contract.roles), "")
        for address, callback, values in pages():
            for method in METHODS:
                row = told.get((address, method))
                if row and name in row["roles"].split():
                    should = 403 if row["proof"] else 204
                    got = verdicts(callback, method, actor(kind, name, item, proved=None), values)
                    if got != should:
                        wrong.append(f"{name}: {method} {address} is {got}, not {should}")
    assert not wrong


def test_without_a_post_or_after_the_account_nobody_reaches_anything(verdicts):
    """Also not what belongs to everybody with a post."""
    for name in roles():
        with_role = actor(sorted(roles()[name].on(DAY).kinds)[0], name)
        for staff in (replace(with_role, posts=()), replace(with_role, open_until=DAY)):
            for address, callback, values in pages():
                for method in METHODS:
                    if hasattr(callback.page, method.lower()):
                        assert verdicts(callback, method, staff, values) == 404, (name, method, address)


def test_anonymous_reaches_log_in_health_and_static_alone():
    told, client = expected(settings.SYSTEM), Client()
    log_in = f"{settings.SYSTEM_URLS['staff']}/login?next="
    for address, pattern in patterns():
        for method in METHODS:
            answer = client.generic(method, reached(address, pattern))
            row = told.get((address, method))
            if row is None:
                # The demo's log-ins are no address at all where there is no demo.
                refused = {405} if hasattr(pattern.callback, "page") else {404, 405}
                assert answer.status_code in refused, (method, address)
            elif row["roles"] == ANYBODY:
                assert answer.status_code != 405 and answer.status_code < 500, (method, address)
                assert not answer.headers.get("Location", "").startswith(log_in), (method, address)
            else:
                assert answer.status_code == 302, (method, address)
                assert answer["Location"].startswith(log_in), (method, address)
    open_to_all = {address for (address, _), row in told.items() if row["roles"] == ANYBODY}
    assert open_to_all <= {"/", "/health", "/logout", "/prove"} | {a for a in open_to_all if _way_in(a)}


def _way_in(address: str) -> bool:
    """Log-in and its ceremonies."""
    return address.startswith(("/login", "/enrol"))


def test_every_other_method_is_refused_everywhere():
    client, asked = Client(), 0
    for address in [*(reached(a, p) for a, p in patterns()), "/static/desk/desk.css", "/nowhere/"]:
        for method in HELD_BACK:
            answer = client.generic(method.upper(), address)
            assert answer.status_code == 405, (method, address)
            asked += 1
    assert asked >= 6 * 5


def test_health_tells_nothing_and_sets_no_cookie(monkeypatch):
    client = Client()
    answer = client.get("/health")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies
    from django.db import OperationalError

    from kaigo.site.urls import health

    class Down:
        def __iter__(self):
            raise OperationalError("could not connect to db-host as app_insurance")

    monkeypatch.setattr(health, "connections", Down())
    answer = client.get("/health")
    assert (answer.status_code, answer.content) == (503, b"unavailable\n")


def test_no_role_asks_and_rules_and_no_auditor_acts():
    """E-30 within one role; two grants to one person are kept apart by person when they rule."""
    for name, role in roles().items():
        gives = role.on(DAY).permissions
        both = {p.partition(".")[0] for p in gives if p.endswith(".request")} & {
            p.partition(".")[0] for p in gives if p.endswith(".approve")
        }
        assert not both, f"{name} asks and approves: {both}"
    # Who watches over access rules on grants and on questions about looks, but changes nothing about anybody.
    looks = {"misuse.confirm", "misuse.list", "misuse.review"}
    own = {"監査": {"misuse.all"}, "個人情報保護": {"staff.approve", "staff.review", "misuse.all", *looks}}
    for name, rules in own.items():
        changing = {p for p in roles()[name].on(DAY).permissions if not p.endswith(".view")}
        assert changing <= rules | {"release.runs", "staff.apply"}, f"{name} may change: {changing}"


def test_what_contractors_never_hold():
    """II-4: each contract item is less than the section's own work."""
    money = ("premium.", "collection.", "qualification.", "residents.", "certificates.", "notices.", "audit.")
    for name, role in roles().items():
        gives = role.on(DAY)
        if "contractor" in gives.kinds:
            assert not [p for p in gives.permissions if p.startswith(money)], name
            assert not gives.permissions & {
                "release.view",
                "release.approve",
                "feeds.lines",
                "counter.print",
            }, name
            assert not gives.fields & {"tax", "welfare", "bank", "medical", "pension", "household"}, name
