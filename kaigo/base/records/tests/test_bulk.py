"""Rows in bulk: what the server refuses is said without the row."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from kaigo.base.records.bulk import copy_csv, copy_lines, copy_rows

pytestmark = pytest.mark.django_db
TABLE, COLUMNS = "records_watermark", ("reader", "table", "position")


@pytest.mark.parametrize(
    "copy",
    [
        lambda: copy_rows(TABLE, COLUMNS, [("見本 花子", "t", "7")] * 2),
        lambda: copy_lines(TABLE, COLUMNS, ["見本 花子\tt\t7"] * 2),
        lambda: copy_csv(TABLE, COLUMNS, "見本 花子,t,7\n".encode() * 2),
    ],
)
def test_a_refused_row_is_not_in_the_error(copy):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        copy()
    assert "records_watermark" in str(caught.value)
    assert "花子" not in str(caught.value)
    assert "花子" not in str(caught.value.__cause__)
