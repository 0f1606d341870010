"""住民記録 and 住登外者 → who people are, where and with whom they live, 支援措置, 処理停止.

A line of the register is the whole record as from its day until the next history number: on any day the highest
history number that has begun is true. So late corrections, cancelled lines, two events of one day and lines out of
order need no cases of their own. While somebody is a resident, his record as 住登外者 is silent.
"""

from __future__ import annotations

from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.facts import FILL_FROM, Believed, fill
from kaigo.base.records.folding import fold
from kaigo.base.records.rows import rows
from kaigo.base.records.statements import restate, stating
from kaigo.base.records.watermarks import Span
from kaigo.insurance.registers.read import address_key
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.taking.lines import NEWEST_FIRST, NUMBERS, Layout, run, taken, temporary

_STATE = {"1": "resident", "2": "left", "3": "dead", "4": "erased"}
_GUEST = {"3": "dead", "4": "erased"}
_TEXTS = (
    "name", "kana", "alias", "alias_kana", "sex", "resident_kind", "nationality", "postal_code", "town_code", "address",
    "building", "phone", "from_code", "from_address", "to_code", "to_address", "became_resident_reason",
    "removed_reason", "event", "household", "relationship", "protection", "hold",
)  # fmt: skip
_DAYS = (
    "stay_until", "became_resident_on", "became_resident_notified_on", "settled_on", "joined_household_on",
    "move_planned_on", "taken_on", "removed_on", "protection_until", "notified_on",
)  # fmt: skip
_NAMED = (
    "name", "kana", "alias", "alias_kana", "birth_date", "birth_raw", "sex", "resident_kind", "nationality",
    "stay_until", "search", "search_kana",
)  # fmt: skip
_LIVES = (
    "state", "event", "postal_code", "town_code", "address", "building", "phone", "became_resident_on",
    "became_resident_notified_on", "became_resident_reason", "from_code", "from_address", "to_code", "to_address",
    "to_address_key", "move_planned_on", "taken_on", "removed_on", "removed_reason",
)  # fmt: skip


def take_people(ctx: Context, span: Span) -> dict[str, Believed | int]:
    """Both layouts at once. Returns what each fact table came to believe, and how many people are new."""
    resident, guest = Layout("ward.resident"), Layout("ward.nonresident")
    params = span._asdict()
    done: dict[str, Believed | int] = {"people": _new_people(resident, guest, params)}
    _new_households(resident, params)
    taken(span, resident, guest)
    return done | restate_people(resident, guest, params)


def restate_people(resident: Layout, guest: Layout, params: dict) -> dict[str, Believed | int]:
    """Everything that the lines say about the people in table `taken`."""
    temporary("taken_number", f"SELECT n.number, n.person_id FROM ({NUMBERS}) n JOIN taken USING (person_id)")
    _stage(resident, guest, params)
    _order()
    _fold()
    return {
        "particulars": _state(m.Particulars, dict(zip(_NAMED, _NAMED, strict=True)), "named"),
        "residence": _residence(),
        "membership": _membership(),
        "protection": _state(m.Protection, {"measure": "protection"}, "protected", "protection <> ''"),
        "hold": _state(m.Hold, {"reason": "hold"}, "since", "hold <> ''"),
    }  # fmt: skip


def _new_people(resident: Layout, guest: Layout, params: dict) -> int:
    run("DROP TABLE IF EXISTS new_number")
    run(
        "CREATE TEMPORARY TABLE new_number ON COMMIT DROP AS SELECT y.number::varchar AS number, "
        "nextval('residents_person_id_seq') AS person_id FROM (SELECT DISTINCT x.number FROM ("
        f"SELECT {resident.text('addressee')} AS number FROM ({resident.fresh()}) l "
        f"UNION ALL SELECT {guest.text('addressee')} FROM ({guest.fresh()}) l) x WHERE NOT EXISTS "
        "(SELECT 1 FROM residents_addressee_number n WHERE n.number = x.number) ORDER BY x.number) y",
        params,
    )
    _anchors("residents_person", ("id",), "SELECT person_id AS id FROM new_number")
    return _anchors(
        "residents_addressee_number", ("number", "person_id"), "SELECT number, person_id FROM new_number"
    )


