"""Comments, constraints, triggers and grants of every table, generated from its kind.

Runs as the owner after the migrations and may run any number of times.
"""

from __future__ import annotations

import json

from django.apps import apps
from django.db import models

from kaigo.base.records.models import Fact, Record

# Tables of other people's code: name → what the program itself may do there.
THIRD_PARTY = {"django_migrations": "SELECT"}

FUNCTIONS = """
CREATE OR REPLACE FUNCTION records_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF session_user LIKE 'erase\\_%' THEN RETURN coalesce(NEW, OLD); END IF;
  RAISE EXCEPTION 'records: % keeps its rows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '42501';
END $$;

CREATE OR REPLACE FUNCTION records_fact_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Shared: many writers at once; a freeze takes the same lock alone and so waits for all of them.
  PERFORM pg_advisory_xact_lock_shared(7411001);
  IF now() <= (SELECT max(cutoff) FROM records_freeze) THEN
    RAISE EXCEPTION 'records: begun before a freeze: begin again' USING ERRCODE = '40001';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION records_fact_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.known := tstzrange(now(), NULL);
  NEW.tx := pg_current_xact_id();
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION records_fact_close() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF NOT upper_inf(OLD.known) THEN
    RAISE EXCEPTION 'records: % is closed already', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  IF lower(OLD.known) = now() THEN
    -- Two changes of one fact in one transaction fold into one: the first was never believed by anybody.
    EXECUTE format('DELETE FROM %I WHERE id = $1', TG_TABLE_NAME) USING OLD.id;
    RETURN NULL;
  END IF;
  IF lower(OLD.known) > now() THEN
    RAISE EXCEPTION 'records: changed by a later transaction: begin again' USING ERRCODE = '40001';
  END IF;
  NEW := OLD;
  NEW.known := tstzrange(lower(OLD.known), now());
  -- What is closed without a successor (a record that never was) must not escape those who read by watermark.
  NEW.tx := pg_current_xact_id();
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION records_fact_truth() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public AS $$
DECLARE
  same text := '';
  lost bigint;
  told bigint;
BEGIN
  -- One truth per key, day and moment. Arguments: the subjects' table, then the columns of the key, the subject first.
  -- Writers about one subject wait for each other at its row, and whoever comes second sees what the first has
  -- committed; so looking at a whole statement at once is as sure as an exclusion constraint, at a tenth of its time.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'records: facts are written in read committed only' USING ERRCODE = '25001';
  END IF;
  EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %1$I s WHERE s.id IN (SELECT n.%2$I FROM fresh n) ORDER BY s.id '
                 'FOR NO KEY UPDATE) x', TG_ARGV[0], TG_ARGV[1]) INTO lost;
  EXECUTE format('SELECT count(DISTINCT %I) FROM fresh', TG_ARGV[1]) INTO told;
  IF lost < told THEN
    RAISE EXCEPTION 'records: % tells of somebody who is not in %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = '23503';
  END IF;
  FOR place IN 1 .. TG_NARGS - 1 LOOP
    same := same || format('f.%1$I = n.%1$I AND ', TG_ARGV[place]);
  END LOOP;
  EXECUTE format('SELECT min(n.id) FROM fresh n JOIN %I f ON %s f.id <> n.id AND f.effective && n.effective '
                 'AND f.known && n.known', TG_TABLE_NAME, same) INTO lost;
  IF lost IS NOT NULL THEN
    RAISE EXCEPTION 'records: % would hold two truths of one day', TG_TABLE_NAME USING ERRCODE = '23P01';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION records_work_history() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO records_work_history ("table", "row", actor, before)
  VALUES (TG_TABLE_NAME, OLD.id, coalesce(nullif(current_setting('kaigo.actor', true), ''), session_user),
          to_jsonb(OLD));
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION records_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Nobody dates his own row: time and transaction are the server's.
  NEW.tx := pg_current_xact_id();
  RETURN NEW;
END $$;
"""

