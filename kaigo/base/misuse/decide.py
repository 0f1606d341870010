"""Acts of the room: what somebody else found, whom a member declares, who stands on the list of those who need care."""

from __future__ import annotations

from kaigo.base.audit.write import record
from kaigo.base.misuse.models import (
    Alert,
    Declaration,
    DeclarationEnd,
    Review,
    Watched,
    WatchedConfirmation,
    WatchedEnd,
)
from kaigo.base.misuse.relations import word, word_ever
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.can import Reach

OUTCOMES = {
    "fine": "問題なし",
    "caution": "注意した",
    "inquiry": "調査中",
    "grave": "正式な調査へ引き継いだ",
}
ENDS = frozenset(OUTCOMES) - {"inquiry"}
SHORTEST = 10


def may_review(alert: Alert, member: int, within: Reach) -> bool:
    """Whether a member may say what came of it: who has to look into it, or the privacy office; never himself."""
    if member == alert.member:
        return False
    if within.everywhere:
        return True
    if alert.owner == "heads":
        return bool(within.sections)
    return alert.owner == "head" and alert.section in within.sections


def review(ctx: Context, alert: Alert, member: int, within: Reach, outcome: str, reason: str) -> Review:
    """What another human being found. member: who says so. Raises Refused."""
    if outcome not in OUTCOMES:
        raise Refused("結果を選んでください。")
    if len(reason.strip()) < SHORTEST:
        raise Refused(f"何をどう確かめたかを{SHORTEST}文字以上で書いてください。")
    if member == alert.member:
        raise Refused("自分の閲覧を自分で確かめることはできません(別のアカウントでも同じです)。")
    if not may_review(alert, member, within):
        raise Refused("この閲覧を確かめるのは、その課の課長か個人情報保護の担当です。")
    if alert.reviews.filter(outcome__in=ENDS).exists():
        raise Refused("この閲覧はもう確かめてあります。")
    made = Review.objects.create(
        alert=alert, member=alert.member, outcome=outcome, reason=reason.strip(), reviewer=member, actor=ctx.actor,
        reviewed_on=ctx.on,
    )  # fmt: skip
    record(ctx, "misuse.review", f"alert:{alert.id}", ruled=outcome)
    return made


def declare(ctx: Context, member: int, words: str) -> Declaration:
    """A member says that somebody is his relative: of him only a digest is kept. Raises Refused for the same again."""
    if Declaration.objects.filter(member=member, digest__in=word_ever(words), end__isnull=True).exists():
        raise Refused("この人はもう届け出てあります。")
    made = Declaration.objects.create(member=member, digest=word(words), declared_on=ctx.on, actor=ctx.actor)
    record(ctx, "misuse.declare", f"declaration:{made.id}")
    return made


def take_back(ctx: Context, declaration: Declaration) -> None:
    """The member's own declaration ends."""
    DeclarationEnd.objects.create(declaration=declaration, ended_on=ctx.on, actor=ctx.actor)
    record(ctx, "misuse.declare", f"declaration:{declaration.id}")


def enter(ctx: Context, member: int, words: str, reason: str) -> Watched:
    """Somebody is put on the list; it counts when another has confirmed it. Raises Refused."""
    if len(reason.strip()) < SHORTEST:
        raise Refused(f"なぜ注意を要するかを{SHORTEST}文字以上で書いてください。")
    if Watched.objects.filter(digest__in=word_ever(words), end__isnull=True).exists():
        raise Refused("この人はもう名簿にあります。")
    made = Watched.objects.create(
        digest=word(words), reason=reason.strip(), entered_by=member, actor=ctx.actor, entered_on=ctx.on
    )
    record(ctx, "misuse.watched", f"watched:{made.id}", ruled="enter")
    return made


def confirm(ctx: Context, watched: Watched, member: int) -> None:
    """Another human being confirms an entry. Raises Refused for whoever entered it himself, and for what has ended."""
    if member == watched.entered_by:
        raise Refused("自分が登録したものを自分で確認することはできません(別のアカウントでも同じです)。")
    if WatchedEnd.objects.filter(watched=watched).exists():
        raise Refused("この登録はもう外してあります。名簿を開き直してください。")
    if WatchedConfirmation.objects.filter(watched=watched).exists():
        raise Refused("この登録はもう確認してあります。")
    WatchedConfirmation.objects.create(
        watched=watched,
        entered_by=watched.entered_by,
        confirmed_by=member,
        actor=ctx.actor,
        confirmed_on=ctx.on,
    )
    record(ctx, "misuse.watched", f"watched:{watched.id}", ruled="confirm")


def end(ctx: Context, watched: Watched) -> None:
    """An entry counts no more. Raises Refused when it has ended."""
    if WatchedEnd.objects.filter(watched=watched).exists():
        raise Refused("この登録はもう外してあります。")
    WatchedEnd.objects.create(watched=watched, actor=ctx.actor, ended_on=ctx.on)
    record(ctx, "misuse.watched", f"watched:{watched.id}", ruled="end")
