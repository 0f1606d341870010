"""A closed accounting year takes no entry, nor does any year before it: the database refuses, whoever writes.

Also a year that holds only what a former system handed over, and was never closed itself: its terms are in the sums
that the first closing carried over.

Whoever writes shares a lock that a closing holds alone: what is not committed yet would be in no sum of the closing and
stand in the closed year all the same.
"""

LOCK = "hashtext('ledger.entry')"
CLOSED = f"""
CREATE OR REPLACE FUNCTION ledger_closed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE year integer;
BEGIN
  PERFORM pg_advisory_xact_lock_shared({LOCK});
  SELECT min(f.accounting_year) INTO year FROM fresh f
  WHERE f.accounting_year <= (SELECT max(accounting_year) FROM ledger_closing);
  IF year IS NOT NULL THEN
    RAISE EXCEPTION 'accounting year % is closed', year USING ERRCODE = '23514', CONSTRAINT = 'ledger_closed';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS ledger_closed ON ledger_entry;
CREATE TRIGGER ledger_closed AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_closed();
"""
