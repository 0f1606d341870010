"""Pages of the room: the month, certificates that should come back, one person."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref, unref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.insurance.certificates import changed, decide, read
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import add_months, wareki_month


class Month(Page):
    """Certificates issued in a month, 12 months to choose from."""

    permission = "certificates.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None, month: int | None = None):
        this = ctx.on.replace(day=1)
        first = date(year, month, 1) if year and month and 1 <= month <= 12 and 2000 <= year < 2100 else this
        found = read.of_month(ctx, first, add_months(first, 1))
        page = Pages(found, request)
        names = residents.names(ctx, [c.person for c in page])
        return "certificates/month.html", {
            "title": f"被保険者証の交付 {wareki_month(first)}",
            "first": first,
            "months": [add_months(this, -back) for back in range(12)],
            "page": page,
            "rows": [(c, names.get(c.person, "")) for c in page],
            "counts": read.counts(ctx),
        }


class ToRecover(Page):
    """Certificates still out though the qualification is lost."""

    permission = "certificates.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(read.to_recover(ctx), request)
        names = residents.names(ctx, [row[1] for row in page])
        return "certificates/recover.html", {
            "title": "回収していない被保険者証",
            "page": page,
            "rows": [(person, names.get(person, ""), issued, lost) for _, person, issued, lost in page],
        }


class ChangesDue(Page):
    """Whose certificate no longer says who he is or where he lives; a new one now, for one or for all."""

    permission = "certificates.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest):
        found = changed.due(ctx)
        page = Pages(found, request)
        names = residents.names(ctx, [one.person for one in page])
        return "certificates/changes.html", {
            "title": "記載事項が変わり、新しい被保険者証が要る人",
            "page": page,
            "rows": [(one, names.get(one.person, "")) for one in page],
            "total": len(found),
        }


class ReissueChanged(Page):
    """New certificates for those whose particulars changed."""

    permission = "certificates.issue"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest):
        chosen = request.POST.get("person", "")
        person = unref("person", chosen)
        if chosen and person is None:
            raise Http404
        made = changed.reissue(ctx, [person] if chosen else None)
        if not made:
            raise Refused("新しい証が要る人はいません。")
        return go(f"/certificates/person/{ref('person', person)}/" if person else "/certificates/")


class Person(Page):
    """A person's certificates and what can be done with them."""

    permission = "certificates.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = residents.one_or_404(ctx, person)
        found = read.history(ctx, person)
        return "certificates/person.html", {
            "title": whose(who.name, "の被保険者証"),
            "who": who,
            "history": found,
            "held": next((c for c in found if c.current and c.state == "issued"), None),
            "reissue": [(key, decide.REASONS[key]) for key in decide.REISSUE],
            "recover": [
                (f"{state}:{key}", f"{read.STATES[state]}({decide.REASONS[key]})")
                for state, keys in decide.RECOVER.items()
                for key in keys
            ],
        }


class Act(Page):
    """Issue, reissue, recover."""

    permission = "certificates.issue"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest, person: int):
        act = request.POST.get("act", "")
        if act == "issue":
            decide.issue(ctx, person)
        elif act in ("reissue", "recover"):
            held = decide.current(person)
            if held is None:
                raise Refused("有効な被保険者証がありません。")
            if act == "reissue":
                decide.reissue(ctx, held.id, request.POST.get("reason", ""))
            else:
                state, _, reason = request.POST.get("result", "").partition(":")
                decide.recover(ctx, held.id, state, reason)
        else:
            raise Refused("何をするかを選んでください。")
        return go(f"/certificates/person/{ref('person', person)}/")


urls = [
    path("", Month.view(), name="month_now"),
    path("<int:year>/<int:month>/", Month.view(), name="month"),
    path("changes/", ChangesDue.view(), name="changes"),
    path("changes/reissue/", ReissueChanged.view(), name="reissue_changed"),
    path("recover/", ToRecover.view(), name="recover"),
    path("person/<person:person>/", Person.view(), name="person"),
    path("person/<person:person>/act/", Act.view(), name="act"),
]
nav = Nav("証", "/certificates/", "certificates.view")
