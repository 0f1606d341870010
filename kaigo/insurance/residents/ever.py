"""Everything that was ever believed, for readers that look at how belief itself changed."""

from __future__ import annotations

from kaigo.insurance.residents import models as m

_TABLES = {"particulars": m.Particulars, "residence": m.Residence, "membership": m.Membership}


def ever_believed_sql(kind: str) -> str:
    """Every version of particulars | residence | membership, also those that we believe no more (see `known`)."""
    return f"SELECT f.* FROM {_TABLES[kind]._meta.db_table} f"