FILL = """
CREATE OR REPLACE FUNCTION records_fill(target text, source text) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET maintenance_work_mem = '512MB' AS $$
DECLARE
  t regclass := format('public.%I', target)::regclass;
  s regclass := format('pg_temp.%I', source)::regclass;
  listed text;
  rows bigint;
  dropping text[];
  making text[];
  step text;
  keys text[];
  wrong boolean;
BEGIN
  -- Filling an empty table: the rows go in first, indexes and constraints are built after them, in one call, so
  -- that nobody ever meets the table without its constraints. Three times as fast as row by row.
  IF coalesce(obj_description(t, 'pg_class'), '') !~ '^(Fact|Anchor) ' THEN
    RAISE EXCEPTION 'records: % cannot be filled', target USING ERRCODE = '42501';
  END IF;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', t);
  EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1) x', t) INTO rows;
  IF rows > 0 THEN
    RAISE EXCEPTION 'records: % is not empty', target USING ERRCODE = '42501';
  END IF;
  -- This runs as the owner: from the caller's table it takes plain columns of the same types and nothing else.
  IF NOT EXISTS (SELECT 1 FROM pg_class WHERE oid = s AND relkind = 'r' AND relpersistence = 't'
                 AND NOT relrowsecurity AND NOT relhasrules) THEN
    RAISE EXCEPTION 'records: % is no plain temporary table', source USING ERRCODE = '42501';
  END IF;
  SELECT string_agg(quote_ident(a.attname), ', ') INTO listed
  FROM pg_attribute a JOIN pg_attribute b ON b.attrelid = t AND b.attname = a.attname AND b.atttypid = a.atttypid
  WHERE a.attrelid = s AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT IN ('known', 'tx');
  SELECT array_agg(format('ALTER TABLE %s DROP CONSTRAINT %I', t, conname) ORDER BY contype DESC),
         array_agg(format('ALTER TABLE %s ADD CONSTRAINT %I %s', t, conname, pg_get_constraintdef(oid)))
  INTO dropping, making FROM pg_constraint WHERE conrelid = t AND contype IN ('x', 'f', 'u');
  SELECT dropping || coalesce(array_agg(format('DROP INDEX %s', i.indexrelid::regclass)), '{}'),
         coalesce(array_agg(pg_get_indexdef(i.indexrelid)), '{}') || making
  INTO dropping, making FROM pg_index i
  WHERE i.indrelid = t AND NOT i.indisprimary
    AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = t);
  FOREACH step IN ARRAY coalesce(dropping, '{}') LOOP EXECUTE step; END LOOP;
  -- What the triggers of a Fact do is done here once: time and transaction (the columns' defaults, which no source can
  -- set), subjects that exist, one truth. keys: the subjects' table, then the columns of the key.
  SELECT (string_to_array(encode(tgargs, 'escape'), '\\000'))[1:tgnargs] INTO keys
  FROM pg_trigger WHERE tgrelid = t AND tgname = 'records_truth';
  IF keys IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER records_insert, DISABLE TRIGGER records_truth', t);
  END IF;
  EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM %s', t, listed, listed, s);
  GET DIAGNOSTICS rows = ROW_COUNT;
  IF keys IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER records_insert, ENABLE TRIGGER records_truth', t);
    -- min, not EXISTS: a plan that hopes to find one soon looks up row by row, and there is almost never one to find.
    EXECUTE format('SELECT min(f.%3$I) IS NOT NULL FROM %1$s f WHERE NOT EXISTS (SELECT 1 FROM %2$I s WHERE s.id = f.%3$I)',
                   t, keys[1], keys[2]) INTO wrong;
    IF wrong THEN
      RAISE EXCEPTION 'records: % tells of somebody who is not in %', target, keys[1] USING ERRCODE = '23503';
    END IF;
    SELECT string_agg(quote_ident(key), ', ') INTO step FROM unnest(keys[2:]) key;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM (SELECT effective, lag(effective) OVER (PARTITION BY %s '
                   'ORDER BY effective) AS before FROM %s) x WHERE effective && before)', step, t) INTO wrong;
    IF wrong THEN
      RAISE EXCEPTION 'records: % would hold two truths of one day', target USING ERRCODE = '23P01';
    END IF;
  END IF;
  FOREACH step IN ARRAY coalesce(making, '{}') LOOP EXECUTE step; END LOOP;
  EXECUTE format('ANALYZE %s', t);
  RETURN rows;
END $$;
"""

