"""What is the same for every file: asked by one, approved by another, compared again, then out as it was approved."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.audit.write import record
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import locked
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.requests import clean


class Made(NamedTuple):
    """A file as it would go out, with its comparison. The digest of its bytes is in the report's totals.

    people: who stands in it; that they were handed over is what each of them may ask about later.
    """

    report: GateReport
    layout: str
    name: str
    records: int
    totals: dict
    people: tuple[int, ...]


def ask(ctx: Context, subject: str, what: str, fiscal_year: int, report: GateReport) -> Request:
    """Ask that a file goes out. Raises Differs when something does not agree."""
    return Request.objects.create(
        subject=subject,
        what=what,
        fiscal_year=fiscal_year,
        dated=ctx.on,
        state="requested",
        gate=clean(report),
        requested_by=ctx.actor,
    )


def approved(request: Request, subject: str) -> Request:
    """The request, as it stands now that nobody else acts on it."""
    locked(request)
    if request.state != "approved" or request.subject != subject:
        raise Refused("承認されていない依頼のファイルは出せません。")
    return request


def leave(ctx: Context, request: Request, made: Made) -> OutgoingFile:
    """Keep what goes out: byte for byte what was approved."""
    clean(made.report)
    digest = made.report.totals["digest"]
    if digest != request.gate.totals["digest"]:
        raise Refused("承認の後にファイルの中身が変わりました。取りやめて、依頼からやり直してください。")
    file = OutgoingFile.objects.create(
        layout=made.layout,
        name=made.name,
        on=ctx.on,
        gate=made.report,
        digest=digest,
        records=made.records,
        totals=made.totals,
        requested_by=request.requested_by,
        approved_by=request.approved_by,
    )
    record(
        ctx, "release.leave", f"release_file:{file.id}", people=made.people, to=f"{request.subject}:{request.what}",
        rows=made.records, digest=digest,
    )  # fmt: skip
    request.state, request.file = "done", file
    request.save(update_fields=["state", "file"])
    return file
