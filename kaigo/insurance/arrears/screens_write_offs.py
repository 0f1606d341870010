"""不納欠損: what may be written off, the proposals, one proposal with its terms, approval by a second person."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from kaigo.base.desk.charts import bars
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.base.staff.who import same_person, told
from kaigo.insurance.arrears import write_offs
from kaigo.insurance.arrears.forms import Field, PersonForm
from kaigo.insurance.arrears.models import Proposal
from kaigo.insurance.residents import read as residents
from kaigo.law.reasons import unpack
from kaigo.law.words import tell_all


class WriteOffs(Page):
    """What may be written off today by ground, and the proposals."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        taken = write_offs.waiting(ctx)
        found = [c for c in write_offs.candidates(ctx) if c.key not in taken]
        page = Pages(found, request)
        names = residents.names(ctx, [c.person for c in page])
        made = write_offs.proposals(ctx)
        who = told([p.requested_by for p in made] + [p.approved_by for p in made])
        return "arrears/write_offs.html", {
            "title": "不納欠損",
            "page": page,
            "rows": [
                (
                    c,
                    names.get(c.person, ""),
                    write_offs.GROUNDS[c.ground],
                    tell_all(unpack(c.packed), "staff"),
                )
                for c in page
            ],
            "grounds": [
                (
                    key,
                    label,
                    sum(c.ground == key for c in found),
                    sum(c.yen for c in found if c.ground == key),
                )
                for key, label in write_offs.GROUNDS.items()
            ],
            "chart": bars(
                "理由ごとの額",
                [
                    (label, sum(c.yen for c in found if c.ground == key))
                    for key, label in write_offs.GROUNDS.items()
                ],
                "円",
                "理由",
            ),
            "proposals": [(p, who.get(p.requested_by, ""), who.get(p.approved_by, "")) for p in made],
        }


class Propose(Page):
    """Everything of a ground, for approval."""

    permission = "arrears.propose"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest):
        which = request.POST.get("ground", "")
        if which not in ("", *write_offs.GROUNDS):
            raise Refused("不納欠損の理由を選んでください。")
        made = write_offs.propose(ctx, which, request.POST.get("reason", ""))
        return go(f"/arrears/write-offs/{ref('write_off_request', made.id)}/")


class ProposeReversal(PersonForm):
    """A write-off was wrong: the reason, for approval."""

    permission = "arrears.propose"
    title, button = "の不納欠損の取消し", "取消しの承認を依頼する"
    hint = "別の職員が承認すると、この期はまた滞納になります。時効を決めた事実が誤っていたときは、それを先に直してください。"
    fields = (Field("reason", "取り消す理由"),)

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        write_offs.propose_reversal(ctx, [path["write_off"]], values["reason"])


class ProposalPage(Page):
    """One proposal with its terms."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, proposal: int):
        found = write_offs.proposal(ctx, proposal)
        if found is None:
            raise Http404
        page = Pages(write_offs.proposed(ctx, proposal), request)
        names = residents.names(ctx, [t.person_id for t in page])
        who = told([found.requested_by, found.approved_by])
        return "arrears/proposal.html", {
            "title": f"{found.label}の依頼",
            "found": found,
            "asker": who.get(found.requested_by, ""),
            "approver": who.get(found.approved_by, ""),
            "own": found.state == "requested" and same_person(found.requested_by, ctx.actor),
            "page": page,
            "rows": [
                (
                    t,
                    names.get(t.person_id, ""),
                    write_offs.GROUNDS[t.ground],
                    tell_all(unpack(t.reasons), "staff"),
                )
                for t in page
            ],
        }


class Approve(Page):
    """By a second person."""

    permission = "arrears.approve"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, proposal: int):
        get_object_or_404(Proposal, id=proposal)
        write_offs.approve(ctx, proposal)
        return go(f"/arrears/write-offs/{ref('write_off_request', proposal)}/")


class Abandon(Page):
    """Give a proposal up."""

    permission = "arrears.propose"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, proposal: int):
        get_object_or_404(Proposal, id=proposal)
        write_offs.abandon(ctx, proposal)
        return go(f"/arrears/write-offs/{ref('write_off_request', proposal)}/")
