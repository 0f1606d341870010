"""Named work of the room. Nothing goes out from here: release does that, by two persons."""

from __future__ import annotations

from django.conf import settings

from kaigo.base.jobs.registry import Daily, Monthly, Progress, Yearly, job
from kaigo.base.records.context import Context
from kaigo.insurance.notices import decide, offices
from kaigo.insurance.notices.dunning.drafting import LETTERS as ASKING
from kaigo.insurance.notices.dunning.drafting import draft as draft_asking
from kaigo.insurance.notices.exchange.drafting import EXCHANGE
from kaigo.insurance.notices.inquiries.drafting import INQUIRIES
from kaigo.insurance.notices.provisional import drafting as provisional
from kaigo.insurance.notices.texts import lacks
from kaigo.law.dates import fiscal_year


def _texts(ctx: Context) -> list[str]:
    return lacks(settings.INSURER, ctx.on)


@job(
    "notices.draft_premium",
    title="納入通知書・決定通知書の下書き",
    when=Yearly(7, 1),
    needs=("collection.plan",),
    purpose="notice",
    ready=_texts,
)
def draft_premium(ctx: Context, progress: Progress) -> dict:
    """First letters of the fiscal year for everybody who was told nothing yet."""
    return decide.draft_premium(ctx, settings.INSURER, fiscal_year(ctx.on), progress)


@job(
    "notices.draft_changes",
    title="変更通知書の下書き",
    when=Monthly(1),
    needs=("collection.plan",),
    purpose="notice",
    ready=_texts,
)
def draft_changes(ctx: Context, progress: Progress) -> dict:
    """Changes since the last letter (before the main assessment: of the provisional deductions), and first letters of new people, of this fiscal year and the two before."""
    year = fiscal_year(ctx.on)
    done = {"drafts": 0, "yen": 0, "withdrawn": 0}
    for each in (year, year - 1, year - 2):
        parts = [decide.draft_changes(ctx, settings.INSURER, each, progress)]
        parts.append(decide.draft_premium(ctx, settings.INSURER, each, progress))
        for part in parts:
            done = {key: done[key] + part[key] for key in done}
    part = provisional.draft_provisional(ctx, settings.INSURER, year)
    return {key: done[key] + part[key] for key in done}


@job(
    "notices.draft_certificates",
    title="被保険者証の送付状の下書き",
    when=Monthly(1),
    needs=("certificates.monthly",),
    purpose="notice",
    ready=_texts,
)
def draft_certificates(ctx: Context, progress: Progress) -> dict:
    """Letters with the certificates that have none yet."""
    return decide.draft_certificates(ctx, settings.INSURER)


@job(
    "notices.draft_inquiries",
    title="所得照会票の下書き",
    when=Daily(),
    needs=("residents.take",),
    purpose="notice",
)
def draft_inquiries(ctx: Context, progress: Progress) -> dict:
    """Letters to other municipalities about people whom the section decided to ask about."""
    return offices.draft(ctx, settings.INSURER, INQUIRIES)


@job(
    "notices.draft_exchange",
    title="住所地特例連絡票の下書き",
    when=Daily(),
    needs=("residents.take",),
    purpose="notice",
)
def draft_exchange(ctx: Context, progress: Progress) -> dict:
    """Letters to host municipalities about the events that the section decided to tell by letter."""
    return offices.draft(ctx, settings.INSURER, EXCHANGE)


@job(
    "notices.draft_dunning",
    title="督促状・催告書の下書き",
    when=Daily(),
    purpose="notice",
    ready=_texts,
)
def draft_dunning(ctx: Context, progress: Progress) -> dict:
    """Letters of the demands and reminders that have none; what was paid meanwhile is taken back first."""
    done = {"drafts": 0, "yen": 0, "withdrawn": 0}
    for letter in ASKING:
        part = draft_asking(ctx, settings.INSURER, letter)
        done = {key: done[key] + part[key] for key in done}
    return done


@job("notices.recheck", title="送付前の通知の点検", when=Daily(), needs=("residents.take",), purpose="notice")
def recheck(ctx: Context, progress: Progress) -> dict:
    """Where every waiting letter goes, looked at again: 支援措置, death, addresses, 処理停止."""
    return decide.recheck(ctx, settings.INSURER)
