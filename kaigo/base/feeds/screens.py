"""Pages of feeds: files as they came, lines to repair, a file by hand."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.audit.seen import saw
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.things import access
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.feeds import read
from kaigo.base.feeds.decide import receive, replay, set_aside, withdraw
from kaigo.base.feeds.forms import Box, Change, boxes, cleaned, comparison, key_words
from kaigo.base.records.context import Context
from kaigo.layouts.model import layouts

STATES = {
    "accepted": ("受入れ済み", "good"),
    "refused": ("断った", "bad"),
    "waiting": ("前の連番待ち", "warn"),
    "repeated": ("同じファイル", "neutral"),
}
REPAIR_STATES = {
    "open": ("直すのを待っている", "warn"),
    "replayed": ("直して受け入れた", "good"),
    "set_aside": ("使わない", "neutral"),
}
ROOMS = {
    "feeds": "様式の検査",
    "registers": "台帳",
    "residents": "宛名",
    "qualification": "資格",
    "premium": "賦課",
    "collection": "収納",
    "people": "職員",
}
# Another system may ask for permissions of its own: who takes in its files is not who takes in those of the insurance.
VIEW, LINES, LOAD, REPAIR = (
    getattr(settings, "PERMISSION_OF", {}).get(name, name)
    for name in ("feeds.view", "feeds.lines", "feeds.load", "feeds.repair")
)
MODES = {"full": "全件", "changes": "差分"}


def _titles() -> list[tuple[str, str]]:
    return [(name, editions[-1].title) for name, editions in layouts().items()]


class Files(Page):
    """Every file with its state; per layout how far the sequence has come."""

    permission = VIEW
    purpose = "intake"

    def get(self, ctx: Context, request: HttpRequest):
        layout = request.GET.get("layout", "") if request.GET.get("layout", "") in layouts() else ""
        state = request.GET.get("state", "") if request.GET.get("state", "") in STATES else ""
        page = Pages(
            None,
            request,
            read.delivery_count(ctx, layout, state),
            lambda limit, offset: [
                (view, *STATES[view.state], MODES.get(view.mode, ""))
                for view in read.deliveries(ctx, layout, state, limit, offset)
            ],
        )
        return "feeds/files.html", {
            "title": "届いたファイル",
            "here": "files",
            "page": page,
            "layouts": _titles(),
            "states": [(key, label) for key, (label, _) in STATES.items()],
            "layout": layout,
            "state": state,
            "progress": read.progress(ctx) if not (layout or state) else [],
            "open_repairs": read.repair_count(ctx, state="open"),
            "may_load": request.staff.may(LOAD),
            "may_read": request.staff.may(LINES),
        }


class File(Page):
    """One file: head line, problems, refused lines, what it changed."""

    permission = VIEW
    purpose = "intake"

    def get(self, ctx: Context, request: HttpRequest, delivery: int):
        view = _delivery(ctx, delivery)
        show = "changes" if request.GET.get("show") == "changes" and view.state == "accepted" else "refused"
        # Lines are people's data in full (income, welfare, accounts): whoever carries files need not read them.
        may_read = request.staff.may(LINES)
        data = {
            "title": f"{view.title}: {view.name}",
            "view": view,
            "state": STATES[view.state],
            "mode": MODES.get(view.mode, ""),
            "show": show,
            "may_read": may_read,
            "may_repair": request.staff.may(REPAIR),
            "outcomes": [(o, STATES[o.state][0]) for o in read.outcomes(ctx, view.id)],
        }
        if not may_read:
            return "feeds/file.html", data
        if show == "changes":
            data["page"] = Pages(
                None,
                request,
                read.changed_count(ctx, view.id),
                lambda limit, offset: _changed(ctx, view, limit, offset),
            )
        else:
            data["page"] = _repair_pages(ctx, request, view.id, "")
            data["told_before"] = view.refused_lines - data["page"].total if view.state == "accepted" else 0
        return "feeds/file.html", data


class Withdraw(Page):
    """A waiting file that must not be used."""

    permission = REPAIR
    purpose = "intake"

    def get(self, ctx: Context, request: HttpRequest, delivery: int):
        return self.form(ctx, delivery, Typed())

    def post(self, ctx: Context, request: HttpRequest, delivery: int):
        typed = Typed(request.POST)
        reason = typed.text("reason", "理由", longest=200)
        if typed.errors:
            return self.form(ctx, delivery, typed)
        withdraw(ctx, _delivery(ctx, delivery).id, reason)
        return go(f"/feeds/{ref('delivery', delivery)}/")

    def form(self, ctx: Context, delivery: int, typed: Typed):
        view = _delivery(ctx, delivery)
        return "feeds/withdraw.html", {"title": f"「{view.name}」を取り下げる", "view": view, "typed": typed}


class Load(Page):
    """A file by hand. What becomes of it is shown on its own page."""

    permission = LOAD
    purpose = "intake"

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(request, Typed(request.GET))

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        layout = typed.choice("layout", "様式", layouts())
        given = request.FILES.get("file")
        if given is None:
            typed.errors["file"] = "ファイルを選んでください"
        if typed.errors:
            return self.form(request, typed)
        outcome = receive(ctx, settings.INSURER, given.name, given.read(), layout)
        return go(f"/feeds/{ref('delivery', outcome.delivery_id)}/")

    def form(self, request: HttpRequest, typed: Typed):
        return "feeds/load.html", {
            "title": "ファイルを受け入れる",
            "here": "load",
            "typed": typed,
            "layouts": _titles(),
            "may_load": True,
            "may_read": request.staff.may(LINES),
        }


class Repairs(Page):
    """Refused lines of all files."""

    permission = LINES
    purpose = "intake"

    def get(self, ctx: Context, request: HttpRequest):
        state = request.GET.get("state", "open")
        state = state if state in REPAIR_STATES else "open"
        return "feeds/repairs.html", {
            "title": "直す行",
            "here": "repairs",
            "state": state,
            "states": [(key, label) for key, (label, _) in REPAIR_STATES.items()],
            "page": _repair_pages(ctx, request, None, state),
            "may_load": request.staff.may(LOAD),
            "may_read": True,
            "may_repair": request.staff.may(REPAIR),
        }


class Repair(Page):
    """One refused line as a form: mend and replay, or set aside with a reason."""

    permission = REPAIR
    purpose = "intake"

    def get(self, ctx: Context, request: HttpRequest, repair: int):
        view = _repair(ctx, repair)
        texts = view.values if view.state == "replayed" else view.refused_values
        wrong = {} if view.state == "replayed" else _by_field(view.errors)
        return self.form(view, boxes(view.layout, view.edition, texts, wrong), Typed())

    def post(self, ctx: Context, request: HttpRequest, repair: int):
        view = _repair(ctx, repair)
        typed = Typed(request.POST)
        if request.POST.get("act") == "set_aside":
            reason = typed.text("reason", "理由", longest=200)
            if typed.errors:
                return self.form(
                    view, boxes(view.layout, view.edition, view.refused_values, _by_field(view.errors)), typed
                )
            set_aside(ctx, view.id, reason)
            return go("/feeds/repairs/")
        texts = cleaned(view.layout, view.edition, request.POST)
        errors = replay(ctx, view.id, texts)
        if not errors:
            return go("/feeds/repairs/")
        found = boxes(view.layout, view.edition, texts, _by_field(e._asdict() for e in errors))
        typed.errors |= {box.id: f"{box.name}: {box.wrong}" for box in found if box.wrong}
        return self.form(view, found, typed)

    def form(self, view: read.RepairView, found: list[Box], typed: Typed):
        wrong = [box for box in found if box.wrong]
        return "feeds/repair.html", {
            "title": f"{view.title} {view.number:,}行目を直す",
            "view": view,
            "state": REPAIR_STATES[view.state],
            "room": ROOMS.get(view.room, view.room),
            "key": key_words(view),
            "boxes": found,
            "wrong": wrong,
            "others": [box for box in found if not box.wrong],
            "odd": len(view.refused_values) != len(found),
            "typed": typed,
        }


def _by_field(errors) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in errors:
        found.setdefault(error["field"], f"{error['message']}。{error['remedy']}")
    return found


def _repair_pages(ctx: Context, request: HttpRequest, delivery: int | None, state: str) -> Pages:
    def part(limit: int, offset: int) -> list[tuple]:
        found = read.repairs(ctx, delivery, state, limit, offset)
        _whom(ctx, *(view.refused_values for view in found), *(view.values for view in found))
        return [
            (view, *REPAIR_STATES[view.state], ROOMS.get(view.room, view.room), key_words(view))
            for view in found
        ]

    return Pages(None, request, read.repair_count(ctx, delivery, state), part)


def _changed(ctx: Context, view: read.DeliveryView, limit: int, offset: int) -> list[Change]:
    found = read.changed_lines(ctx, view, limit, offset)
    _whom(ctx, *(line.values for line in found))
    return [comparison(view.layout, line) for line in found]


def _whom(ctx: Context, *lines: Sequence[str]) -> None:
    """The people whom lines of files tell of were looked at, as far as the system knows them by their number."""
    saw(access().numbered(ctx, (text for line in lines for text in line)))


def _delivery(ctx: Context, id: int) -> read.DeliveryView:
    view = read.delivery(ctx, id)
    if view is None:
        raise Http404
    return view


def _repair(ctx: Context, id: int) -> read.RepairView:
    view = read.repair(ctx, id)
    if view is None:
        raise Http404
    _whom(ctx, view.refused_values, view.values)
    return view


nav = Nav("受入", "/feeds/", VIEW, waiting=read.waiting)
urls = [
    path("", Files.view(), name="files"),
    path("load/", Load.view(), name="load"),
    path("repairs/", Repairs.view(), name="repairs"),
    path("repairs/<repair:repair>/", Repair.view(), name="repair"),
    path("<delivery:delivery>/", File.view(), name="file"),
    path("<delivery:delivery>/withdraw/", Withdraw.view(), name="withdraw"),
]
