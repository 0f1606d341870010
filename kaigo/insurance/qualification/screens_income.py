"""所得照会: whom to ask about, what was asked, what is late, the reply. Nothing is sent from here: notices and release."""

from __future__ import annotations

import unicodedata
from itertools import groupby

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import HIDDEN, Context
from kaigo.insurance.qualification import income_inquiries
from kaigo.insurance.qualification.income_inquiries import STATES
from kaigo.insurance.qualification.income_wanted import wanted
from kaigo.insurance.qualification.models import IncomeInquiry, IncomeReply
from kaigo.insurance.qualification.read import guarded
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.insurance.residents import taxation
from kaigo.law.dates import fiscal_year, fiscal_year_name

VIEWS = {
    "wanted": "照会が要る人", "asked": "発送前", "sent": "回答待ち", "overdue": "期限を過ぎた", "no_record": "記録なし",
    "answered": "回答済み", "dropped": "取りやめ",
}  # fmt: skip
EARLIER = 2


class Inquiries(Page):
    """Whom to ask about, by municipality; what was asked, in each state."""

    permission = "qualification.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest):
        this = fiscal_year(ctx.on)
        years = [str(year) for year in range(this, this - EARLIER - 1, -1)]
        year = int(request.GET["year"]) if request.GET.get("year") in years else this
        view = request.GET.get("view", "wanted")
        if view not in VIEWS:
            raise Http404
        data = {
            "title": f"所得照会 {fiscal_year_name(year)}",
            "year": year,
            "years": [(int(one), fiscal_year_name(int(one))) for one in years],
            "view": view,
            "views": VIEWS.items(),
            "counts": _counts(ctx, year),
            "here": "inquiries",
            "typed": Typed(),
        }
        if view == "wanted":
            return "qualification/inquiries_wanted.html", data | _groups(ctx, year)
        page = Pages(list(_rows(ctx, year, view)), request)
        names = residents.names(ctx, [row.person_id for row in page])
        places = _places(ctx, {row.municipality for row in page})
        return "qualification/inquiries.html", data | {
            "page": page,
            "rows": [
                (row, names.get(row.person_id, ""), places[row.municipality], *STATES[row.state], _late(ctx, row))
                for row in page
            ],
        }  # fmt: skip


def _rows(ctx: Context, year: int, view: str):
    rows = IncomeInquiry.objects.filter(fiscal_year=year).order_by("municipality", "reply_by", "id")
    if view == "overdue":
        return rows.filter(state="sent", reply_by__lt=ctx.on)
    return rows.filter(state=view)


def _late(ctx: Context, row: IncomeInquiry) -> int:
    """Days since the reply was due, 0 = it is not late."""
    return max(0, (ctx.on - row.reply_by).days) if row.state == "sent" else 0


def _counts(ctx: Context, year: int) -> dict[str, int]:
    return {view: _rows(ctx, year, view).count() for view in VIEWS if view != "wanted"}


def _places(ctx: Context, codes) -> dict[str, str]:
    return {code: registers.insurer_name(ctx, code) or code for code in codes}


def _groups(ctx: Context, year: int) -> dict:
    """The people to be asked about, by municipality; those about whom nobody can be asked apart."""
    found = wanted(ctx, year)
    groups = []
    for code, same in groupby((one for one in found if one.askable), key=lambda one: one.municipality):
        people = list(same)
        groups.append(
            {
                "code": code,
                "name": registers.insurer_name(ctx, code),
                "people": people,
                "free": [one for one in people if not one.guarded],
            }
        )
    return {
        "groups": groups,
        "total": len(found),
        "nobody": [one for one in found if not one.askable],
        "guarded": sum(1 for one in found if one.guarded),
    }


class AskMany(Page):
    """Ask the chosen municipalities about everybody of theirs who is not under 支援措置."""

    permission = "qualification.decide"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest):
        this = fiscal_year(ctx.on)
        year = request.POST.get("year", "")
        if year not in {str(one) for one in range(this, this - EARLIER - 1, -1)}:
            raise Http404
        typed = Typed(request.POST)
        reply_by = typed.day("reply_by", "回答の期限")
        chosen = request.POST.getlist("municipality")
        if reply_by is None or typed.errors:
            raise Refused(typed.errors["reply_by"])
        if not chosen:
            raise Refused("照会する市区町村を選んでください。")
        groups = {group["code"]: group for group in _groups(ctx, int(year))["groups"]}
        for code in chosen:
            group = groups.get(code)
            if group is None or not group["free"]:
                raise Refused("照会する人のいない市区町村が選ばれています。画面を開き直してください。")
            income_inquiries.ask(ctx, int(year), code, [one.person for one in group["free"]], reply_by)
        return go(f"/qualification/inquiries/?year={year}&view=asked")


