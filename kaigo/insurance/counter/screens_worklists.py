"""作業一覧: asking for one, approving it by somebody else, ending it, and who opened whom by it."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import colleagues, same_person, told
from kaigo.insurance.counter import worklists
from kaigo.insurance.counter.models import WorkList
from kaigo.insurance.counter.screens_why import PURPOSES, SHORTEST
from kaigo.insurance.residents import read as residents


def waiting(ctx: Context) -> int:
    """Lists that wait for an approval."""
    return WorkList.objects.filter(ruling__isnull=True, end__isnull=True, until__gt=ctx.on).count()


class WorkLists(Page):
    """All of them, the newest first."""

    permission = "counter.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(WorkList.objects.order_by("-id"), request)
        names = told(row.actor for row in page)
        return "counter/worklists.html", {
            "title": "作業一覧",
            "page": page,
            "rows": [
                (row, PURPOSES.get(row.purpose, row.purpose), names.get(row.actor, ""), row.people.count(),
                 *worklists.STATES[worklists.state(ctx, row)])
                for row in page
            ],
            "may_ask": request.staff.may(NewWorkList.permission),
        }  # fmt: skip


class NewWorkList(Page):
    """Asked for here; explains nothing before somebody else has approved it."""

    permission = "counter.note"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(ctx, request, Typed())

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        name = typed.text("name", "名前", longest=60)
        purpose = typed.choice("purpose", "目的", _purposes(request))
        reason = typed.text("reason", "理由", longest=400)
        if reason and len(reason) < SHORTEST:
            typed.errors["reason"] = f"理由は{SHORTEST}字以上で、何を点検するのかを書いてください"
        last = typed.day("last", "いつまで")
        users = [user for user in request.POST.getlist("users") if user in self.users(request)]
        people: list[int] = []
        try:
            people = worklists.people_of(ctx, request.POST.get("numbers", ""))
        except Refused as refusal:
            typed.errors["numbers"] = str(refusal)
        if not users:
            # Told together with what else is missing, not first when all of that is there.
            typed.errors["users"] = worklists.NO_USER
        if typed:
            try:
                made = worklists.ask(ctx, name, purpose, reason, last, people, users)
            except Refused as refusal:
                typed.errors["last" if "いつまで" in str(refusal) else "users"] = str(refusal)
            else:
                return go(f"/worklists/{ref('work_list', made.id)}/")
        return self.form(ctx, request, typed)

    def form(self, ctx: Context, request: HttpRequest, typed: Typed):
        return "counter/worklist_form.html", {
            "title": "作業一覧を申請する",
            "typed": typed,
            "purposes": _purposes(request).items(),
            "users": [(key, name, key in request.POST.getlist("users")) for key, name in self.users(request).items()],
            "most": worklists.MOST_PEOPLE,
            "days": worklists.MOST_DAYS,
            "shortest": SHORTEST,
        }  # fmt: skip

    def users(self, request: HttpRequest) -> dict[str, str]:
        return colleagues(request.staff.section, request.day)


class OneWorkList(Page):
    """What was asked for, by whom, for whom, what became of it, and who opened whom by it."""

    permission = "counter.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest, asked: int):
        found = _work_list(asked)
        page = Pages(found.people.order_by("id"), request)
        people = [row.person_id for row in page]
        names, opened = residents.names(ctx, people), worklists.opened(found, people)
        users = [user.used_by for user in found.users.all()]
        ruling = getattr(found, "ruling", None)
        ended = getattr(found, "end", None)
        actors = {found.actor, *users, *(actor for looks in opened.values() for actor, _ in looks)}
        actors |= {one.actor for one in (ruling, ended) if one}
        who = told(actors)
        state = worklists.state(ctx, found)
        own = same_person(found.actor, ctx.actor)
        return "counter/worklist.html", {
            "title": f"作業一覧 {found.name}",
            "asked": found,
            "purpose": PURPOSES.get(found.purpose, found.purpose),
            "asker": who.get(found.actor, ""),
            "users": [who.get(user, user) for user in users],
            "ruling": ruling,
            "ruler": who.get(ruling.actor, "") if ruling else "",
            "ended": ended,
            "ender": who.get(ended.actor, "") if ended else "",
            "tone": worklists.STATES[state][0],
            "state": worklists.STATES[state][1],
            "page": page,
            "rows": [
                (person, names.get(person, ""), [(who.get(actor, actor), day) for actor, day in opened.get(person, ())])
                for person in people
            ],
            "may_rule": state == "asked" and not own and request.staff.may(RuleWorkList.permission),
            "own": state == "asked" and own,
            "may_end": state in ("asked", "approved") and request.staff.may(EndWorkList.permission),
        }  # fmt: skip


class RuleWorkList(Page):
    """Approved or rejected by another human being."""

    permission = "worklist.approve"
    purpose = "inquiry"

    def post(self, ctx: Context, request: HttpRequest, asked: int):
        found = _work_list(asked)
        worklists.rule(
            ctx, found, request.POST.get("outcome", ""), request.POST.get("remark", "").strip()[:400]
        )
        return go(f"/worklists/{ref('work_list', asked)}/")


class EndWorkList(Page):
    """Before its day."""

    permission = "counter.note"
    purpose = "inquiry"

    def post(self, ctx: Context, request: HttpRequest, asked: int):
        worklists.end(ctx, _work_list(asked))
        return go(f"/worklists/{ref('work_list', asked)}/")


def _purposes(request: HttpRequest) -> dict[str, str]:
    given = request.staff.purposes
    return {key: word for key, word in PURPOSES.items() if key in given}


def _work_list(asked: int) -> WorkList:
    # Whoever rules or ends waits for whoever does so at the same time: rulings and ends are unique.
    return get_object_or_404(WorkList, id=asked)