def _new_households(resident: Layout, params: dict) -> None:
    _anchors(
        "residents_household",
        ("number",),
        f"SELECT DISTINCT {resident.text('household')}::varchar AS number FROM ({resident.fresh()}) l WHERE NOT EXISTS "
        f"(SELECT 1 FROM residents_household h WHERE h.number = {resident.text('household')}) ORDER BY 1",
        params,
    )


def _anchors(table: str, columns: tuple[str, ...], query: str, params: dict | None = None) -> int:
    """Many at once into an empty table, else simply added. Returns how many."""
    listed = ", ".join(columns)
    ((empty,),) = rows(f"SELECT NOT EXISTS (SELECT 1 FROM {table})")
    if not empty:
        return run(f"INSERT INTO {table} ({listed}) {query}", params)
    run(f"CREATE TEMPORARY TABLE anchor_new ON COMMIT DROP AS {query}", params)
    ((count,),) = rows("SELECT count(*) FROM anchor_new")
    if count >= FILL_FROM:
        return fill(table, "anchor_new")
    run(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM anchor_new")
    run("DROP TABLE anchor_new")
    return count


def _stage(resident: Layout, guest: Layout, params: dict) -> None:
    """Table `said`: every line of the people, typed. guest 0/1; step: a 住登外者 may be registered and die in one line."""
    birth = "CASE WHEN right({0}, 2) <> '00' THEN {0}::date END AS birth_date, {0} AS birth_raw"
    texts = ", ".join(f"{resident.text(key)} AS {key}" for key in _TEXTS)
    days = ", ".join(f"{resident.day(key)} AS {key}" for key in _DAYS)
    head = "n.person_id, l.source, l.line_id, l.fresh"
    ours = f"""
        SELECT {head}, 1 AS rank, 0 AS step, n.number, {resident.number("history", "int")} AS history,
               {resident.text("correction")} AS correction, {resident.day("event_on")} AS starts,
               {resident.coded("state", _STATE)} AS state, {birth.format(resident.text("birth"))}, {texts}, {days}
        FROM ({resident.lines()}) l JOIN taken_number n ON n.number = {resident.text("addressee")}"""
    own = {"name", "kana", "sex", "postal_code", "address", "building"}
    texts = ", ".join(f"{guest.text(key)}" if key in own else "''" for key in _TEXTS)
    days = ", ".join("NULL::date" for _ in _DAYS)

    def theirs(step: int, starts: str, state: str, where: str) -> str:
        return f"""
            SELECT {head}, 0, {step}, n.number, {guest.number("history", "int")}, {guest.text("correction")}, {starts},
                   {state}, {birth.format(guest.text("birth"))}, {texts}, {days}
            FROM ({guest.lines()}) l JOIN taken_number n ON n.number = {guest.text("addressee")} WHERE {where}"""

    ended = f"coalesce({guest.day('state_on')}, {guest.day('from')})"
    queries = (
        ours,
        theirs(0, guest.day("from"), "'nonresident'", "true"),
        theirs(1, ended, guest.coded("state", _GUEST), f"{guest.text('state')} IN ('3', '4')"),
    )
    temporary(
        "said",
        f"SELECT row_number() OVER () AS id, x.* FROM ({' UNION ALL '.join(queries)}) x",
        params,
        known=("id", "person_id", "household"),
    )


def _order() -> None:
    """Table `life`: which lines count and when: the newest of each history number, none that was cancelled.

    lives, named, since, belongs, protected: the days of each kind of statement. The oldest record of a person also tells
    since when he has lived at the address, been a resident, belonged to the household.
    """
    temporary(
        "newest",
        "SELECT DISTINCT ON (person_id, rank, number, history, step) id, person_id, rank, number, history, step, "
        f"starts, correction FROM said ORDER BY person_id, rank, number, history, step, {NEWEST_FIRST}",
    )
    temporary(
        "placed",
        """
        SELECT c.*, lag(c.starts) OVER (PARTITION BY c.person_id, c.rank ORDER BY c.starts) IS NULL AS first FROM (
            SELECT id, person_id, rank, starts, min(starts) OVER (
                PARTITION BY person_id, rank ORDER BY number DESC, history DESC, step DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ends
            FROM newest WHERE correction <> '2') c
        WHERE c.ends IS NULL OR c.starts < c.ends""",
    )
    temporary(
        "life",
        """
        SELECT s.id, s.person_id, s.rank, p.starts, p.ends, p.first, s.state,
               datemultirange(daterange(CASE WHEN p.first AND s.state = 'resident'
                   THEN least(p.starts, s.settled_on) ELSE p.starts END, p.ends)) AS lives,
               datemultirange(daterange(CASE WHEN p.first
                   THEN least(p.starts, s.became_resident_on, s.settled_on, s.joined_household_on)
                   ELSE p.starts END, p.ends)) AS named,
               datemultirange(daterange(p.starts, p.ends)) AS since,
               CASE WHEN s.rank = 0 THEN '{}'::datemultirange
                    WHEN s.state = 'resident' THEN datemultirange(daterange(CASE WHEN p.first
                       THEN least(p.starts, s.joined_household_on) ELSE p.starts END, p.ends))
                    WHEN p.first AND s.joined_household_on < p.starts
                       THEN datemultirange(daterange(s.joined_household_on, p.starts))
                    ELSE '{}'::datemultirange END AS belongs,
               CASE WHEN s.protection = '' THEN '{}'::datemultirange
                    ELSE datemultirange(daterange(p.starts, CASE WHEN least(p.ends, s.protection_until) < p.starts
                        THEN p.starts ELSE least(p.ends, s.protection_until) END))
                    END AS protected
        FROM placed p JOIN said s ON s.id = p.id""",
    )
    _silence_guests()


def _silence_guests() -> None:
    """People who are both: the record as 住登外者 counts only before and after they are residents.

    When both begin on the day of moving out, the register's line keeps that day: it says why and where to.
    """
    if not rows("SELECT 1 FROM life GROUP BY person_id HAVING min(rank) < max(rank) LIMIT 1"):
        return
    for column in ("lives", "named"):
        run(
            f"UPDATE life g SET {column} = g.{column} - r.days FROM ("
            f" SELECT n.id, range_agg(CASE WHEN o.state = 'resident' OR o.starts > n.starts THEN o.span"
            f"                             WHEN o.starts = n.starts THEN daterange(o.starts, o.starts + 1) END) AS days"
            f" FROM life n JOIN (SELECT person_id, state, starts, unnest({column}) AS span FROM life WHERE rank = 1) o"
            f" USING (person_id) WHERE n.rank = 0 GROUP BY n.id) r WHERE g.id = r.id AND r.days IS NOT NULL"
        )
        run(
            f"UPDATE life o SET {column} = o.{column} - g.days FROM ("
            f" SELECT person_id, range_agg({column}) AS days FROM life WHERE rank = 0 GROUP BY person_id) g"
            f" WHERE o.person_id = g.person_id AND o.rank = 1 AND o.{column} && g.days"
        )


def _fold() -> None:
    """Tables `folded_…` and `compared`: names and addresses in the form in which they are found and compared."""
    _fold_texts("folded_name", "search", "name", "alias")
    _fold_texts("folded_kana", "search_kana", "kana", "alias_kana")
    places = rows("SELECT DISTINCT s.to_address FROM said s JOIN life USING (id) WHERE s.to_address <> ''")
    run("DROP TABLE IF EXISTS compared")
    run("CREATE TEMPORARY TABLE compared (text varchar, key varchar) ON COMMIT DROP")
    copy_rows("compared", ("text", "key"), ((text, address_key(text)[:200]) for (text,) in places))
    run("ANALYZE compared")


def _fold_texts(table: str, folded: str, text: str, alias: str) -> None:
    """Many people share a name: each pair of name and alias is folded once."""
    found = rows(f"SELECT DISTINCT s.{text}, s.{alias} FROM said s JOIN life USING (id)")
    run(f"DROP TABLE IF EXISTS {table}")
    run(f"CREATE TEMPORARY TABLE {table} ({text} text, {alias} text, {folded} varchar) ON COMMIT DROP")
    copy_rows(table, (text, alias, folded), ((*pair, _folded(*pair)) for pair in found))
    run(f"ANALYZE {table}")


def _folded(name: str, alias: str) -> str:
    """ "name" or "name/alias", as search.py looks for it."""
    return (f"{fold(name)}/{fold(alias)}" if alias else fold(name))[:250]


def _state(model: type[m.PersonFact], columns: dict[str, str], days: str, where: str = "true") -> Believed:
    """State one kind of fact. columns: of the fact → expressions over `said`; days: column of `life`."""
    folded = (
        "JOIN folded_name USING (name, alias) JOIN folded_kana USING (kana, alias_kana)"
        if model is m.Particulars
        else ""
    )
    return _apply(
        model,
        tuple(columns),
        f"SELECT s.person_id, {', '.join(columns.values())}, unnest(l.{days}), s.notified_on, s.source, s.fresh "
        f"FROM life l JOIN said s USING (id) {folded} WHERE {where}",
    )


def _apply(model: type[m.PersonFact], columns: tuple[str, ...], query: str) -> Believed:
    """Neighbouring periods that say the same become one; then they are stated."""
    table = stating(model)
    listed = ", ".join(("person_id", *columns, "effective", "notified_on", "source", "fresh"))
    run(f"INSERT INTO {table} ({listed}) {query}")
    _join_neighbours(table, columns)
    return restate(model, table, "taken")


def _join_neighbours(table: str, columns: tuple[str, ...]) -> None:
    """[a, b) and [b, c) of the same values are one period, with the source of the first."""
    values = ", ".join(columns)
    changed = " OR ".join(f"{c} IS DISTINCT FROM lag({c}) OVER w" for c in columns)
    listed = f"person_id, {values}, notified_on, source, fresh"
    temporary("neighbours", f"SELECT person_id FROM {table} GROUP BY person_id HAVING count(*) > 1")
    run(
        f"WITH moved AS (DELETE FROM {table} t USING neighbours n WHERE t.person_id = n.person_id RETURNING t.*), "
        f"marked AS (SELECT *, (lag(upper(effective)) OVER w IS DISTINCT FROM lower(effective) OR {changed})::int AS new "
        f" FROM moved WINDOW w AS (PARTITION BY person_id ORDER BY lower(effective))), "
        f"counted AS (SELECT *, sum(new) OVER (PARTITION BY person_id ORDER BY lower(effective)) AS island FROM marked), "
        f"joined AS (SELECT DISTINCT ON (person_id, island) person_id, island, {values}, notified_on, source FROM counted "
        f" ORDER BY person_id, island, lower(effective)), "
        f"spans AS (SELECT person_id, island, range_merge(range_agg(effective)) AS effective, bool_or(fresh) AS fresh "
        f" FROM counted GROUP BY person_id, island) "
        f"INSERT INTO {table} ({listed}, effective) SELECT {listed}, effective FROM joined JOIN spans "
        f"USING (person_id, island)"
    )


def _residence() -> Believed:
    """Where people live. Whose oldest record says that he left or died lived here until then."""
    columns = ", ".join(_LIVES)
    main = f"""
        SELECT l.person_id, {columns.replace("state,", "s.state,", 1).replace("to_address_key", "coalesce(k.key, '')")},
               unnest(l.lives) AS effective, s.notified_on, s.source, s.fresh
        FROM life l JOIN said s ON s.id = l.id LEFT JOIN compared k ON k.text = nullif(s.to_address, '')"""
    before = {
        "state": "'resident'", "event": "s.became_resident_reason", "to_code": "''", "to_address": "''",
        "to_address_key": "''", "move_planned_on": "NULL", "taken_on": "NULL", "removed_on": "NULL",
        "removed_reason": "''",
    }  # fmt: skip
    earlier = f"""
        SELECT l.person_id, {", ".join(before.get(c, f"s.{c}") for c in _LIVES)},
               daterange(s.became_resident_on, l.starts), s.became_resident_notified_on, s.source, s.fresh
        FROM life l JOIN said s ON s.id = l.id
        WHERE l.first AND l.rank = 1 AND l.state <> 'resident' AND s.became_resident_on < l.starts
          AND NOT EXISTS (SELECT 1 FROM life g WHERE g.person_id = l.person_id AND g.rank = 0
                          AND g.lives && daterange(s.became_resident_on, l.starts))"""
    return _apply(m.Residence, _LIVES, f"{main} UNION ALL {earlier}")


def _membership() -> Believed:
    return _apply(
        m.Membership,
        ("household_id", "relationship"),
        "SELECT l.person_id, h.id, s.relationship, unnest(l.belongs), s.notified_on, s.source, s.fresh "
        "FROM life l JOIN said s ON s.id = l.id JOIN residents_household h ON h.number = s.household",
    )
