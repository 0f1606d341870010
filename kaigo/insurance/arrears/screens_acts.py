"""What a clerk does about one person: a talk, a visit, an inquiry, a measure, an agreement."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.arrears import agreements, measures, talks
from kaigo.insurance.arrears.forms import DAY_HINT, Field, PersonForm
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import month_end
from kaigo.law.words import tell_all


def _today(ctx: Context) -> str:
    return ctx.on.isoformat()


class WriteContact(PersonForm):
    """交渉経過."""

    title, button = "との交渉の記録", "記録する"
    hint = "個人番号は書けません。書いた後の変更は履歴に残ります。"
    fields = (
        Field("on", "話した日", "day", hint=DAY_HINT),
        Field("how", "方法", "choice", choices=talks.HOW),
        Field("whom", "相手", required=False, hint="本人、長男 など"),
        Field("text", "内容", "long"),
        Field("promise_on", "納める約束の日", "day", required=False, hint=DAY_HINT),
        Field("promise_yen", "納める約束の額(円)", "yen", required=False),
    )

    def given(self, ctx: Context, **path) -> dict[str, str]:
        return {"on": _today(ctx), "how": "phone", "whom": "本人"}

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        talks.write_contact(ctx, path["person"], **values)


class PlanVisit(PersonForm):
    """訪問の予定."""

    title, button = "への訪問の予定", "予定に入れる"
    fields = (Field("on", "訪問する日", "day", hint=DAY_HINT),)

    def given(self, ctx: Context, **path) -> dict[str, str]:
        return {"on": _today(ctx)}

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        talks.plan_visit(ctx, path["person"], values["on"])


class NoteVisit(PersonForm):
    """訪問の結果."""

    title, button = "への訪問の結果", "結果を記録する"
    fields = (
        Field("result", "結果", "choice", choices=talks.RESULTS),
        Field("note", "メモ", "long", required=False),
    )

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        talks.note_visit(ctx, path["visit"], values["result"], values["note"])


class AskProperty(PersonForm):
    """財産調査."""

    title, button = "の財産調査", "照会を記録する"
    fields = (
        Field("kind", "照会先の種類", "choice", choices=talks.INQUIRED),
        Field("whom", "照会先の名"),
        Field("asked_on", "照会した日", "day", hint=DAY_HINT),
    )

    def given(self, ctx: Context, **path) -> dict[str, str]:
        return {"asked_on": _today(ctx), "kind": "bank"}

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        talks.ask_property(ctx, path["person"], **values)


class NoteAnswer(PersonForm):
    """財産調査の回答."""

    title, button = "の財産調査の回答", "回答を記録する"
    fields = (
        Field("answered_on", "回答の日", "day", hint=DAY_HINT),
        Field("answer", "回答", "long", hint="個人番号は書けません。"),
    )

    def given(self, ctx: Context, **path) -> dict[str, str]:
        return {"answered_on": _today(ctx)}

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        talks.note_answer(ctx, path["property_inquiry"], values["answered_on"], values["answer"])


class BeginMeasure(PersonForm):
    """差押, 交付要求, 執行停止, 債務の承認."""

    permission = "arrears.enforce"
    title, button = "の滞納処分・承認の記録", "記録する"
    hint = "その日に滞納していて時効の完成していない期のすべてについて記録します。"
    fields = (
        Field("kind", "種類", "choice", choices={key: measures.KINDS[key] for key in measures.BY_HAND}),
        Field("begins", "行った日", "day", hint=DAY_HINT),
        Field("object", "差し押さえたもの・交付を求めた相手", required=False, hint="差押と交付要求のとき", sometimes=True),
        Field("ground", "停止の理由", "choice", required=False, hint="執行停止のとき(地方税法15条の7の例)", choices=measures.GROUNDS),
        Field("at_once", "徴収できないことが明らかなので直ちに消滅させる(同条5項の例)", "tick", required=False),
        Field("reason", "メモ", required=False),
    )  # fmt: skip

    def given(self, ctx: Context, **path) -> dict[str, str]:
        return {"begins": _today(ctx)}

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        measures.begin(ctx, path["person"], **values)


class EndMeasure(PersonForm):
    """解除, 取消し, 誤記."""

    permission = "arrears.enforce"
    title, button = "の処分の終わり", "記録する"
    hint = (
        "解除・終了からは新たに2年を数えます。取消しは6か月の猶予だけ、誤記は初めからなかったものとします。"
    )
    fields = (
        Field("how", "どう終わったか", "choice", choices={"ended": "解除・終了", "withdrawn": "取消し", "void": "誤記"}),
        Field("ended_on", "解いた日(終わった日・取り消した日)", "day", required=False, hint=f"誤記のときは空けておく。{DAY_HINT}", sometimes=True),
        Field("reason", "理由"),
    )  # fmt: skip

    def given(self, ctx: Context, **path) -> dict[str, str]:
        return {"ended_on": _today(ctx)}

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        measures.end(ctx, path["measure"], values["how"], values["ended_on"], values["reason"])


class WithdrawAgreement(PersonForm):
    """分納の取下げ."""

    title, button = "の分納の取下げ", "取り下げる"
    fields = (Field("reason", "理由"),)

    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        agreements.withdraw(ctx, path["agreement"], values["reason"])


class MakeAgreement(Page):
    """分納の誓約: first the schedule is shown, then it is made."""

    permission = "arrears.work"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return self.shown(ctx, person, Typed({"first_on": month_end(ctx.on).isoformat()}))

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST.dict())
        monthly, first = typed.yen("monthly", "毎月の額"), typed.day("first_on", "初回の期日")
        if typed.errors or monthly is None or first is None:
            return self.shown(ctx, person, typed)
        try:
            if typed.text_of.get("step") == "do":
                debt = typed.yen("debt", "約束する額")
                agreements.make(ctx, person, monthly, first, debt if debt is not None else -1)
                return go(f"/arrears/person/{ref('person', person)}/")
            found = agreements.draft(ctx, person, monthly, first)
        except Refused as refusal:
            return self.shown(ctx, person, typed, str(refusal))
        return self.shown(ctx, person, typed, "", found, monthly, first)

    def shown(
        self, ctx: Context, person: int, typed: Typed, refusal: str = "", found: agreements.Draft | None = None,
        monthly: int = 0, first: date | None = None,
    ):  # fmt: skip
        who = residents.one_or_404(ctx, person)
        return "arrears/agreement.html", {
            "title": whose(who.name, "の分納の誓約"),
            "who": who,
            "typed": typed,
            "refusal": refusal,
            "draft": found,
            "monthly": monthly,
            "first": first,
            "told": tell_all(found.finding.reasons, "staff") if found else (),
            "most": agreements.MOST_PARTS,
        }
