"""Why is this person looked at? Asked where nothing explains it, before anything of him is shown: not even his name."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme

from kaigo.base.audit.write import record
from kaigo.base.desk.refs import ref
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.staff.can import Staff
from kaigo.insurance.counter.decide import KINDS, explain, take
from kaigo.insurance.residents import read as residents

# For what one may look at somebody whom no work brought: the words of the access record, as the roles name them.
PURPOSES = {
    "inquiry": "問合せへの対応",
    "intake": "届出・申請の受付",
    "qualification": "資格の調べ",
    "premium": "賦課の調べ",
    "collection": "収納の調べ",
    "notice": "通知の調べ",
    "release": "発出の調べ",
    "audit": "監査・点検",
}
UNNAMED = "用件は未記入"
SHORTEST = 10


class Why(Page):
    """Two buttons for a contact, or a purpose and a reason in words. Every account with a post may say why."""

    permission = "staff.self"
    purpose = "inquiry"
    asks = False

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return self.form(request, person, request.GET.get("to", ""), Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        purpose = typed.choice("purpose", "目的", _purposes(request.staff))
        reason = typed.text("reason", "理由", longest=400)
        if reason and len(reason) < SHORTEST:
            typed.errors["reason"] = (
                f"理由は{SHORTEST}字以上で、何のために見るのかが後で読んでわかるように書いてください"
            )
        to = request.POST.get("to", "")
        if not typed:
            return self.form(request, person, to, typed)
        if not residents.exists(person):
            raise Http404
        given = explain(replace(ctx, purpose=purpose), person, reason)
        record(
            replace(ctx, purpose=purpose, case=f"access:{given.id}"),
            "access.explain",
            "person",
            people=[person],
        )
        return go(wanted(to, person))

    def form(self, request: HttpRequest, person: int, to: str, typed: Typed):
        if not residents.exists(person):
            raise Http404
        return "counter/why.html", {
            "title": "何のために見ますか",
            "person": person,
            "to": wanted(to, person),
            "purposes": _purposes(request.staff).items(),
            "may_note": request.staff.may(TakeContact.permission),
            "typed": typed,
            "shortest": SHORTEST,
        }


class TakeContact(Page):
    """「電話を受けた」「窓口に来た」: the contact is written down and explains the look; its words follow later."""

    permission = "counter.note"
    purpose = "inquiry"
    asks = False

    def post(self, ctx: Context, request: HttpRequest, person: int, kind: str):
        if kind not in KINDS or not residents.exists(person):
            raise Http404
        take(ctx, person, kind, UNNAMED, "", False)
        return go(wanted(request.POST.get("to", ""), person))


def _purposes(staff: Staff) -> dict[str, str]:
    """The purposes that a role of this person names, in words."""
    given = staff.purposes
    return {key: word for key, word in PURPOSES.items() if key in given}


def wanted(to: str, person: int) -> str:
    """The page that was asked for, if it is one of ours; else the person's."""
    safe = to.startswith("/") and len(to) <= 500 and url_has_allowed_host_and_scheme(to, allowed_hosts=None)
    if safe:
        try:
            resolve(to.partition("?")[0].partition("#")[0])
        except Resolver404:
            safe = False
    return to if safe else f"/person/{ref('person', person)}/"
