"""Whose facts changed between two transactions: for readers that judge again only those."""

from __future__ import annotations

from collections.abc import Sequence

from kaigo.base.records.watermarks import NEW
from kaigo.insurance.residents import models as m

_TABLES = {
    "particulars": m.Particulars,
    "residence": m.Residence,
    "membership": m.Membership,
    "taxation": m.Taxation,
    "welfare": m.Welfare,
    "old_age_pension": m.OldAgePension,
    "borderline": m.Borderline,
    "facility_stay": m.FacilityStay,
    "address_exception": m.AddressException,
}


def changed_sql(kinds: Sequence[str]) -> str:
    """(person_id, kind, tx, believed) of every version of these kinds begun or closed in [%(after)s, %(upto)s)."""
    return " UNION ALL ".join(
        f"SELECT f.person_id, '{kind}' AS kind, f.tx, upper_inf(f.known) AS believed "
        f"FROM {_TABLES[kind]._meta.db_table} f WHERE f.{NEW.replace(' AND tx', ' AND f.tx')}"
        for kind in kinds
    )


def addressee_sql() -> str:
    """(number, person_id) of every 宛名番号; a merged record is read as the person that it was merged into."""
    return (
        "SELECT n.number, coalesce(w.into_id, n.person_id) AS person_id FROM residents_addressee_number n "
        "LEFT JOIN residents_merge w ON w.person_id = n.person_id "
        "AND NOT EXISTS (SELECT 1 FROM residents_merge v WHERE v.supersedes_id = w.id)"
    )
