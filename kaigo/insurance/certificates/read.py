"""What other rooms read of certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.certificates.decide import REASONS
from kaigo.insurance.certificates.models import Certificate
from kaigo.insurance.qualification import read as qualification

STATES = {"issued": "交付", "recovered": "回収済み", "unrecoverable": "回収不能"}


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One decision about a certificate. current: nothing followed it."""

    id: int
    person: int
    number: int
    issued_on: date
    reason: str
    state: str
    decided_on: date
    decided_at: datetime
    actor: str
    current: bool

    @property
    def what(self) -> str:
        """交付 | 再交付 | 回収済み | 回収不能."""
        return "再交付" if self.state == "issued" and self.number > 1 else STATES[self.state]

    @property
    def why(self) -> str:
        """The reason in Japanese."""
        return REASONS.get(self.reason, self.reason)


def history(ctx: Context, person: int) -> list[CertificateView]:
    """All decisions about a person's certificates, newest first."""
    rows = Certificate.objects.filter(person_id=person).select_related("superseded_by").order_by("-id")
    if ctx.known_at is not None:
        rows = rows.filter(decided_at__lte=ctx.known_at)
    return [_view(row) for row in rows]


def one(ctx: Context, certificate: int) -> CertificateView | None:
    """By id."""
    row = Certificate.objects.filter(id=certificate).select_related("superseded_by").first()
    return _view(row) if row else None


def issued_sql(ctx: Context) -> str:
    """Relation of the certificates that people hold: certificate_id, person_id, number, issued_on, reason."""
    return (
        "SELECT c.id AS certificate_id, c.person_id, c.number, c.issued_on, c.reason "
        "FROM certificates_certificate c WHERE c.state = 'issued' "
        "AND NOT EXISTS (SELECT 1 FROM certificates_certificate n WHERE n.supersedes_id = c.id)"
    )


def to_recover(ctx: Context) -> list[tuple[int, int, date, date]]:
    """(certificate, person, issued_on, lost_on) of certificates still out though the qualification is lost."""
    return rows(
        f"SELECT c.certificate_id, c.person_id, c.issued_on, max(q.lost_on) FROM ({issued_sql(ctx)}) c "
        f"JOIN ({qualification.in_force_sql(ctx)}) q ON q.person_id = c.person_id "
        "GROUP BY 1, 2, 3 HAVING bool_and(q.lost_on IS NOT NULL AND q.lost_on <= %(on)s) ORDER BY 4 DESC, 2 LIMIT 2000",
        {"on": ctx.on, "known_at": ctx.known_at},
    )


def of_month(ctx: Context, first: date, after: date) -> list[CertificateView]:
    """Certificates issued in [first, after), newest first, at most 2,000."""
    rows = Certificate.objects.filter(state="issued", issued_on__gte=first, issued_on__lt=after)
    return [_view(row) for row in rows.select_related("superseded_by").order_by("-id")[:2000]]


def counts(ctx: Context) -> dict[str, int]:
    """Decisions by state: issued (held now), recovered, unrecoverable."""
    return dict(
        rows(
            "SELECT c.state, count(*) FROM certificates_certificate c WHERE NOT EXISTS "
            "(SELECT 1 FROM certificates_certificate n WHERE n.supersedes_id = c.id) GROUP BY c.state",
            {},
        )
    )


def _view(row: Certificate) -> CertificateView:
    return CertificateView(
        row.id, row.person_id, row.number, row.issued_on, row.reason, row.state, row.decided_on, row.decided_at,
        row.actor, not hasattr(row, "superseded_by"),
    )  # fmt: skip
