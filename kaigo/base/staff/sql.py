"""What the staff database itself does with sessions and with ceremonies (challenges of passkeys, ceremonies.py).

Every staff system reads the staff database and may change nothing there, with one exception: using a session stamps
it, at most once a minute, through a function that can do nothing else. When it was last used stands in an unlogged
table: a crash empties it, and whoever was in must log in again.
"""

from __future__ import annotations

TABLES = """
CREATE UNLOGGED TABLE IF NOT EXISTS staff_session_seen (
  id bigint PRIMARY KEY, -- of the session,
  seen_at timestamptz NOT NULL DEFAULT now()
);
-- Challenges that wait for their answer: for minutes, so a crash may empty it too.
CREATE UNLOGGED TABLE IF NOT EXISTS staff_ceremony (
  id bigserial PRIMARY KEY,
  token_hash text NOT NULL UNIQUE, -- of the cookie that binds it to one browser
  kind text NOT NULL,
  challenge bytea NOT NULL,
  account bigint,
  enrolment bigint,
  valid_until timestamptz NOT NULL
);
"""

FUNCTIONS = """
CREATE OR REPLACE FUNCTION staff_session_use(token text, idle interval) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  found bigint;
  seen timestamptz;
BEGIN
  SELECT s.id, u.seen_at INTO found, seen FROM staff_session s LEFT JOIN staff_session_seen u ON u.id = s.id
  WHERE s.token_hash = token AND s.ends_at > now();
  IF found IS NULL OR seen IS NULL OR seen < now() - idle THEN
    RETURN NULL;
  END IF;
  IF seen < now() - interval '1 minute' THEN
    UPDATE staff_session_seen SET seen_at = now() WHERE id = found;
  END IF;
  RETURN found;
END $$;

-- Whether a session goes on, without using it: what a running export asks.
CREATE OR REPLACE FUNCTION staff_session_lives(session bigint, idle interval) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM staff_session s JOIN staff_session_seen u ON u.id = s.id
                 WHERE s.id = session AND s.ends_at > now() AND u.seen_at >= now() - idle)
$$;

-- A challenge that waits for its answer; those that waited too long go.
CREATE OR REPLACE FUNCTION staff_ceremony_begin(token text, asked text, sign bytea, whose bigint, word bigint,
                                                lasts interval) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM staff_ceremony WHERE valid_until < now();
  INSERT INTO staff_ceremony (token_hash, kind, challenge, account, enrolment, valid_until)
  VALUES (token, asked, sign, whose, word, now() + lasts);
$$;

-- The answer came: it is taken away, whatever the answer is worth.
CREATE OR REPLACE FUNCTION staff_ceremony_take(token text) RETURNS TABLE (kind text, in_time boolean, challenge bytea,
                                                                         account bigint, enrolment bigint) LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM staff_ceremony c WHERE c.token_hash = token
  RETURNING c.kind, c.valid_until > now(), c.challenge, c.account, c.enrolment
$$;

CREATE OR REPLACE FUNCTION staff_session_begin() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO staff_session_seen (id) VALUES (NEW.id);
  RETURN NEW;
END $$;
"""

# What the log-in of a person is, in one row: see who.py.
WHO = """
SELECT a.id, a.member_id, n.name, a.kind, a.open_from,
       least(a.open_until, (SELECT e.ended_on FROM staff_account_end e WHERE e.account_id = a.id)),
       s.id, s.method, extract(epoch FROM now() - s.proved_at)::float8,
       (SELECT json_agg(json_build_array(p.section, p.title, lower(p.effective), upper(p.effective), p.contract)
                        ORDER BY lower(p.effective), p.section)
        FROM staff_post p WHERE p.member_id = a.member_id AND upper_inf(p.known)),
       (SELECT json_agg(json_build_array(g.id, g.role, g.section, g.given_from, least(g.given_until, e.ended_on))
                        ORDER BY g.id)
        FROM staff_grant g LEFT JOIN staff_grant_end e ON e.grant_id = g.id WHERE g.account_id = a.id),
       (SELECT array_agg(m.digest) FROM staff_self_mark m WHERE m.member_id = a.member_id),
       (SELECT max(x.id) FROM staff_emergency x WHERE x.account_id = a.id AND x.ends_at > now())
FROM {session} JOIN staff_account a ON a.id = s.account_id
LEFT JOIN staff_member_profile n ON n.member_id = a.member_id AND upper_inf(n.known) AND n.effective @> %(day)s::date
"""
BY_TOKEN = (
    "staff_session_use(%(token)s, make_interval(mins => %(idle)s)) u(id) JOIN staff_session s ON s.id = u.id"
)
BY_SESSION = (
    "(SELECT %(session)s::bigint AS id WHERE staff_session_lives(%(session)s, make_interval(mins => %(idle)s))) u "
    "JOIN staff_session s ON s.id = u.id"
)


def install(cursor, database: str) -> None:
    """Tables and functions of sessions, with their rights. Runs as the owner, any number of times."""
    cursor.execute(TABLES)
    cursor.execute(FUNCTIONS)
    for name, arguments in (
        ("staff_session_use", "text, interval"),
        ("staff_session_lives", "bigint, interval"),
    ):
        cursor.execute(f"REVOKE ALL ON FUNCTION {name}({arguments}) FROM PUBLIC")
        cursor.execute(
            f'GRANT EXECUTE ON FUNCTION {name}({arguments}) TO "app_{database}", "read_{database}"'
        )
    cursor.execute("DROP TRIGGER IF EXISTS staff_session_begins ON staff_session")
    cursor.execute(
        "CREATE TRIGGER staff_session_begins AFTER INSERT ON staff_session FOR EACH ROW "
        "EXECUTE FUNCTION staff_session_begin()"
    )
    for name, arguments in (
        ("staff_ceremony_begin", "text, text, bytea, bigint, bigint, interval"),
        ("staff_ceremony_take", "text"),
    ):
        cursor.execute(f"REVOKE ALL ON FUNCTION {name}({arguments}) FROM PUBLIC")
        cursor.execute(f'GRANT EXECUTE ON FUNCTION {name}({arguments}) TO "app_{database}"')
    cursor.execute(f'GRANT SELECT ON staff_session_seen TO "app_{database}", "read_{database}"')
