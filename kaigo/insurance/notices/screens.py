"""Pages of the room: drafts, what is held and why, one letter as text and as paper."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from kaigo.base.desk.charts import bars
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import Title
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.insurance.dunning import read as dunning
from kaigo.insurance.notices import decide, offices, preview, read
from kaigo.insurance.notices.dunning import drafting
from kaigo.insurance.notices.exchange.drafting import EXCHANGE
from kaigo.insurance.notices.inquiries.drafting import INQUIRIES
from kaigo.law.dates import fiscal_year, fiscal_year_name
from kaigo.law.words import Told

STANDINGS = (
    ("waiting", "発行待ち"),
    ("held", "止めている"),
    ("issued", "発行済み"),
    ("withdrawn", "取下げ"),
)


class Drafts(Page):
    """The drafts of a standing, filtered."""

    permission = "notices.view"
    purpose = "notice"

    def get(self, ctx: Context, request: HttpRequest):
        standing = request.GET.get("standing", "waiting")
        letter, held = request.GET.get("letter", ""), request.GET.get("held", "")
        if standing not in dict(STANDINGS):
            raise Http404
        letter = letter if letter in read.LETTERS else ""
        held = held if held in read.HOLDS and standing == "held" else ""
        chosen = {"standing": standing, "letter": letter, "held": held}
        page = Pages(
            None,
            request,
            read.count(ctx, **chosen),
            lambda size, start: read.drafts(ctx, start=start, size=size, **chosen),
        )
        waiting = read.counts(ctx)
        return "notices/drafts.html", {
            "title": "通知の下書き",
            "standings": STANDINGS,
            "standing": standing,
            "letter": letter,
            "held": held,
            "letters": read.LETTERS.items(),
            "holds": read.HOLDS.items(),
            "page": page,
            "waiting": [
                (read.LETTERS[kind], fiscal_year_name(year), dated, read.HOLDS.get(code, ""), people, yen)
                for kind, year, dated, code, people, yen in waiting
            ],
            "chart": _held_chart(waiting),
        }


def _held_chart(waiting: list[tuple]):
    found: dict[str, int] = {}
    for _, _, _, code, people, _ in waiting:
        if code:
            found[code] = found.get(code, 0) + people
    return bars(
        "止めている通知の理由",
        [
            (label, found.get(code, 0), f"/notices/?standing=held&held={code}")
            for code, label in read.HOLDS.items()
        ],
        "通",
        "理由",
        tone="warn",
    )


class Recheck(Page):
    """Look again where every waiting letter goes."""

    permission = "notices.draft"
    purpose = "notice"

    def post(self, ctx: Context, request: HttpRequest):
        done = decide.recheck(ctx, settings.INSURER)
        return "notices/rechecked.html", {"title": "送付前の点検", "done": done}


class Letter(Page):
    """One draft: what it says, whether it may go out, why not."""

    permission = "notices.view"
    purpose = "notice"

    def get(self, ctx: Context, request: HttpRequest, draft: int):
        view = read.one(ctx, draft)
        found = read.content(ctx, draft)
        if view is None or found is None:
            raise Http404
        data, common = found
        return "notices/letter.html", {
            "title": Title(
                view.letter_label, f"{view.name} {'さんの' if view.person else 'への'}{view.letter_label}"
            ),
            "draft": view,
            "may_hold": ctx.sees_all(*read.ON_PAPER),
            "data": data,
            "common": common,
            "how_to_pay": [common["how_to_pay"][way] for way in data.get("ways", ())],
            "changes": [common["change"][key] for key in data.get("notes", ())],
            "reasons": [_told(node) for node in data.get("reasons", ())],
            "liftable": view.held in read.LIFTABLE,
        }


def _told(node: list) -> Told:
    """Words of a letter for the reasons block; they were drawn when the letter was drafted."""
    words, article, parts = node
    return Told("", article, words, tuple(_told(part) for part in parts))


NOT_ON_PAPER = (
    "紙の形には、あなたの権限では表示しない項目(住所など)も載っています。書いてあることは画面で見てください。"
)


class Paper(Page):
    """The draft as it will be printed."""

    permission = "notices.view"
    purpose = "notice"

    def get(self, ctx: Context, request: HttpRequest, draft: int):
        if not ctx.sees_all(*read.ON_PAPER):
            raise Refused(NOT_ON_PAPER)
        made = preview.pdf(ctx, draft)
        if made is None:
            raise Http404
        answer = HttpResponse(made, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="draft-{ref("draft", draft)}.pdf"'
        return answer


class DraftOffice(Page):
    """Letters to other municipalities about everything that the section decided to write. Not a page by itself."""

    purpose = "notice"
    office: ClassVar[offices.Office]
    nobody: ClassVar[str]
    left: ClassVar[str]

    def post(self, ctx: Context, request: HttpRequest):
        done = offices.draft(ctx, settings.INSURER, self.office)
        if not done["drafts"]:
            raise Refused(self.nobody + (self.left.format(done["left"]) if done["left"] else ""))
        return go(f"/notices/?standing=waiting&letter={self.office.letter}")


class DraftInquiries(DraftOffice):
    """所得照会票 for everybody whom the section decided to ask about."""

    permission = "notices.draft"
    office = INQUIRIES
    nobody, left = "照会票を作る人はいません。", "(支援措置のため作らない人 {}人)"


class DraftExchange(DraftOffice):
    """住所地特例連絡票 for every event that the section decided to tell by letter."""

    permission = "notices.draft"
    office = EXCHANGE
    nobody = "連絡票を作る異動はありません。"
    left = "(支援措置のため、または記録から消えたため作らないもの {}件)"


class Lift(Page):
    """Let a draft with an interim stage go out."""

    permission = "notices.draft"
    purpose = "notice"

    def post(self, ctx: Context, request: HttpRequest, draft: int):
        if read.one(ctx, draft) is None:
            raise Http404
        decide.lift(ctx, draft, request.POST.get("reason", ""))
        return go(f"/notices/{ref('draft', draft)}/")


class LiftInterim(Page):
    """Let all interim drafts go, for one reason."""

    permission = "notices.draft"
    purpose = "notice"

    def post(self, ctx: Context, request: HttpRequest):
        decide.lift_interim(ctx, request.POST.get("reason", ""))
        return go("/notices/?standing=waiting")


class Withdraw(Page):
    """Take a waiting draft back."""

    permission = "notices.draft"
    purpose = "notice"

    def post(self, ctx: Context, request: HttpRequest, draft: int):
        view = read.one(ctx, draft)
        if view is None:
            raise Http404
        if view.standing not in ("waiting", "held"):
            raise Refused("この下書きはもう取り下げられません。")
        decide.withdraw(ctx, [draft], "hand")
        return go(f"/notices/{ref('draft', draft)}/")


class DraftPerson(Page):
    """Draft now what a person still has to be told: first letters and changes of three years."""

    permission = "notices.draft"
    purpose = "notice"

    def post(self, ctx: Context, request: HttpRequest, person: int):
        year = fiscal_year(ctx.on)
        made = 0
        for each in (year, year - 1, year - 2):
            for act in (decide.draft_premium, decide.draft_changes):
                made += act(ctx, settings.INSURER, each, persons=[person])["drafts"]
        if not made:
            raise Refused("この方に知らせることは残っていません。")
        return go(f"/release/person/{ref('person', person)}/")


class Again(Page):
    """再発行: the letter of a demand once more. The demand itself is made once."""

    permission = "notices.draft"
    purpose = "notice"

    def post(self, ctx: Context, request: HttpRequest, demand: int):
        if dunning.demand(ctx, demand) is None:
            raise Http404
        return go(f"/notices/{ref('draft', drafting.again(ctx, settings.INSURER, demand))}/")


urls = [
    path("", Drafts.view(), name="drafts"),
    path("recheck/", Recheck.view(), name="recheck"),
    path("inquiries/", DraftInquiries.view(), name="draft_inquiries"),
    path("exchange/", DraftExchange.view(), name="draft_exchange"),
    path("interim/", LiftInterim.view(), name="lift_interim"),
    path("demand/<demand:demand>/again/", Again.view(), name="again"),
    path("person/<person:person>/draft/", DraftPerson.view(), name="draft_person"),
    path("<draft:draft>/", Letter.view(), name="letter"),
    path("<draft:draft>/pdf/", Paper.view(), name="paper"),
    path("<draft:draft>/lift/", Lift.view(), name="lift"),
    path("<draft:draft>/withdraw/", Withdraw.view(), name="withdraw"),
]
nav = Nav("通知", "/notices/", "notices.view", lambda ctx: read.count(ctx, standing="held"))
