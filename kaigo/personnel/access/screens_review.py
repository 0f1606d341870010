"""棚卸し and 緊急閲覧: what somebody else has to look at, by when."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone

from kaigo.base.desk.context import SYSTEMS
from kaigo.base.desk.pages import ROWS, Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import Title
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.staff import emergencies
from kaigo.base.staff.can import Reach, reach
from kaigo.base.staff.models import Account, Emergency
from kaigo.base.staff.recertifying import recertify, to_review
from kaigo.base.staff.tables import limits
from kaigo.personnel.access import watched
from kaigo.personnel.people import read as people


class Review(Page):
    """Sections with the day by which their grants must be looked at; of one section all grants in one act.

    Fifty are shown at a time; answers that were given on other pages go along in the form until the last.
    """

    permission = "staff.review"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        section = request.GET.get("section", "")
        within = self.within(ctx, request)
        if section:
            if not within.covers({section}):
                raise Http404
            return self.section(ctx, section, Typed())
        return "access/review.html", {
            "title": "権限の棚卸し",
            "sections": [
                (one, one.overdue(ctx.on)) for one in watched.sections(ctx) if within.covers({one.section})
            ],
            "months": limits()["recertification_months"],
        }

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        section = typed.text("section", "課", longest=60)
        within = self.within(ctx, request)
        asked_for = typed.text("turn", "ページ", required=False, longest=5)
        if asked_for.isascii() and asked_for.isdigit() and within.covers({section}):
            return self.section(ctx, section, typed, int(asked_for))
        keeps = {}
        for grant in to_review(ctx, section):
            name = _field(grant)
            answer = request.POST.get(name, "")
            if answer in ("keep", "end"):
                keeps[grant] = answer == "keep"
            else:
                typed.errors[name] = "続けるか終えるかを選んでいない権限があります"
        if typed.errors and within.covers({section}):
            return self.section(ctx, section, typed)
        recertify(ctx, section, keeps, within)
        return go("/access/review/")

    def within(self, ctx: Context, request: HttpRequest) -> Reach:
        return reach(request.staff, self.permission, self.purpose, ctx.on)

    def section(self, ctx: Context, section: str, typed: Typed, number: int | None = None):
        """number: of the page; None = the first on which an answer is missing."""
        found = people.section_grants(ctx, section)
        if not found:
            raise Http404
        mine = to_review(ctx, section)
        rows = [
            (
                grant,
                grant.id in mine,
                (name := _field(grant.id)),
                typed.text_of.get(name, ""),
                name in typed.errors,
            )
            for grant in found
        ]
        last = -(-len(rows) // ROWS)
        if number is None:
            number = next((place // ROWS + 1 for place, (*_, wrong) in enumerate(rows) if wrong), 1)
        number = min(max(1, number), last)
        begin = (number - 1) * ROWS
        return "access/review_section.html", {
            "title": f"権限の棚卸し {section}",
            "section": section,
            "rows": rows[begin : begin + ROWS],
            "others": [
                (name, answer)
                for place, (_, asked, name, answer, _) in enumerate(rows)
                if asked and answer in ("keep", "end") and not begin <= place < begin + ROWS
            ],
            "total": len(rows),
            "first": begin + 1,
            "until": min(begin + ROWS, len(rows)),
            "before": number - 1,
            "after": number + 1 if number < last else 0,
            "any": bool(mine),
            "missing": sum(1 for *_, wrong in rows if wrong),
            "first_missing": next((name for _, _, name, _, wrong in rows if wrong), ""),
            "reviews": watched.reviews(ctx, section),
        }


def _field(grant: int) -> str:
    return f"grant-{ref('grant', grant)}"


class Emergencies(Page):
    """Every emergency: those that wait for a review first."""

    permission = "staff.review"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(
            None,
            request,
            watched.emergency_count(ctx),
            lambda limit, offset: [
                (one, one.overdue(ctx.on), emergencies.OUTCOMES.get(one.outcome, ""))
                for one in watched.emergencies(ctx, limit, offset)
            ],
        )
        return "access/emergencies.html", {"title": "緊急閲覧", "page": page}


class EmergencyReview(Page):
    """One emergency, and what another person found."""

    permission = "staff.review"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest, emergency: int):
        return self.shown(ctx, request, emergency, Typed())

    def post(self, ctx: Context, request: HttpRequest, emergency: int):
        typed = Typed(request.POST)
        outcome = typed.choice("outcome", "結果", emergencies.OUTCOMES)
        remark = typed.text("remark", "確かめたこと", longest=400)
        found = get_object_or_404(Emergency, id=emergency)
        if typed.errors:
            return self.shown(ctx, request, emergency, typed)
        emergencies.review(ctx, found, outcome, remark)
        return go("/access/emergencies/")

    def shown(self, ctx: Context, request: HttpRequest, emergency: int, typed: Typed):
        view = watched.emergency(ctx, emergency)
        if view is None:
            raise Http404
        return "access/emergency.html", {
            "title": Title("緊急閲覧", f"緊急閲覧 {view.name}"),
            "view": view,
            "overdue": view.overdue(ctx.on),
            "outcome": emergencies.OUTCOMES.get(view.outcome, ""),
            "outcomes": list(emergencies.OUTCOMES.items()),
            "own": view.member == request.staff.member,
            "seen": _seen(view) if request.staff.may("audit.view") else [],
            "typed": typed,
        }


def _seen(view: watched.EmergencyView) -> list[tuple[str, str]]:
    """(system, address) of what this member did on these days, in each system's own record of accesses."""
    days = (timezone.localtime(moment).date() for moment in (view.begun_at, view.ends_at))
    query = urlencode(
        dict(zip(("since", "until"), days, strict=True)) | {"staff": ref("member", view.member)}
    )
    return [
        (SYSTEMS[system], f"{settings.SYSTEM_URLS[system]}/traces/?{query}")
        for system in ("staff", "insurance")
    ]


class Begin(Page):
    """緊急閲覧を始める: everybody may ask, only the ward's own staff may begin, after a fresh proof."""

    permission = "staff.self"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(request, Typed())

    def post(self, ctx: Context, request: HttpRequest):
        # The permission is everybody's own and asks for no proof; this act does.
        proved = request.staff.proved
        if proved is None or proved > limits()["step_up_minutes"] * 60:
            return self.prove(request)
        typed = Typed(request.POST)
        case = typed.text("case", "何の件か", longest=60)
        reason = typed.text("reason", "理由", longest=400)
        if not typed.errors and len(reason) < emergencies.SHORTEST:
            typed.errors["reason"] = f"理由は{emergencies.SHORTEST}文字以上で書いてください"
        if typed.errors:
            return self.form(request, typed)
        emergencies.begin(ctx, Account.objects.get(id=request.staff.account), case, reason)
        return go("/access/mine/")

    def form(self, request: HttpRequest, typed: Typed):
        return "access/begin.html", {
            "title": "緊急閲覧を始める",
            "typed": typed,
            "minutes": limits()["emergency_minutes"],
            "allowed": request.staff.kind == "staff",
        }


urls = [
    path("review/", Review.view(), name="review"),
    path("emergencies/", Emergencies.view(), name="emergencies"),
    path("emergencies/<emergency:emergency>/", EmergencyReview.view(), name="emergency"),
    path("emergency/", Begin.view(), name="begin"),
]
