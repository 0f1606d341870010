"""Acts: a payee is entered, a decision proposed, approved or dropped by a second person, a transfer that came back noted."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.refs import ref, unref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import same_person, told
from kaigo.insurance.refunds import decide, payees, read, shared, transfers, words
from kaigo.insurance.refunds.models import Line, Payee, Proposal, Transfer, Use
from kaigo.insurance.registers.read import bank_name
from kaigo.insurance.residents import read as residents


class PayeeForm(Page):
    """To whom money of a person goes, as on the request form. What was typed stays when something is wrong."""

    permission = "refunds.propose"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int, kind: str):
        row = Payee.objects.filter(person_id=person, kind=kind).first()
        return self.form(ctx, person, kind, _typed_of(row) if ctx.sees("bank") else Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int, kind: str):
        typed = Typed(request.POST)
        given = _given(typed, kind)
        if typed:
            try:
                payees.register(ctx, person, given)
                return go(f"/refunds/person/{ref('person', person)}/")
            except Refused as refusal:
                typed.errors["payee"] = str(refusal)
        return self.form(ctx, person, kind, typed)

    def form(self, ctx: Context, person: int, kind: str, typed: Typed):
        who = residents.one_or_404(ctx, person)
        if kind not in payees.KINDS:
            raise Http404
        registered = payees.registered(ctx, person) if kind == "person" else None
        guardians = payees.guardians(ctx, person) if kind == "guardian" else []
        names = residents.names(ctx, guardians)
        return "refunds/payee.html", {
            "title": whose(who.name, f"の還付の支払先({payees.KINDS[kind]})"),
            "who": who,
            "kind": kind,
            "typed": typed,
            "proofs": [
                (key, label)
                for key, label in payees.PROOFS[kind].items()
                if key != "registered" or registered is not None
            ],
            "registered": registered and (_shown(registered) if ctx.sees("bank") else HIDDEN),
            "guardians": [(ref("person", other), names.get(other, "")) for other in guardians],
            "account_kinds": payees.ACCOUNT_KINDS.items(),
            "unfit": payees.unfit(ctx, person, kind),
        }


def _shown(account: payees.Account) -> str:
    place = bank_name(account.bank, account.branch) or f"{account.bank} {account.branch}"
    return f"{place} {payees.ACCOUNT_KINDS.get(account.account_kind, '')} {account.account} {account.holder}"


def _typed_of(row: Payee | None) -> Typed:
    if row is None:
        return Typed()
    words_of = {
        name: str(getattr(row, name) or "")
        for name in ("name", "address", "proof", "proof_text", "claimed_on")
    }
    if row.other_id:
        words_of["other"] = ref("person", row.other_id)
    return Typed(words_of | (payees.account_of(row)._asdict() if row.account_from == "form" else {}))


def _given(typed: Typed, kind: str) -> payees.Given:
    proof = typed.choice("proof", "確かめた書類", payees.PROOFS.get(kind, {}))
    account = None
    if proof != "registered":
        account = payees.Account(
            typed.text("bank", "金融機関の番号", longest=4),
            typed.text("branch", "支店の番号", longest=3),
            typed.choice("account_kind", "預金種目", payees.ACCOUNT_KINDS),
            typed.text("account", "口座番号", longest=7),
            typed.text("holder", "口座名義", longest=60),
        )
    # As a reference: whoever is the guardian himself is kept from this by the desk (Visit.chosen).
    other = typed.text("other", "後見人", required=kind == "guardian", longest=60)
    return payees.Given(
        kind,
        proof,
        typed.text("proof_text", "書類の番号または日付", required=kind != "person", longest=200),
        typed.day("claimed_on", "請求のあった日", required=proof == "claim"),
        account,
        typed.text("name", "名前", required=kind != "person", longest=120),
        typed.text("address", "住所", required=kind == "heir", longest=200),
        unref("person", other) if other else None,
    )


class Propose(Page):
    """Propose today's decision for one payee."""

    permission = "refunds.propose"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, person: int):
        kind = request.POST.get("kind", "")
        row = Payee.objects.filter(person_id=person, kind=kind).first() if kind else None
        made = decide.propose(ctx, person, row.id if row else None)
        return go(f"/refunds/proposal/{ref('proposal', made.id)}/")