# Bulk tables (foreign keys with db_constraint=False): one anti-join per statement instead of a look-up per row, and no
# trigger before each row, because COPY adds a page of rows at once only where there is none.
REFERS = """
CREATE OR REPLACE FUNCTION records_refers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  place int := 0;
  lost bigint;
BEGIN
  IF EXISTS (SELECT 1 FROM fresh n WHERE n.tx <> pg_current_xact_id()) THEN
    RAISE EXCEPTION 'records: nobody dates his own rows of %', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  -- Arguments come in pairs: our column, the table whose id it names.
  WHILE place < TG_NARGS LOOP
    -- min, not LIMIT: a plan that hopes to find one soon looks up row by row, and there is almost never one to find.
    EXECUTE format('SELECT min(n.%1$I) FROM fresh n WHERE n.%1$I IS NOT NULL AND NOT EXISTS '
                   '(SELECT 1 FROM %2$I r WHERE r.id = n.%1$I)', TG_ARGV[place], TG_ARGV[place + 1])
      INTO lost;
    IF lost IS NOT NULL THEN
      RAISE EXCEPTION 'records: %.% names a row of % that is not there', TG_TABLE_NAME, TG_ARGV[place],
        TG_ARGV[place + 1] USING ERRCODE = '23503';
    END IF;
    place := place + 2;
  END LOOP;
  RETURN NULL;
END $$;
"""

GRANTS = {
    "Anchor": "SELECT, INSERT",
    "Fact": "SELECT, INSERT, UPDATE (known)",
    "Decision": "SELECT, INSERT",
    "Entry": "SELECT, INSERT",
    "Document": "SELECT, INSERT",
    "Work": "SELECT, INSERT, UPDATE, DELETE",
}


def record_models() -> list[type[Record]]:
    """Every concrete table of our own, in the order of its name."""
    found = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed]
    strangers = [m._meta.label for m in found if not issubclass(m, Record)]
    if strangers:
        raise TypeError(f"tables without a kind: {', '.join(strangers)}")
    return sorted(found, key=lambda m: m._meta.db_table)


def comment(model: type[Record]) -> str:
    """COMMENT of the table: the kind is its first word; then subject, retention, items as JSON."""
    about = model.about
    items = {column: list(names) for column, names in sorted(about.items.items())}
    text = {"subject": about.subject, "retention": about.retention, "items": items}
    return f"{model.record_kind} {json.dumps(text, ensure_ascii=False)}"


