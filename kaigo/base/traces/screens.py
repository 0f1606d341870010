"""Pages of the record of accesses: search, one event and its people, who looked at this person, what I did myself."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.audit.events import EVENTS
from kaigo.base.audit.write import record
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import ROWS, Pages
from kaigo.base.desk.refs import ref, unref
from kaigo.base.desk.things import access
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.staff.tables import fields, permissions
from kaigo.base.traces import people, read, screens_told, sealed, words
from kaigo.base.traces.lines import lines, nobody

WEEK = timedelta(days=6)
MINE = timedelta(days=90)
# A search over more days reads on for minutes when nothing is found.
LONGEST = timedelta(days=366)


class Room(Page):
    permission = "audit.view"
    purpose = "audit"


class Search(Room):
    """Fifty events a page, the newest first; the search is itself an event."""

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET)
        asked, member = self.asked(typed)
        found = read.Found([], None)
        if not typed.errors:
            older = unref("event", request.GET.get("older", ""))
            found = read.search(ctx, asked._replace(reader=_reader(request)), older)
            self.note(ctx, asked, member, len(found.rows))
        return "traces/search.html", {
            "title": "アクセス記録",
            "here": "search",
            "typed": typed,
            "log": sealed.log(),
            "asked": asked,
            "rows": lines(found.rows),
            "older": _older(request, found.older) if found.older else "",
            "newest": _older(request, None) if request.GET.get("older") else "",
            "staff_member": next(iter(people.members([member])), None) if member else None,
            "without_member": _without(request, "staff"),
            "events": sorted(((key, kind.label) for key, kind in EVENTS.items()), key=lambda e: e[1]),
            "outcomes": [(key, label) for key, (label, _) in words.OUTCOMES.items()],
            "places": list(words.rooms().items()),
            "purposes": list(words.PURPOSES.items()),
        }

    def asked(self, typed: Typed) -> tuple[read.Asked, int | None]:
        """What is searched for, and the member of staff in it."""
        today = read.today()
        begin = typed.day("since", "いつから", required=False)
        until = typed.day("until", "いつまで", required=False) or today
        since = begin or until - WEEK
        if since > until:
            typed.errors["since"] = "いつからは、いつまでより前の日にしてください"
        elif until - since > LONGEST:
            typed.errors["since"] = "一度に探せるのは一年までです。期間を分けてください"
        member = unref("member", typed.text_of.get("staff", ""))
        return read.Asked(
            since,
            until,
            people.accounts_of(member) if member else None,
            typed.choice("event", "出来事", EVENTS, required=False),
            typed.choice("outcome", "結果", words.OUTCOMES, required=False),
            typed.choice("place", "業務", words.rooms(), required=False),
            typed.choice("purpose", "目的", words.PURPOSES, required=False),
            typed.text_of.get("unexplained") == "1",
        ), member

    def note(self, ctx: Context, asked: read.Asked, member: int | None, found: int) -> None:
        record(
            ctx, "traces.search", "search", since=asked.since, until=asked.until, member=member, sort=asked.event,
            result=asked.outcome, of=asked.place, aim=asked.purpose, unexplained=asked.unexplained, rows=found,
        )  # fmt: skip


class FindStaff(Room):
    """From a number or a name to one member of staff; what is typed stays out of addresses."""

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(Typed(), None)

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        wanted = typed.text("words", "職員", longest=60)
        if typed.errors:
            return self.form(typed, None)
        found = people.found(wanted)
        if len(found) == 1:
            return go(f"/traces/?staff={ref('member', found[0].member)}")
        return self.form(typed, found)

    def form(self, typed: Typed, found: list[people.Person] | None):
        return "traces/staff.html", {
            "title": "アクセス記録を見る職員を選ぶ",
            "here": "search",
            "typed": typed,
            "found": found,
        }


class OneEvent(Room):
    """Everything that one event says."""

    def get(self, ctx: Context, request: HttpRequest, event: int):
        trace = _event(ctx, request, event)
        kind = EVENTS.get(trace.event)
        known = permissions().get(trace.permission)
        return "traces/event.html", {
            "title": f"アクセス記録 {trace.id}",
            "sealed": sealed.of_event(trace.id),
            "trace": trace,
            "line": lines([trace])[0],
            "permission": known.label if known else "",
            "grants": people.grants(trace.grants),
            "fields": ["すべて" if f == "*" else fields().get(f, f) for f in trace.fields],
            "details": [
                (kind.details.get(key, key) if kind else key, _told(value))
                for key, value in trace.details.items()
                if kind and key in kind.details and value not in (None, "")
            ],
            "may_name": ctx.sees("name") and access().knows,
        }


class WhoWasSeen(Room):
    """The people of one event by name, for those who may see names."""

    def get(self, ctx: Context, request: HttpRequest, event: int):
        trace = _event(ctx, request, event)
        if not (ctx.sees("name") and access().knows):
            raise Http404
        found = read.among(ctx, trace, access().everybody(ctx), ROWS)
        names = access().names(ctx, found)
        return "traces/people.html", {
            "title": f"アクセス記録 {trace.id} の対象者",
            "trace": trace,
            "line": lines([trace])[0],
            "rows": [(person, names.get(person, ""), _address(request, person)) for person in found],
            "more": trace.subjects - len(found),
        }


class SeenPerson(Room):
    """Who looked at this person: by section, purpose and day, then every event."""

    def get(self, ctx: Context, request: HttpRequest, person: int):
        same = access().same(ctx, person)
        if not same:
            raise Http404
        looked = read.looked(ctx, same)
        page = Pages(
            None,
            request,
            sum(one.times for one in looked),
            lambda limit, offset: lines(read.about(ctx, same, limit, offset)),
        )
        return "traces/person.html", {
            "title": "この人を見た人",
            "person": person,
            "name": access().names(ctx, [person]).get(person, "") if ctx.sees("name") else "",
            "address": _address(request, person),
            "may_tell": request.staff.may("audit.tell"),
            "page": page,
            **_summary(looked),
        }


class Mine(Page):
    """What I did and saw myself in this system, ninety days back."""

    permission = "staff.self"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        today = read.today()
        asked = read.Asked(today - MINE, today, people.accounts_of(request.staff.member))
        found = read.search(ctx, asked, unref("event", request.GET.get("older", "")))
        return "traces/mine.html", {
            "title": "自分の記録",
            "here": "mine",
            "rows": lines(found.rows),
            "older": _older(request, found.older) if found.older else "",
            "newest": _older(request, None) if request.GET.get("older") else "",
            "since": asked.since,
        }


def _reader(request: HttpRequest) -> read.Reader:
    return read.Reader(request.staff.member, request.staff.may("misuse.all"))


def _event(ctx: Context, request: HttpRequest, event: int) -> read.Trace:
    found = read.one(ctx, event, _reader(request))
    if found is None:
        raise Http404
    return found


def _address(request: HttpRequest, person: int) -> str:
    """The person's own page, "" for who may not open it."""
    return access().address(person) if request.staff.may("counter.view") else ""


