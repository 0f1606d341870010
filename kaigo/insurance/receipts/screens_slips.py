"""納付書を印刷する: which open terms of a person, and the paper."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from kaigo.base.audit.write import record
from kaigo.base.desk.context import insurer_name
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.views import Page, Refused
from kaigo.base.records.context import Context
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.receipts import slip_paper
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year_name
from kaigo.layouts.agreed import NotAgreed

MOST = 30


class Slips(Page):
    """納付書: the open terms to choose from; the paper as PDF. A POST: paper leaves the house."""

    permission = "receipts.payment_slip"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = residents.one(ctx, person)
        if who is None:
            raise Http404
        found = slip_paper.open_parts(ctx, person)
        return "receipts/slips.html", {
            "title": whose(who.name, "の納付書"),
            "who": who,
            "parts": [
                (one.reference, fiscal_year_name(one.fiscal_year), part_label("slip", one.number), one, one.due_on < ctx.on)
                for one in found
            ],
            "debit": any(one.way == "debit" for one in found),
        }  # fmt: skip

    def post(self, ctx: Context, request: HttpRequest, person: int) -> HttpResponse:
        who = residents.one(ctx, person)
        if who is None:
            raise Http404
        wanted = set(request.POST.getlist("slip"))
        chosen = [one for one in slip_paper.open_parts(ctx, person) if one.reference in wanted]
        if not chosen:
            raise Refused(
                "納付書にする期を選んでください。選んだ期がもう納められたときは、画面を開き直してください。"
            )
        if len(chosen) > MOST:
            raise Refused(f"一度に印刷できるのは{MOST}枚までです。期を分けてください。")
        number = qualification.number(ctx, person)
        try:
            found = [slip_paper.words(ctx, settings.INSURER, who.name, number, one) for one in chosen]
        except NotAgreed as lacks:
            raise Refused(f"納付書を印刷できません。{lacks}") from lacks
        common = {"insurer": insurer_name(settings.INSURER), "head": "介護保険課"}
        printed = slip_paper.sheets(found, common, timezone.now())
        record(
            ctx, "receipts.print_slips", "person", people=[person], slips=len(chosen), yen=sum(one.yen for one in chosen)
        )  # fmt: skip
        answer = HttpResponse(printed.pdf, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="slips-{ref("person", person)}.pdf"'
        return answer
