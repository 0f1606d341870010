"""The files that may leave: of each subject of a request, how it is compared, asked for, let out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.insurance.collection.request import NOTICES
from kaigo.insurance.release import (
    debit_files,
    exchange_files,
    files,
    finance_files,
    transfer_files,
    welfare_files,
)
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request


class Kind(NamedTuple):
    """what: which of its kind can be asked for in a year."""

    what: Callable[[Context, int], dict[str, str]]
    compare: Callable[[Context, str, int, str], GateReport]
    request: Callable[[Context, str, int, str], Request]
    let_out: Callable[[Context, str, Request], OutgoingFile]


KINDS = {
    "file": Kind(
        lambda ctx, year: NOTICES,
        lambda *asked: files.compare_request(*asked).report,
        files.release_request,
        files.let_out,
    ),
    "exchange": Kind(
        lambda ctx, year: dict(exchange_files.hosts(ctx, year)),
        lambda *asked: exchange_files.compare(*asked)[0],
        exchange_files.request,
        exchange_files.let_out,
    ),
    "debit": Kind(
        debit_files.days,
        lambda *asked: debit_files.compare(*asked)[0],
        debit_files.request,
        debit_files.let_out,
    ),
    "substitute": Kind(
        welfare_files.months,
        lambda *asked: welfare_files.compare(*asked)[0],
        welfare_files.request,
        welfare_files.let_out,
    ),
    "transfer": Kind(
        transfer_files.days,
        lambda *asked: transfer_files.compare(*asked)[0],
        transfer_files.request,
        transfer_files.let_out,
    ),
    "finance": Kind(
        finance_files.what,
        lambda ctx, insurer, year, what: finance_files.compare(ctx, insurer, year)[0],
        finance_files.request,
        finance_files.let_out,
    ),
}
