"""Pages of 持出し: ask for a list, approve it as another person, make it once, receive it once."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.audit.write import record_apart
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.can import NOTHING, can
from kaigo.base.staff.who import same_person, still, told
from kaigo.insurance.premium import read as premium
from kaigo.insurance.release import export_kinds, exports
from kaigo.insurance.release.models import Export
from kaigo.law.dates import fiscal_year_name, wareki

# Where an error of the rules is shown in the form: how its sentence begins → field.
_PLACES = {"理由": "reason", "項目": "columns", "保管": "keep_until", "渡す": "handed_to", "渡し方": "medium"}


class Exports(Page):
    """All that was asked for, the newest first."""

    permission = "export.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(_all().order_by("-id"), request)
        names = told(row.actor for row in page)
        return "release/exports.html", {
            "title": "持出し",
            "page": page,
            "rows": [
                (row, _label(row), names.get(row.actor, ""), *exports.STATES[exports.state(row)])
                for row in page
            ],
            "kinds": export_kinds.KINDS.items(),
            "may_ask": request.staff.may(NewExport.permission),
        }


class NewExport(Page):
    """Asked for here: what, for what, to whom, how long. Nothing leaves before somebody else has approved it."""

    permission = "export.request"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, kind: str):
        return self.form(ctx, kind, Typed())

    def post(self, ctx: Context, request: HttpRequest, kind: str):
        _known(kind)
        typed = Typed(request.POST)
        by_year = export_kinds.KINDS[kind].by == "year"
        year = typed.choice("year", "年度", [str(year) for year in premium.years(ctx)]) if by_year else ""
        day = None if by_year else typed.day("day", "いつ現在")
        columns = [key for key in export_kinds.KINDS[kind].columns if key in request.POST.getlist("columns")]
        if not columns:
            # Told together with what else is missing, not first when all of that is there.
            typed.errors["columns"] = exports.NO_COLUMN
        reason = typed.text("reason", "理由", longest=400)
        handed_to = typed.text("handed_to", "渡す相手", longest=120)
        medium = typed.choice("medium", "渡し方", exports.MEDIA)
        keep_until = typed.day("keep_until", "保管の期限")
        if typed:
            wanted = exports.Wanted(
                kind, int(year) if year else None, day, columns, reason, handed_to, medium, keep_until
            )
            try:
                made = exports.ask(ctx, wanted, request.staff.kind)
            except Refused as refusal:
                typed.errors[self.place(str(refusal), by_year)] = str(refusal)
            else:
                return go(f"/release/exports/{ref('export', made.id)}/")
        return self.form(ctx, kind, typed, columns)

    def place(self, text: str, by_year: bool) -> str:
        found = (field for start, field in _PLACES.items() if text.startswith(start))
        return next(found, "year" if by_year else "day")

    def form(self, ctx: Context, kind: str, typed: Typed, chosen: list[str] | None = None):
        _known(kind)
        found = export_kinds.KINDS[kind]
        return "release/export_form.html", {
            "title": f"{found.label}の持出しを申請する",
            "typed": typed,
            "kind": found,
            "years": [(str(year), fiscal_year_name(year)) for year in premium.years(ctx)] if found.by == "year" else (),
            "columns": [
                (key, column.label, key in (chosen or ())) for key, column in export_kinds.offered(ctx, kind).items()
            ],
            "media": exports.MEDIA.items(),
            "most_days": exports.MOST_DAYS,
            "shortest": exports.SHORTEST,
        }  # fmt: skip


class OneExport(Page):
    """What was asked for, by whom, for what; what became of it; the manifest of what was made."""

    permission = "export.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, export: int):
        found = _export(export)
        ruling, product = getattr(found, "ruling", None), getattr(found, "product", None)
        state = exports.state(found)
        columns = [export_kinds.KINDS[found.kind].columns[key] for key in found.columns]
        names = told({found.actor, *([ruling.actor] if ruling else [])})
        mine, may = found.actor == ctx.actor, request.staff.may
        return "release/export.html", {
            "title": f"持出し {_label(found)}",
            "asked": found,
            "kind": export_kinds.KINDS[found.kind].label,
            "which": _which(found),
            "columns": [column.label for column in columns],
            "shielded": found.shielded if any("address" in column.fields for column in columns) else 0,
            "medium": exports.MEDIA[found.medium],
            "asker": names.get(found.actor, ""),
            "ruling": ruling,
            "ruler": names.get(ruling.actor, "") if ruling else "",
            "product": product,
            "fetched": getattr(product, "fetch", None) if product else None,
            "state": state,
            "tone": exports.STATES[state][0],
            "state_label": exports.STATES[state][1],
            "hours": exports.HOURS,
            "may_rule": state == "requested" and may(RuleExport.permission) and not same_person(found.actor, ctx.actor),
            "own": state == "requested" and same_person(found.actor, ctx.actor),
            "may_withdraw": state == "requested" and mine and may(Withdraw.permission),
            "may_produce": state == "approved" and mine and may(Produce.permission),
            "may_fetch": state == "produced" and mine and may(Fetch.permission),
        }  # fmt: skip


class RuleExport(Page):
    """Approved or rejected by another human being."""

    permission = "export.approve"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, export: int):
        remark = request.POST.get("remark", "").strip()[:400]
        exports.rule(ctx, _export(export), request.POST.get("outcome", ""), remark, request.staff.kind)
        return go(f"/release/exports/{ref('export', export)}/")


class Withdraw(Page):
    """By who asked, before anybody ruled."""

    permission = "export.request"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, export: int):
        exports.withdraw(ctx, _export(export))
        return go(f"/release/exports/{ref('export', export)}/")


class Produce(Page):
    """Made once, by who asked; what is stopped in the middle leaves its event and nothing else."""

    permission = "export.request"
    purpose = "release"
    stopped = False

    def post(self, ctx: Context, request: HttpRequest, export: int):
        def now():
            answer = can(
                still(request.staff.session, request.day), self.permission, NOTHING, self.purpose, request.day
            )
            return answer.fields if answer.allowed else None

        try:
            exports.produce(ctx, _export(export), now)
        except exports.Stopped:
            self.stopped = True
            raise
        return go(f"/release/exports/{ref('export', export)}/")

    def perform(self, visit, handler, path: dict) -> HttpResponse:
        answer = super().perform(visit, handler, path)
        if self.stopped:
            record_apart(visit.ctx, "export.produce", f"export:{path['export']}", "failed", why="ended")
        return answer


class Fetch(Page):
    """The file, to who asked, once. A form, not a link: nothing fetches it before its time."""

    permission = "export.fetch"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, export: int):
        content = exports.fetch(ctx, _export(export))
        return _file(content, "text/csv; charset=utf-8", f"{ref('export', export)}.csv")


class ExportManifest(Page):
    """What the file is, without anybody in it."""

    permission = "export.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, export: int):
        product = getattr(_export(export), "product", None)
        if product is None:
            raise Http404
        return _file(
            store.get(product.manifest), "application/json", f"{ref('export', export)}-manifest.json"
        )


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _all():
    return Export.objects.select_related("ruling", "product", "product__fetch")


def _export(export: int) -> Export:
    return get_object_or_404(_all(), id=export)


def _known(kind: str) -> None:
    if kind not in export_kinds.KINDS:
        raise Http404


def _which(asked: Export) -> str:
    return fiscal_year_name(asked.fiscal_year) if asked.fiscal_year else f"{wareki(asked.day)}現在"


def _label(asked: Export) -> str:
    return f"{export_kinds.KINDS[asked.kind].label}({_which(asked)})"


export_urls = [
    path("exports/", Exports.view(), name="exports"),
    path("exports/new/<slug:kind>/", NewExport.view(), name="export_new"),
    path("exports/<export:export>/", OneExport.view(), name="export"),
    path("exports/<export:export>/rule/", RuleExport.view(), name="export_rule"),
    path("exports/<export:export>/withdraw/", Withdraw.view(), name="export_withdraw"),
    path("exports/<export:export>/produce/", Produce.view(), name="export_produce"),
    path("exports/<export:export>/fetch/", Fetch.view(), name="export_fetch"),
    path("exports/<export:export>/manifest/", ExportManifest.view(), name="export_manifest"),
]
export_nav = Nav("持出し", "/release/exports/", "export.view", exports.waiting)