class AskOne(Page):
    """Ask about one person: a protected one with a reason, or another municipality after one that has no record."""

    permission = "qualification.decide"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest, person: int, year: int):
        return "qualification/inquiry_ask.html", self.form(ctx, person, year, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int, year: int):
        typed = Typed(request.POST)
        data = self.form(ctx, person, year, typed)
        code = unicodedata.normalize("NFKC", typed.text("municipality", "市区町村の団体コード", longest=6))
        reply_by = typed.day("reply_by", "回答の期限")
        reason = typed.text("reason", "照会してよい理由", required=data["guarded"], longest=500)
        if code and registers.insurer_name(ctx, code) is None:
            typed.errors["municipality"] = f"団体コード「{code}」の市区町村は台帳にありません"
        if typed.errors or reply_by is None:
            return "qualification/inquiry_ask.html", data
        (made,) = income_inquiries.ask(ctx, year, code, [person], reply_by, reason)
        return go(f"/qualification/inquiries/{ref('inquiry', made.id)}/")

    def form(self, ctx: Context, person: int, year: int, typed: Typed) -> dict:
        view = residents.one_or_404(ctx, person)
        if not 0 <= fiscal_year(ctx.on) - year <= EARLIER:
            raise Http404
        found = wanted(ctx, year, [person])
        if not typed.text_of and found and found[0].askable:
            typed.text_of["municipality"] = found[0].municipality
        return {
            "title": whose(view.name, "の所得照会"),
            "person": view,
            "year_name": fiscal_year_name(year),
            "typed": typed,
            "guarded": bool(guarded(ctx, [person])),
            "wanted": found[0] if found else None,
            "before": IncomeInquiry.objects.filter(person_id=person, fiscal_year=year).order_by("id"),
        }


class Inquiry(Page):
    """One inquiry: what was asked, what was answered, and entering the reply: typed, shown, then registered."""

    permission = "qualification.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest, inquiry: int):
        return "qualification/inquiry.html", _one(ctx, request, _inquiry(inquiry), Typed())


class Reply(Page):
    """The reply with a record, checked as a line of the tax office's file is."""

    permission = "qualification.decide"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest, inquiry: int):
        found = _inquiry(inquiry)
        typed = Typed(request.POST)
        replied_on = typed.day("replied_on", "回答の日")
        remark = typed.text("remark", "備考", required=False, longest=500)
        told = {key: _plain(typed.text_of.get(key, "")) for key in taxation.TOLD}
        typed.errors |= taxation.problems(found.person_id, found.fiscal_year, told)
        data = _one(ctx, request, found, typed)
        if typed.errors or replied_on is None:
            return "qualification/inquiry.html", data
        if request.POST.get("step") == "do":
            income_inquiries.reply(ctx, found, replied_on, told, remark)
            return go(f"/qualification/inquiries/{ref('inquiry', inquiry)}/")
        return "qualification/inquiry.html", data | {
            "told": [(field.name, _shown(field, told[field.key])) for field in taxation.fields()],
            "hidden": [*told.items(), ("replied_on", typed.text_of["replied_on"]), ("remark", remark)],
            "replied_on": replied_on,
        }


class NoRecord(Page):
    """The municipality has no record."""

    permission = "qualification.decide"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest, inquiry: int):
        found = _inquiry(inquiry)
        typed = Typed(request.POST)
        replied_on = typed.day("replied_on", "回答の日")
        if replied_on is None:
            raise Refused(typed.errors["replied_on"])
        income_inquiries.reply_no_record(ctx, found, replied_on, request.POST.get("remark", "")[:500])
        return go(f"/qualification/inquiries/{ref('inquiry', inquiry)}/")


class Drop(Page):
    """No longer needed."""

    permission = "qualification.decide"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest, inquiry: int):
        income_inquiries.drop(ctx, _inquiry(inquiry), request.POST.get("reason", "")[:500])
        return go(f"/qualification/inquiries/{ref('inquiry', inquiry)}/")


def _inquiry(inquiry: int) -> IncomeInquiry:
    return get_object_or_404(IncomeInquiry, id=inquiry)


def _one(ctx: Context, request: HttpRequest, row: IncomeInquiry, typed: Typed) -> dict:
    view = residents.one_or_404(ctx, row.person_id)
    words = {field.key: field for field in taxation.fields()}
    replies = [
        (
            r,
            [(words[key].name, _shown(words[key], value)) for key, value in r.told.items()]
            if ctx.sees("tax")
            else [("回答の内容", HIDDEN)],
        )
        for r in IncomeReply.objects.filter(inquiry=row).order_by("-id")
    ]
    state, tone = STATES[row.state]
    return {
        "title": whose(view.name, "の所得照会"),
        "person": view,
        "inquiry": row,
        "year_name": fiscal_year_name(row.fiscal_year),
        "place": registers.insurer_name(ctx, row.municipality) or row.municipality,
        "state": state,
        "tone": tone,
        "late": _late(ctx, row),
        "replies": replies,
        "hides_tax": not ctx.sees("tax"),
        "typed": typed,
        "fields": [
            (field, typed.text_of.get(field.key, ""), typed.errors.get(field.key, ""))
            for field in taxation.fields()
        ],
        "may_enter": request.staff.may(Reply.permission) and row.state != "dropped",
        "may_drop": row.state in ("asked", "sent", "no_record"),
    }


def _plain(text: str) -> str:
    """What people type for yen, as a file would have it."""
    return unicodedata.normalize("NFKC", text).replace(",", "").replace("円", "").replace("−", "-").strip()


def _shown(field, text: str) -> str:
    if field.codes:
        return dict(field.codes).get(text, "記載なし")
    return f"{int(text):,} 円" if text else "記載なし"


income_urls = [
    path("inquiries/", Inquiries.view(), name="inquiries"),
    path("inquiries/ask/", AskMany.view(), name="inquiries_ask"),
    path("inquiries/ask/<person:person>/<int:year>/", AskOne.view(), name="inquiry_ask"),
    path("inquiries/<inquiry:inquiry>/", Inquiry.view(), name="inquiry"),
    path("inquiries/<inquiry:inquiry>/reply/", Reply.view(), name="inquiry_reply"),
    path("inquiries/<inquiry:inquiry>/none/", NoRecord.view(), name="inquiry_none"),
    path("inquiries/<inquiry:inquiry>/drop/", Drop.view(), name="inquiry_drop"),
]