class Shown(Page):
    """A proposal: figures, payments, where it goes, why, and what the second person may do."""

    permission = "refunds.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, proposal: int):
        row = Proposal.objects.select_related("payee").filter(id=proposal).first()
        view = read.one(ctx, proposal)
        who = residents.one(ctx, row.person_id) if row else None
        if row is None or view is None or who is None:
            raise Http404
        others = shared.strangers(ctx, [row.payee_id]) if row.payee_id else []
        names = residents.names(ctx, [other.person for other in others])
        staff = told([view.proposed_by, view.ruled_by])
        return "refunds/proposal.html", {
            "title": whose(who.name, "の還付・充当"),
            "who": who,
            "row": view,
            "payee": row.payee,
            "payee_label": payees.KINDS.get(row.payee_kind, ""),
            "account": _account(ctx, row.payee),
            "proof": payees.PROOFS[row.payee.kind][row.payee.proof] if row.payee else "",
            "changed": row.payee is not None and payees.digest(row.payee) != row.payee_digest,
            "lines": [
                (line, words.term(line.fiscal_year, line.way, line.number), read.CAUSES[line.cause])
                for line in Line.objects.filter(proposal=row).order_by("id")
            ],
            "uses": [
                (words.term(use.fiscal_year, use.way, use.number), use.yen)
                for use in Use.objects.filter(proposal=row).order_by("id")
            ],
            "told": read.told(ctx, proposal),
            "said": read.told(ctx, proposal, "person"),
            "others": [(other, names.get(other.person, ""), shared.WHAT[other.what]) for other in others],
            "mine": same_person(row.actor, ctx.actor),
            "proposer": staff.get(view.proposed_by, ""),
            "ruler": staff.get(view.ruled_by, ""),
            "reason": transfers.REASONS.get(view.return_reason, ""),
        }


def _account(ctx: Context, payee: Payee | None) -> str:
    if payee is None:
        return ""
    return _shown(payees.account_of(payee)) if ctx.sees("bank") else HIDDEN


class Approve(Page):
    """By a second person; a stranger's account or address needs his reason."""

    permission = "refunds.approve"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, proposal: int):
        get_object_or_404(Proposal, id=proposal)
        decide.approve(ctx, proposal, request.POST.get("shared_why", ""))
        return go(f"/refunds/proposal/{ref('proposal', proposal)}/")


class Reject(Page):
    """By a second person, with a reason."""

    permission = "refunds.approve"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, proposal: int):
        get_object_or_404(Proposal, id=proposal)
        decide.reject(ctx, proposal, request.POST.get("remark", ""))
        return go(f"/refunds/proposal/{ref('proposal', proposal)}/")


class Withdraw(Page):
    """Given up, with a reason."""

    permission = "refunds.propose"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, proposal: int):
        get_object_or_404(Proposal, id=proposal)
        decide.withdraw(ctx, proposal, request.POST.get("remark", ""))
        return go(f"/refunds/proposal/{ref('proposal', proposal)}/")


class ComeBack(Page):
    """振込不能 as the bank told it."""

    permission = "refunds.propose"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, transfer: int):
        get_object_or_404(Transfer, id=transfer)
        made = transfers.take_back(
            ctx, transfer, request.POST.get("reason", ""), request.POST.get("remark", "")
        )
        return go(f"/refunds/proposal/{ref('proposal', made.transfer.proposal_id)}/")


act_urls = [
    path("person/<person:person>/payee/<slug:kind>/", PayeeForm.view(), name="payee"),
    path("person/<person:person>/propose/", Propose.view(), name="propose"),
    path("proposal/<proposal:proposal>/", Shown.view(), name="proposal"),
    path("proposal/<proposal:proposal>/approve/", Approve.view(), name="approve"),
    path("proposal/<proposal:proposal>/reject/", Reject.view(), name="reject"),
    path("proposal/<proposal:proposal>/withdraw/", Withdraw.view(), name="withdraw"),
    path("transfer/<transfer:transfer>/return/", ComeBack.view(), name="come_back"),
]
