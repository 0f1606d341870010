"""持出し: a list leaves only when it was asked for, another human being approved it, once, to who asked.

ask → rule (another person, never a contractor) → produce (once, by who asked, while he still may) → fetch (once, within a
day). What was produced and is not fetched in time is never given out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from kaigo.base.audit.fresh import require_witness
from kaigo.base.audit.write import record
from kaigo.base.files import passing, store
from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import same_person
from kaigo.insurance.release import export_csv, export_kinds
from kaigo.insurance.release.models import Export, ExportFetch, ExportProduct, ExportRuling

MOST_DAYS, SHORTEST, HOURS, CHUNK = 90, 10, 24, 1000
MEDIA = {"lgwan": "LGWAN等の閉じた回線", "medium": "暗号化した電子記録媒体", "inside": "区の中の端末だけ"}
STATES = {
    "requested": ("warn", "承認待ち"),
    "approved": ("good", "承認済み(作成待ち)"),
    "produced": ("warn", "作成済み(受取り待ち)"),
    "fetched": ("neutral", "受取り済み"),
    "expired": ("bad", "受取りの期限切れ"),
    "rejected": ("bad", "却下"),
    "withdrawn": ("neutral", "取下げ"),
}
# Asked between the chunks: the details that who asked may see now; None = he may no longer, or is no longer there.
Still = Callable[[], Collection[str] | None]
NO_COLUMN = "項目: あなたの権限で見られる項目の中から、一つ以上選んでください。"


class Wanted(NamedTuple):
    """What somebody asks for. One of fiscal_year and day, as the kind wants it."""

    kind: str
    fiscal_year: int | None
    day: date | None
    columns: list[str]
    reason: str
    handed_to: str
    medium: str
    keep_until: date


class Stopped(Refused):
    """Who asked may no longer, in the middle of it: nothing is kept."""

    def __init__(self) -> None:
        super().__init__(
            "作成の途中で、申請した人のログイン、所属または権限が終わったため、止めました。何も残していません。"
            "権限を確かめ、ログインし直してから作成してください。"
        )


def ask(ctx: Context, wanted: Wanted, account_kind: str) -> Export:
    """Checked by the system: columns that he may see, how long it is kept, how many lines it will have."""
    check(ctx, wanted)
    estimate, shielded = export_kinds.count(ctx, wanted.kind, wanted.fiscal_year, wanted.day)
    if not estimate:
        raise Refused("この年度または日の一覧には、載る人がいません。選び直してください。")
    made = Export.objects.create(
        **wanted._asdict(),
        estimate=estimate,
        shielded=shielded,
        account_kind=account_kind,
        actor=ctx.actor,
        asked_on=ctx.on,
    )
    record(ctx, "export.ask", f"export:{made.id}", list=wanted.kind, columns=wanted.columns, rows=estimate)
    return made


def check(ctx: Context, wanted: Wanted) -> None:
    """Raises Refused: which rule it breaks."""
    without_my_number(wanted.reason, wanted.handed_to)
    if wanted.kind not in export_kinds.KINDS:
        raise Refused("一覧の種類を選び直してください。")
    if not wanted.columns or set(wanted.columns) - export_kinds.offered(ctx, wanted.kind).keys():
        raise Refused(NO_COLUMN)
    if len(wanted.reason) < SHORTEST:
        raise Refused(f"理由は{SHORTEST}字以上で、何に使うのかを書いてください。")
    if not wanted.handed_to:
        raise Refused("渡す相手を書いてください。")
    if wanted.medium not in MEDIA:
        raise Refused("渡し方を選び直してください。")
    if not ctx.on <= wanted.keep_until <= ctx.on + timedelta(days=MOST_DAYS):
        raise Refused(f"保管の期限は、今日から{MOST_DAYS}日以内の日を書いてください。")
    by = export_kinds.KINDS[wanted.kind].by
    if (wanted.fiscal_year is None) == (by == "year") or (wanted.day is None) == (by == "day"):
        raise Refused("年度または日を選び直してください。")


def rule(ctx: Context, asked: Export, outcome: str, remark: str, account_kind: str) -> ExportRuling:
    """By another human being, of the office itself."""
    without_my_number(remark)
    if outcome not in ("approved", "rejected"):
        raise Refused("承認か却下を選んでください。")
    _waiting(asked)
    if account_kind != "staff":
        raise Refused("委託先の人は持出しを承認も却下もできません。区の職員に頼んでください。")
    if same_person(ctx.actor, asked.actor):
        raise Refused("自分が申請した持出しは、自分では承認も却下もできません。ほかの職員に頼んでください。")
    if outcome == "rejected" and not remark:
        raise Refused("却下するときは、理由を書いてください。")
    if outcome == "approved" and asked.keep_until < ctx.on:
        raise Refused("保管の期限を過ぎた申請です。却下し、申請し直してもらってください。")
    return _ruled(ctx, asked, outcome, remark)


def withdraw(ctx: Context, asked: Export) -> ExportRuling:
    """By who asked, before anybody ruled."""
    _waiting(asked)
    _own(ctx, asked)
    return _ruled(ctx, asked, "withdrawn", "")


def _ruled(ctx: Context, asked: Export, outcome: str, remark: str) -> ExportRuling:
    made = ExportRuling.objects.create(
        export=asked,
        outcome=outcome,
        remark=remark,
        requested_by=asked.actor,
        actor=ctx.actor,
        ruled_on=ctx.on,
    )
    record(ctx, "export.rule", f"export:{asked.id}", ruled=outcome)
    return made


def _waiting(asked: Export) -> None:
    if state(asked) != "requested":
        raise Refused("この申請は、もう決まっています。")


def _own(ctx: Context, asked: Export) -> None:
    if ctx.actor != asked.actor:
        raise Refused("申請した本人が、申請したログインで行ってください。")


def state(asked: Export) -> str:
    """A key of STATES."""
    ruling = getattr(asked, "ruling", None)
    if ruling is None or ruling.outcome != "approved":
        return ruling.outcome if ruling else "requested"
    product = getattr(asked, "product", None)
    if product is None:
        return "approved"
    if getattr(product, "fetch", None):
        return "fetched"
    return "produced" if _in_time(product) else "expired"


def _in_time(product: ExportProduct) -> bool:
    """By the database's clock: a day of 24 hours after it was produced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT created_at > now() - make_interval(hours => %s) FROM release_export_product WHERE id = %s",
            [HOURS, product.id],
        )
        return cursor.fetchone()[0]


