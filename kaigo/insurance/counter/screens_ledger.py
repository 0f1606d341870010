"""被保険者台帳 on paper: from the person's page, for the section only. Every print is in the access record."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from kaigo.base.audit.write import record
from kaigo.base.desk.context import insurer_name
from kaigo.base.desk.refs import ref
from kaigo.base.desk.views import Page, Refused
from kaigo.base.records.context import Context
from kaigo.insurance.counter.ledger.sheet import ledger, pdf
from kaigo.insurance.counter.person import PURPOSES, times
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki


class PrintLedger(Page):
    """The ledger of one person as PDF. A POST: paper leaves the house, no link in passing makes it."""

    permission = "counter.print"
    purpose = "inquiry"

    def post(self, ctx: Context, request: HttpRequest, person: int) -> HttpResponse:
        purpose = request.POST.get("purpose", "inquiry")
        if purpose not in PURPOSES:
            raise Refused("使いみちを選んでください。")
        asked = times(ctx, request.POST)
        if asked.errors:
            raise Refused("\n".join(asked.errors))
        ctx = replace(ctx, on=asked.on, known_at=asked.known_at, purpose=purpose)
        view = residents.one_or_404(ctx, person)
        person = view.merged_into or person
        words = ledger(ctx, person, asked.told, request.staff.may)
        if words is None:
            raise Http404
        now = timezone.now()
        local = timezone.localtime(now)
        common = {
            "insurer": insurer_name(settings.INSURER),
            "printed_by": f"{request.staff.section} {request.staff.title} {request.staff.name}",
            "printed_at": f"{wareki(local.date())} {local:%H:%M}",
            "purpose": PURPOSES[purpose],
        }
        printed = pdf([words], common, now)
        record(
            ctx, "ledger.print", "person", people=[person], on=asked.on.isoformat(),
            known=asked.known_at.isoformat() if asked.known_at else None, pages=sum(printed.pages),
        )  # fmt: skip
        answer = HttpResponse(printed.pdf, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="ledger-{ref("person", person)}.pdf"'
        return answer