def _summary(looked: list[read.Looked]) -> dict:
    """(section, times), (purpose, times) and (day, who, times), for who is not a member of staff by what it was."""
    staff = people.Staff((one.member for one in looked), (one.actor for one in looked))
    sections: Counter[str] = Counter()
    purposes: Counter[str] = Counter()
    days = []
    for one in looked:
        who = staff.on(one.member, one.actor, one.day)
        sections[(who.section or "所属なし") if who else nobody(one.actor)] += one.times
        purposes[words.purpose(one.purpose)] += one.times
        days.append((one.day, who, "" if who else nobody(one.actor), words.purpose(one.purpose), one.times))
    return {"sections": sections.most_common(), "purposes": purposes.most_common(), "days": days[:ROWS]}


def _told(value: object) -> object:
    return {True: "はい", False: "いいえ"}[value] if isinstance(value, bool) else value


def _older(request: HttpRequest, event: int | None) -> str:
    """The link to what is older than an event; None = to the newest."""
    query = request.GET.copy()
    query.pop("older", None)
    if event is not None:
        query["older"] = ref("event", event)
    return f"?{query.urlencode()}"


def _without(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    query.pop(name, None)
    query.pop("older", None)
    return f"?{query.urlencode()}"


urls = [
    path("", Search.view(), name="home"),
    path("staff/", FindStaff.view(), name="staff"),
    path("mine/", Mine.view(), name="mine"),
    path("person/<person:person>/", SeenPerson.view(), name="person"),
    *screens_told.urls,
    path("<event:event>/", OneEvent.view(), name="event"),
    path("<event:event>/people/", WhoWasSeen.view(), name="people"),
]
nav = (
    Nav("アクセス記録", "/traces/", "audit.view"),
    Nav("自分の記録", "/traces/mine/", "staff.self"),
)
