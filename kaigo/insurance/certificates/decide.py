"""Issue, reissue, recover insured certificates (法12条3項・4項、規則26条から28条). Each act is a new decision row."""

from __future__ import annotations

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates.models import Certificate
from kaigo.insurance.qualification import read as qualification
from kaigo.law.dates import add_months

REASONS = {
    "age_65": "65歳到達",
    "moved_in": "転入",
    "other": "そのほかの資格取得",
    "lost": "紛失",
    "damaged": "汚損・破損",
    "change": "記載事項の変更",
    "expired": "資格の喪失",
    "found": "紛失していた証の発見",
    "unknown": "所在不明",
}
REISSUE = ("lost", "damaged", "change")
RECOVER = {"recovered": ("expired", "found", "damaged", "change"), "unrecoverable": ("unknown", "lost")}
_ACQUIRED = {"02": "age_65", "01": "moved_in"}


def monthly(ctx: Context) -> dict[str, int]:
    """Certificates for everybody who acquired in the month of ctx.on, and since we began to issue, and has none.

    On the first run only the month counts: those insured before it hold the certificate of the former system.
    """
    first = ctx.on.replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(issued_on) FROM certificates_certificate")
        begun = cursor.fetchone()[0]
        cursor.execute(
            f"SELECT q.person_id, q.decision_id, q.acquired_reason, h.id FROM ({qualification.in_force_sql(ctx)}) q "
            "LEFT JOIN certificates_certificate h ON h.person_id = q.person_id AND h.state = 'issued' "
            "AND NOT EXISTS (SELECT 1 FROM certificates_certificate n WHERE n.supersedes_id = h.id) "
            "WHERE q.acquired_on >= %(since)s AND q.acquired_on < %(until)s "
            "AND (q.lost_on IS NULL OR q.lost_on > %(on)s) "
            # Whoever came back gets a new one, though the old one was never returned.
            "AND NOT EXISTS (SELECT 1 FROM certificates_certificate c WHERE c.person_id = q.person_id "
            "AND c.issued_on >= date_trunc('month', q.acquired_on)) ORDER BY q.person_id",
            {
                "since": min(first, begun.replace(day=1)) if begun else first,
                "until": add_months(first, 1),
                "on": ctx.on,
                "known_at": ctx.known_at,
            },
        )
        wanted = cursor.fetchall()
    made = Certificate.objects.bulk_create(
        [
            Certificate(
                person_id=person,
                qualification_id=decision,
                sort="insured",
                number=1,
                issued_on=ctx.on,
                reason=_ACQUIRED.get(reason, "other"),
                state="issued",
                supersedes_id=held,
                decided_on=ctx.on,
                actor=ctx.actor,
            )
            for person, decision, reason, held in wanted
        ],
        batch_size=2000,
    )
    return {"issued": len(made)}


def issue(ctx: Context, person: int) -> Certificate:
    """One first certificate by hand. Refused when the person is not insured today or has one already."""
    period = next(
        (
            p
            for p in qualification.periods_in_force(ctx, person)
            if p.acquired_on <= ctx.on and (p.lost_on is None or p.lost_on > ctx.on)
        ),
        None,
    )
    if period is None:
        raise Refused("この方は今日、被保険者ではありません。")
    if current(person):
        raise Refused("この方には有効な被保険者証があります。再交付してください。")
    if Certificate.objects.filter(person_id=person, qualification_id=period.id).exists():
        raise Refused("この資格では証を交付したことがあります。再交付してください。")
    return Certificate.objects.create(
        person_id=person,
        qualification_id=period.id,
        sort="insured",
        number=1,
        issued_on=ctx.on,
        reason=_ACQUIRED.get(period.acquired_reason, "other"),
        state="issued",
        decided_on=ctx.on,
        actor=ctx.actor,
    )


def reissue(ctx: Context, certificate: int, reason: str) -> Certificate:
    """再交付 (規則27条): the copy before is superseded. reason: lost | damaged | change."""
    if reason not in REISSUE:
        raise Refused("再交付の理由は、紛失、汚損・破損、記載事項の変更のどれかです。")
    before = _last(certificate)
    if before.state != "issued":
        raise Refused("回収した証は再交付できません。")
    period = next(
        (p for p in qualification.periods_in_force(ctx, before.person_id) if p.id == before.qualification_id),
        None,
    )
    if period is not None and period.lost_on is not None and period.lost_on <= ctx.on:
        raise Refused("資格を失っているため再交付できません。")
    return _follow(ctx, before, before.number + 1, reason, "issued")


def recover(ctx: Context, certificate: int, state: str, reason: str) -> Certificate:
    """回収した、または回収できないと決めた. state: recovered | unrecoverable."""
    if reason not in RECOVER.get(state, ()):
        raise Refused("回収の結果と理由の組合せが違います。")
    before = _last(certificate)
    if before.state != "issued":
        raise Refused("この証はもう回収の処理が済んでいます。")
    return _follow(ctx, before, before.number, reason, state)


def current(person: int) -> Certificate | None:
    """The certificate that the person holds."""
    return Certificate.objects.filter(person_id=person, state="issued", superseded_by__isnull=True).first()


def _last(certificate: int) -> Certificate:
    row = Certificate.objects.filter(id=certificate, superseded_by__isnull=True).first()
    if row is None:
        raise Refused("この証には新しい決定があります。画面を開き直してください。")
    return row


def _follow(ctx: Context, before: Certificate, number: int, reason: str, state: str) -> Certificate:
    return Certificate.objects.create(
        person_id=before.person_id,
        qualification_id=before.qualification_id,
        sort=before.sort,
        number=number,
        issued_on=ctx.on if state == "issued" else before.issued_on,
        reason=reason,
        state=state,
        supersedes=before,
        decided_on=ctx.on,
        actor=ctx.actor,
    )
