"""Whom the addresses of the counter are about. Nobody stands above the counter: no other room reads it."""

# A work list is about many: opening it opens none of them.
SUBJECTS = {"ticket": "SELECT person_id FROM counter_ticket WHERE id = %s", "asked": ""}