def produce(ctx: Context, asked: Export, still: Still) -> ExportProduct:
    """Once, in chunks; between them it is asked whether he who asked still may. Kept only when it is whole."""
    if state(asked) != "approved":
        raise Refused("承認されて、まだ作成していない申請だけを作成できます。")
    _own(ctx, asked)
    if asked.keep_until < ctx.on:
        raise Refused("保管の期限を過ぎた申請です。申請し直してください。")
    _sees(export_kinds.offered(ctx, asked.kind), asked)
    require_witness()
    erase_old()
    content, people = _lines(ctx, asked, still)
    listed, digest = json.dumps(people).encode(), hashlib.sha256(content).hexdigest()
    made = ExportProduct.objects.create(
        export=asked,
        digest=digest,
        manifest=store.put(_manifest(asked, digest, len(people), len(content))),
        people_digest=hashlib.sha256(listed).hexdigest(),
        records=len(people),
        size=len(content),
        actor=ctx.actor,
    )
    # After its row: of two who press at once, the second waits there and never comes here.
    passing.put(_people(asked), listed)
    passing.put(_file(asked), content)
    record(
        ctx, "export.produce", f"export:{asked.id}", people=people, list=asked.kind, columns=asked.columns,
        rows=len(people), digest=digest,
    )  # fmt: skip
    return made


def _file(asked: Export) -> str:
    """The name that the file is kept under until it is fetched."""
    return f"export:{asked.id}"


def _people(asked: Export) -> str:
    return f"export:{asked.id}:people"


def erase_old() -> int:
    """Erase what nobody fetched in time; how many files. By the database's clock, as `_in_time`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM now() - make_interval(hours => %s))::float", [HOURS])
        return passing.erase_before(cursor.fetchone()[0])


def _sees(columns: Collection[str], asked: Export) -> None:
    if set(asked.columns) - set(columns):
        raise Refused(
            "申請した後に、あなたの権限で見られる項目が減りました。今の権限で選べる項目で、申請し直してください。"
        )


def _lines(ctx: Context, asked: Export, still: Still) -> tuple[bytes, list[int]]:
    """The file and who stands on its lines, in their order."""
    columns = export_kinds.KINDS[asked.kind].columns
    needed = {field for key in asked.columns for field in columns[key].fields}
    parts = [export_csv.MARK, export_csv.lines([[columns[key].label for key in asked.columns]])]
    people: list[int] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            export_kinds.query(ctx, asked.kind, asked.columns),
            export_kinds.params(ctx, asked.fiscal_year, asked.day),
        )
        while True:
            _goes_on(still, needed)
            chunk = cursor.fetchmany(CHUNK)
            if not chunk:
                break
            people += [person for person, *_ in chunk]
            parts.append(export_csv.lines(told for _, *told in chunk))
    return b"".join(parts), people


def _goes_on(still: Still, needed: set[str]) -> None:
    fields = still()
    if fields is None or ("*" not in fields and needed - set(fields)):
        raise Stopped


def _manifest(asked: Export, digest: str, records: int, size: int) -> bytes:
    """What the file is, without anybody in it."""
    told = {
        "list": export_kinds.KINDS[asked.kind].label,
        "fiscal_year": asked.fiscal_year,
        "day": asked.day,
        "columns": asked.columns,
        "rows": records,
        "bytes": size,
        "sha256": digest,
        "handed_to": asked.handed_to,
        "medium": asked.medium,
        "keep_until": asked.keep_until,
    }
    return json.dumps(told, ensure_ascii=False, indent=1, default=str).encode()


_NOT_TO_FETCH = {
    "fetched": "もう受け取ったファイルです。二度は渡しません。要るときは、申請からやり直してください。",
    "expired": f"作成から{HOURS}時間を過ぎました。要るときは、申請からやり直してください。",
}


def fetch(ctx: Context, asked: Export) -> bytes:
    """The file, to who asked, once. It is erased as soon as that is saved."""
    _own(ctx, asked)
    found = state(asked)
    if found != "produced":
        raise Refused(
            _NOT_TO_FETCH.get(found, "まだ作成していないファイルです。承認と作成を先に行ってください。")
        )
    require_witness()
    product = asked.product
    ExportFetch.objects.create(product=product, actor=ctx.actor, fetched_on=ctx.on)
    try:
        content, people = passing.get(_file(asked)), json.loads(passing.get(_people(asked)))
    except KeyError as gone:
        raise Refused(_NOT_TO_FETCH["expired"]) from gone
    record(
        ctx, "export.fetch", f"export:{asked.id}", people=people, list=asked.kind, rows=product.records,
        digest=product.digest,
    )  # fmt: skip
    transaction.on_commit(lambda: [passing.erase(name) for name in (_file(asked), _people(asked))])
    return content


def waiting(ctx: Context) -> int:
    """How many wait for a second person."""
    return Export.objects.filter(ruling__isnull=True).count()
