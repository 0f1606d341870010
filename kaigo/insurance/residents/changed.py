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
