"""Two records that turned out to be one person: what files say of both numbers is stated again of one of them."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.base.records.facts import believe
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.models import Fact
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.records.statements import stating
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.taking.lines import NUMBERS, Layout, run, temporary
from kaigo.insurance.residents.taking.people import restate_people
from kaigo.insurance.residents.taking.periods import KINDS, restate_kind

_ALL: tuple[type[Fact], ...] = (
    m.Particulars, m.Residence, m.Membership, m.Protection, m.Hold, m.Relation, m.Taxation, m.Welfare, m.OldAgePension,
    m.Borderline, m.MedicalInsurance, m.FacilityStay, m.AddressException, m.PensionNumber, m.MailingAddress,
    m.BankAccount,
)  # fmt: skip


def merge(ctx: Context, person: int, into: int, reason: str) -> m.Merge:
    """`person` is from now on read as `into` (住登外者 who became a resident, a double record).

    Numbers of both lead to `into`; lines of both are stated of `into`; what the section entered about `person` goes
    along where nothing is believed of `into`. What we believed before stays where it was.
    """
    without_my_number(reason)
    if not reason.strip():
        raise Refused("同じ人と判断した理由を書いてください。")
    if person == into:
        raise Refused("二つの記録が同じです。")
    if m.Person.objects.filter(id__in=[person, into]).count() != 2:
        raise Refused("この人はいません。")
    if _current(person) or _current(into):
        raise Refused("どちらかの記録はもうほかの人にまとめられています。まとめた先の人で処理してください。")
    done = _record(ctx, person, into, reason, _last(person))
    for earlier in _merged_into(person):
        _record(ctx, earlier.person_id, into, reason, earlier)
    _carry(person, into)
    _point(person, into)
    _restate([person, into])
    return done


def part(ctx: Context, person: int, reason: str) -> m.Merge:
    """Undo a merge: the number stands for its own person again. Entries of the section stay with the other."""
    without_my_number(reason)
    before = _current(person)
    if before is None:
        raise Refused("この記録はまとめられていません。")
    if not reason.strip():
        raise Refused("別の人と判断した理由を書いてください。")
    done = _record(ctx, person, person, reason, before)
    _restate([person, before.into_id])
    return done


def _record(ctx: Context, person: int, into: int, reason: str, before: m.Merge | None) -> m.Merge:
    return m.Merge.objects.create(
        person_id=person,
        into_id=into,
        reason=reason.strip(),
        decided_on=ctx.on,
        actor=ctx.actor,
        supersedes=before,
    )


def _last(person: int) -> m.Merge | None:
    return m.Merge.objects.filter(person_id=person, superseded_by=None).first()


def _current(person: int) -> m.Merge | None:
    found = _last(person)
    return found if found and found.into_id != person else None


def _merged_into(person: int) -> list[m.Merge]:
    return list(m.Merge.objects.filter(into_id=person, superseded_by=None).exclude(person_id=person))


def _carry(person: int, into: int) -> None:
    """What is believed of `person`, of `into` where nothing is believed of him; then nothing of `person`."""
    for model in _ALL:
        table, keys = model._meta.db_table, model.key_columns()[1:]
        columns = ", ".join((*keys, *model.value_columns(), "notified_on", "source"))
        same = "".join(f" AND g.{c} = f.{c}" for c in keys)
        params = {"person": person, "into": into}
        statements = stating(model)
        run(
            f"INSERT INTO {statements} (person_id, {columns}, effective) SELECT %(into)s, {columns}, unnest(rest) FROM ("
            f" SELECT f.*, datemultirange(f.effective) - coalesce((SELECT range_agg(g.effective) FROM {table} g"
            f" WHERE g.person_id = %(into)s{same} AND upper_inf(g.known)), '{{}}') AS rest FROM {table} f"
            f" WHERE f.person_id = %(person)s AND upper_inf(f.known)) x",
            params,
        )
        run(
            f"INSERT INTO {statements} (person_id, {''.join(k + ', ' for k in keys)}effective, source, void) "
            f"SELECT person_id, {''.join(k + ', ' for k in keys)}effective, 'merge', true FROM {table} "
            f"WHERE person_id = %(person)s AND upper_inf(known)",
            params,
        )
        believe(model, statements)


def _point(person: int, into: int) -> None:
    """Relationships of others to `person` (his guardian, her abuser) now lead to `into`."""
    statements = stating(m.Relation)
    columns = "person_id, relation, effective"
    where = "FROM residents_relation f WHERE f.other_id = %(person)s AND upper_inf(f.known)"
    params = {"person": person, "into": into}
    run(
        f"INSERT INTO {statements} (other_id, {columns}, notified_on, source) SELECT %(into)s, person_id, relation, "
        f"unnest(datemultirange(effective) - coalesce((SELECT range_agg(g.effective) FROM residents_relation g "
        f"WHERE g.person_id = f.person_id AND g.other_id = %(into)s AND g.relation = f.relation AND upper_inf(g.known)), "
        f"'{{}}')), notified_on, source {where} AND f.person_id <> %(into)s",
        params,
    )
    run(
        f"INSERT INTO {statements} (other_id, {columns}, source, void) "
        f"SELECT other_id, {columns}, 'merge', true {where}",
        params,
    )
    believe(m.Relation, statements)


def _restate(persons: list[int]) -> None:
    """Everything that the lines read so far say of these people."""
    temporary("taken", "SELECT unnest(%(persons)s::bigint[]) AS person_id", {"persons": persons})
    (upto,) = rows(
        "SELECT coalesce(max(position::text::bigint), 0) FROM records_watermark WHERE reader = 'residents'"
    )[0]
    # After the watermark's position nothing is read yet; a position of 1 keeps `lines()` to the people in `taken`.
    params = {"after": max(1, upto), "upto": upto}
    restate_people(Layout("ward.resident"), Layout("ward.nonresident"), params)
    temporary("taken_number", f"SELECT n.number, n.person_id FROM ({NUMBERS}) n JOIN taken USING (person_id)")
    for kind in KINDS:
        restate_kind(kind, params)
