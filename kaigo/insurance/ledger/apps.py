from django.apps import AppConfig

from kaigo.insurance.ledger.closed import CLOSED


class LedgerConfig(AppConfig):
    name = "kaigo.insurance.ledger"
    label = "ledger"

    def install(self, cursor, database: str) -> None:
        """What no kind of table says: a closed accounting year takes no entry."""
        cursor.execute(CLOSED)
