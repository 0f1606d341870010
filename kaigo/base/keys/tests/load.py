"""A process that seals, opens and changes values as pages do, until it is told to stop: prints what went wrong.

python -m kaigo.base.keys.tests.load SECONDS PER_SECOND SEED
"""

from __future__ import annotations

import json
import os
import random
import sys
import time


def main(seconds: float, rate: float, seed: int) -> None:
    import django

    django.setup()
    from django.db import connection, transaction

    from kaigo.base.keys import envelope
    from kaigo.base.keys.columns import Column

    note, chance = Column("keys_note", "secret", ""), random.Random(seed)
    done, wrong, versions = 0, [], set()
    begun = time.monotonic()

    def insert(cursor) -> None:
        cursor.execute("SELECT nextval('keys_note_id_seq')")
        row = cursor.fetchone()[0]
        one = envelope.seal(note, row, f"{row}:{chance.random()}")
        versions.add(envelope.version_of(one))
        cursor.execute("INSERT INTO keys_note (id, secret) VALUES (%s, %s)", [row, one])

    def read(cursor) -> None:
        cursor.execute(
            "SELECT id, secret FROM keys_note WHERE id >= %s ORDER BY id LIMIT 20", [chance.randrange(1, 400)]
        )
        found = cursor.fetchall()
        for (row, _), told in zip(found, envelope.open_many(note, found), strict=True):
            if told.text().split(":")[0] != str(row):
                wrong.append("another value")

    def change(cursor) -> None:
        cursor.execute("SELECT id FROM keys_note WHERE id = %s FOR UPDATE", [chance.randrange(1, 400)])
        for (row,) in cursor.fetchall():
            one = envelope.seal(note, row, f"{row}:{chance.random()}")
            cursor.execute("UPDATE keys_note SET secret = %s WHERE id = %s", [one, row])

    while time.monotonic() - begun < seconds:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                chance.choice([insert, read, read, change])(cursor)
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
        done += 1
        time.sleep(max(0.0, begun + done / rate - time.monotonic()))
    print(json.dumps({"done": done, "wrong": wrong[:5], "count": len(wrong), "versions": sorted(versions)}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaigo.site.settings.insurance")
    main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
