"""「わたしの情報を見た人」: what a person who asks at the counter is shown and given on paper."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from kaigo.base.audit.write import record
from kaigo.base.desk.context import insurer_name
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.things import access
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, Refused
from kaigo.base.paper.fonts import with_geta
from kaigo.base.paper.press import render
from kaigo.base.records.context import Context
from kaigo.base.traces import read, told
from kaigo.law.dates import wareki

TEMPLATE = Path(__file__).with_name("told.typ")
YEAR = timedelta(days=365)


class Told(Page):
    """The rows as the person gets them, to look at before they are printed."""

    permission = "audit.tell"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        same, typed = _same(ctx, person), Typed(request.GET)
        since, until = _period(typed)
        found = [] if typed.errors else told.uses(ctx, same, since, until)
        return "traces/told.html", {
            "title": "本人に伝える利用・提供の記録",
            "person": person,
            "name": access().names(ctx, [person]).get(person, "") if ctx.sees("name") else "",
            "address": access().address(person),
            "guarded": access().guarded(ctx, same),
            "typed": typed,
            "since": since,
            "until": until,
            "withheld": list(told.tables()["withheld"].values()),
            "page": Pages(None, request, len(found), lambda limit, offset: found[offset : offset + limit]),
        }


class PrintTold(Page):
    """On paper, into the person's hands. A POST: paper leaves the house."""

    permission = "audit.tell"
    purpose = "inquiry"

    def post(self, ctx: Context, request: HttpRequest, person: int) -> HttpResponse:
        same, typed = _same(ctx, person), Typed(request.POST)
        since, until = _period(typed)
        if typed.errors:
            raise Refused("\n".join(typed.errors.values()))
        if access().guarded(ctx, same) and request.POST.get("checked") != "1":
            raise Refused("支援措置の対象者です。窓口で本人を確かめたことに印を付けてから印刷してください。")
        found = told.uses(ctx, same, since, until)
        now = timezone.now()
        local = timezone.localtime(now)
        common = {
            "insurer": insurer_name(settings.INSURER),
            "printed_at": f"{wareki(local.date())} {local:%H:%M}",
        }
        letter = {
            # On the sheet stands the person's own name, for whoever may see names at all.
            "name": access().names(ctx, [person]).get(person, "") if ctx.sees("name") else "",
            "period": f"{wareki(since)}から{wareki(until)}まで",
            "notes": _notes(),
            "rows": [_row(use) for use in found],
        }
        printed = render(TEMPLATE, [with_geta(letter)], now.replace(microsecond=0), with_geta(common))
        record(
            ctx, "traces.tell", "person", people=same, since=since.isoformat(), until=until.isoformat(), rows=len(found),
            pages=sum(printed.pages),
        )  # fmt: skip
        answer = HttpResponse(printed.pdf, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="told-{ref("person", person)}.pdf"'
        return answer


def _row(use: told.Use) -> list[str]:
    at = use.at if use.times == 1 else f"{use.at}({use.times}回)"
    return [wareki(use.day), at, use.section, use.purpose, use.what, use.items or "—", use.to or "—"]


def _notes() -> list[str]:
    withheld = "、".join(told.tables()["withheld"].values())
    return [
        "職員の氏名は載せていません。部署として責任を負います。",
        f"{withheld}は載せていません。",
        "断った閲覧(だれも見ていないもの)は載せていません。",
    ]


def _period(typed: Typed) -> tuple[date, date]:
    """The last year where nothing is said; what cannot be read is told in `typed.errors`."""
    today = read.today()
    until = typed.day("until", "いつまで", required=False) or today
    since = typed.day("since", "いつから", required=False) or until - YEAR
    if since > until:
        typed.errors["since"] = "いつからは、いつまでより前の日にしてください"
    return since, until


def _same(ctx: Context, person: int) -> tuple[int, ...]:
    found = access().same(ctx, person)
    if not found:
        raise Http404
    return found


urls = [
    path("person/<person:person>/told/", Told.view(), name="told"),
    path("person/<person:person>/told/print/", PrintTold.view(), name="tell"),
]
