"""Files whose lines say "from this day to that day": welfare, stays, accounts, tax years … → facts.

The same key again replaces the line. Where two lines of one kind of fact overlap, the later beginning wins and ends
the earlier one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kaigo.base.records.context import Context
from kaigo.base.records.facts import Believed
from kaigo.base.records.models import Fact
from kaigo.base.records.statements import restate, stating
from kaigo.base.records.watermarks import Span
from kaigo.insurance.registers.read import known_facility_sql
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.taking.lines import (
    NEWEST_FIRST,
    NUMBERS,
    Layout,
    about_whom,
    refuse,
    refuse_unknown,
    rows,
    run,
)

Column = str | Callable[[Layout], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """How lines of a layout become facts. key: fields beside 宛名番号 that make a line replace another.

    columns: column of the fact → field, or an expression. starts and ends: expressions when not from and to.
    refuses: False when the room that the file is made for refuses lines about nobody we know.
    """

    layout: str
    model: type[Fact]
    key: tuple[str, ...]
    columns: dict[str, Column]
    history: bool = False
    facility: bool = False
    refuses: bool = True
    starts: Callable[[Layout], str] = lambda at: at.day("from")
    ends: Callable[[Layout], str] = lambda at: at.day("to")
    notified: Callable[[Layout], str] = lambda at: "NULL::date"


def _words(key: str, **words: str) -> Callable[[Layout], str]:
    """Codes c1, c2 … as our words."""
    return lambda at: at.coded(key, {code[1:]: word for code, word in words.items()})


def _yen(*keys: str) -> dict[str, Column]:
    return {key: (lambda at, key=key: f"coalesce({at.number(key)}, 0)") for key in keys}


def _fiscal(at: Layout, more: int = 0) -> str:
    return f"make_date({at.number('fiscal_year', 'int')} + {more}, 4, 1)"


KINDS = (
    Kind(
        "ward.tax",
        m.Taxation,
        ("fiscal_year",),
        {
            "fiscal_year": lambda at: at.number("fiscal_year", "smallint"),
            "status": "status",
            "per_capita_tax": lambda at: at.number("per_capita_tax", "int"),
            **_yen(
                "income_tax", "total_income", "pension_revenue", "pension_income", "salary_revenue", "salary_income",
                "income_adjustment", "long_special_deduction", "short_special_deduction",
            ),
            "deemed_taxed": lambda at: f"nullif({at.text('deemed_taxed')}, '') = '1'",
            "declared": "declared",
            "corrected_on": lambda at: at.day("corrected_on"),
            "correction_reason": "correction_reason",
        },
        history=True,
        starts=_fiscal,
        ends=lambda at: _fiscal(at, 1),
        notified=lambda at: at.day("corrected_on"),
    ),
    Kind(
        "ward.welfare",
        m.Welfare,
        ("welfare_kind", "from"),
        {
            "welfare_kind": "welfare_kind",
            "case_number": "case_number",
            "substitute_payment": lambda at: f"{at.text('substitute_payment')} = '1'",
        },
        history=True,
    ),
    Kind("ward.old_age_pension", m.OldAgePension, ("from",), {"certificate": "certificate"}),
    Kind(
        "ward.borderline",
        m.Borderline,
        ("certificate",),
        {"certificate": "certificate", "measures": "measures", "stage": lambda at: at.number("stage", "smallint")},
    ),
    Kind(
        "ward.medical",
        m.MedicalInsurance,
        ("from",),
        {key: key for key in ("insurer_number", "mark", "branch", "category")},
    ),
    Kind(
        "ward.facility_stay",
        m.FacilityStay,
        ("from",),
        {"facility": "facility", "grant_kind": "grant_kind"},
        facility=True,
    ),
    Kind(
        "ward.address_exception",
        m.AddressException,
        ("exception", "from"),
        {
            "exception": _words("exception", c1="own", c2="other"),
            "municipality": "municipality",
            "facility": "facility",
        },
        facility=True,
    ),
    Kind(
        "ward.relationship",
        m.Relation,
        ("other", "relation"),
        {
            "other_id": lambda at: f"(SELECT o.person_id FROM ({NUMBERS}) o WHERE o.number = {at.text('other')})",
            "relation": "relation",
        },
    ),
    Kind(
        "ward.mailing_address",
        m.MailingAddress,
        ("use", "from"),
        {
            "use": _words("use", c1="all", c2="premium", c3="benefit"),
            **{key: key for key in ("recipient", "postal_code", "address", "building", "reason")},
        },
    ),
    Kind(
        "ward.bank_account",
        m.BankAccount,
        ("use", "from"),
        {
            "use": _words("use", c1="debit", c2="refund", c3="benefit"),
            **{key: key for key in ("bank", "branch", "account_kind", "account", "holder")},
        },
    ),
    # February's deductions of the former system also tell 基礎年金番号; a line without one says nothing here.
    Kind(
        "migrate.february",
        m.PensionNumber,
        ("fiscal_year",),
        {"number": "basic_pension_number"},
        refuses=False,
        starts=_fiscal,
        ends=lambda at: f"CASE WHEN {at.text('basic_pension_number')} = '' THEN {_fiscal(at)} END",
    ),
)  # fmt: skip


def take_kind(ctx: Context, span: Span, kind: Kind) -> tuple[Believed, int]:
    """New lines of one layout. Returns what came to be believed and how many lines were refused."""
    at = Layout(kind.layout)
    params = span._asdict()
    if not rows(f"SELECT 1 FROM ({at.fresh()}) l LIMIT 1", params):
        return Believed(0, 0, 0, 0), 0
    refused = refuse_unknown(ctx, at, span) if kind.refuses else 0
    if kind.model is m.Relation:
        refused += refuse_unknown(ctx, at, span, "other")
    refused += _refuse_upside_down(ctx, kind, at, params)
    if kind.facility:
        refused += _refuse_facilities(ctx, at, params)
    about_whom(at, span)
    return restate_kind(kind, params), refused


def restate_kind(kind: Kind, params: dict) -> Believed:
    """Everything that the lines of the layout say about the people in tables `taken` and `taken_number`."""
    at = Layout(kind.layout)
    model = kind.model
    columns = (*model.key_columns()[1:], *model.value_columns())
    listed = ", ".join(columns)
    said = ", ".join(f"{_expression(at, kind.columns[c])} AS {c}" for c in columns)
    keys = "".join(f", {at.text(key)}" for key in kind.key)
    history = f", {at.number('history', 'int')} DESC" if kind.history else ""
    correction = at.text("correction") if kind.history else "'0'"
    within = ", ".join(model.key_columns())
    known = (
        f" AND ({at.text('facility')} = '' OR {at.text('facility')} IN ({known_facility_sql()}))"
        if kind.facility
        else ""
    )
    upright = f"({kind.ends(at)} IS NULL OR {kind.ends(at)} >= {kind.starts(at)})"
    table = stating(model)
    run(
        f"""
        WITH said AS (
            SELECT DISTINCT ON (n.person_id{keys}) n.person_id, l.source, l.line_id, l.fresh, {said},
                   {correction} AS correction, {kind.starts(at)} AS starts, {kind.ends(at)} AS ends,
                   {kind.notified(at)} AS notified_on
            FROM ({at.lines()}) l JOIN {"taken_number" if params["after"] else f"({NUMBERS})"} n
              ON n.number = {at.text("addressee")}
            WHERE {upright}{known}
            ORDER BY n.person_id{keys}{history}, l.{NEWEST_FIRST}),
        placed AS (
            SELECT *, lead(starts) OVER (PARTITION BY {within} ORDER BY starts, line_id) AS following
            FROM said WHERE correction <> '2' AND (ends IS NULL OR starts < ends)
            {"AND other_id IS NOT NULL" if model is m.Relation else ""})
        INSERT INTO {table} (person_id, {listed}, effective, notified_on, source, fresh)
        SELECT person_id, {listed}, daterange(starts, least(ends, following)), notified_on, source, fresh
        FROM placed WHERE following IS NULL OR following > starts""",
        params,
    )
    return restate(model, table, "taken")


def _expression(at: Layout, column: Column) -> str:
    return at.text(column) if isinstance(column, str) else column(at)


def _refuse_upside_down(ctx: Context, kind: Kind, at: Layout, params: dict) -> int:
    if "to" not in at.places:
        return 0
    found = rows(
        f"SELECT l.delivery_id, l.line, {at.text('to')} FROM ({at.fresh()}) l "
        f"WHERE {kind.ends(at)} < {kind.starts(at)} ORDER BY l.delivery_id, l.line",
        params,
    )
    return refuse(
        ctx, found, "to", "upside_down", "終わりの日が始まりの日より前です",
        "始まりの日と終わりの日を確かめて直してください(終わりの日は、そうでなくなった最初の日)",
    )  # fmt: skip


def _refuse_facilities(ctx: Context, at: Layout, params: dict) -> int:
    found = rows(
        f"SELECT l.delivery_id, l.line, {at.text('facility')} FROM ({at.fresh()}) l "
        f"WHERE {at.text('facility')} <> '' AND {at.text('facility')} NOT IN ({known_facility_sql()}) "
        "ORDER BY l.delivery_id, l.line",
        params,
    )
    return refuse(
        ctx, found, "facility", "unknown_facility", "施設台帳にない施設番号です",
        "施設番号を確かめて直すか、施設台帳のファイルを取り込んでからもう一度取り込んでください",
    )  # fmt: skip