def install(connection, database: str, only: list[type[Record]] | None = None) -> None:
    """Write everything. `database` is the name that the roles are built from."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        cursor.execute(REFERS)
        cursor.execute(FILL)
        # Runs as the owner: whoever may read or erase may not fill.
        cursor.execute("REVOKE ALL ON FUNCTION records_fill(text, text) FROM PUBLIC")
        cursor.execute(f'GRANT EXECUTE ON FUNCTION records_fill(text, text) TO "app_{database}"')
        cursor.execute(
            f'GRANT USAGE ON SCHEMA public TO "app_{database}", "erase_{database}", "read_{database}"'
        )
        for model in only or record_models():
            for statement in _statements(model, database):
                cursor.execute(statement)
        for config in apps.get_app_configs():
            # What a room adds of its own: functions with rights that no kind of table gives.
            if hasattr(config, "install") and only is None:
                config.install(cursor, database)
        for table, right in THIRD_PARTY.items():
            cursor.execute(f'GRANT {right} ON {table} TO "app_{database}", "read_{database}"')


def _statements(model: type[Record], database: str) -> list[str]:
    table = model._meta.db_table
    words = comment(model).replace("'", "''")
    statements = [f"COMMENT ON TABLE {table} IS '{words}'"]
    statements += [*_triggers(model, table)]
    if issubclass(model, Fact):
        statements += fact_constraints(model)
    for role in ("app", "erase", "read"):
        statements.append(f'REVOKE ALL ON {table} FROM "{role}_{database}"')
    statements.append(f'GRANT {GRANTS[model.record_kind]} ON {table} TO "app_{database}"')
    statements.append(f'GRANT SELECT, DELETE ON {table} TO "erase_{database}"')
    statements.append(f'GRANT SELECT{_seen(model)} ON {table} TO "read_{database}"')
    if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
        statements.append(f'GRANT USAGE ON SEQUENCE {table}_id_seq TO "app_{database}"')
    return statements


def _seen(model: type[Record]) -> str:
    """The columns that the read role may see, "" = all."""
    if not model.hidden:
        return ""
    columns = [f.column for f in model._meta.concrete_fields if f.column not in model.hidden]
    return " (" + ", ".join(f'"{column}"' for column in columns) + ")"


def _triggers(model: type[Record], table: str) -> list[str]:
    def trigger(name: str, when: str, level: str, function: str, only: str = "") -> list[str]:
        return [
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {level} {only} EXECUTE FUNCTION {function}()",
        ]

    if model.record_kind == "Fact":
        return [
            *trigger("records_writer", "BEFORE INSERT OR UPDATE", "STATEMENT", "records_fact_writer"),
            *trigger("records_insert", "BEFORE INSERT", "ROW", "records_fact_insert"),
            *trigger("records_close", "BEFORE UPDATE", "ROW", "records_fact_close"),
            *_truth(model, table),
        ]
    # The column's default is right already; only a row that dates itself, or changes, wakes the function.
    forged = "WHEN (NEW.tx IS DISTINCT FROM pg_current_xact_id())"
    if model.record_kind == "Work":
        return [
            *trigger("records_history", "AFTER UPDATE OR DELETE", "ROW", "records_work_history"),
            *trigger("records_stamp", "BEFORE INSERT OR UPDATE", "ROW", "records_stamp", forged),
            *_references(model, table),
        ]
    references = _references(model, table)
    stamp = trigger("records_stamp", "BEFORE INSERT", "ROW", "records_stamp", forged)
    return [
        *trigger("records_never", "BEFORE UPDATE OR DELETE", "ROW", "records_never"),
        # Where references are looked up in sets, a forged date is refused in the same glance.
        *(stamp[:1] if any("CREATE" in one for one in references) else stamp),
        *references,
    ]


def _truth(model: type[Fact], table: str) -> list[str]:
    """The trigger that keeps two truths out (see records_fact_truth)."""
    subjects = model._meta.get_field(model.key[0]).related_model._meta.db_table
    arguments = ", ".join(f"'{name}'" for name in (subjects, *model.key_columns()))
    return [
        f"DROP TRIGGER IF EXISTS records_truth ON {table}",
        f"CREATE TRIGGER records_truth AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
        f"FOR EACH STATEMENT EXECUTE FUNCTION records_fact_truth({arguments})",
    ]


def _references(model: type[Record], table: str) -> list[str]:
    """For rows that are added in bulk: foreign keys without a constraint of their own, checked in sets.

    Nobody but the retention job deletes what is referred to, so that looking at the new rows is enough; of Work rows
    also at the changed ones.
    """
    pairs = ", ".join(
        f"'{f.column}', '{f.related_model._meta.db_table}'"
        for f in model._meta.concrete_fields
        if f.is_relation and not f.db_constraint
    )
    found = []
    for event, name in (("INSERT", "records_refers"), ("UPDATE", "records_refers_again")):
        found.append(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        if pairs and (event == "INSERT" or model.record_kind == "Work"):
            found.append(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING NEW TABLE AS fresh "
                f"FOR EACH STATEMENT EXECUTE FUNCTION records_refers({pairs})"
            )
    return found


def fact_constraints(model: type[Fact]) -> list[str]:
    """No empty period; the index for looking up a key, and the one for readers by watermark."""
    table = model._meta.db_table
    real = f"{table}_real"
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{real}') THEN ALTER TABLE {table} "
        f"ADD CONSTRAINT {real} CHECK (NOT isempty(effective) AND NOT isempty(known)); END IF; END $$",
        f"CREATE INDEX IF NOT EXISTS {table}_key ON {table} ({', '.join(model.key_columns())})",
        f"CREATE INDEX IF NOT EXISTS {table}_tx ON {table} (tx)",
        # Of earlier installations: the trigger holds what the constraint held.
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_truth",
        f"DROP INDEX IF EXISTS {table}_now",
    ]
