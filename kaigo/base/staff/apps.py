from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "kaigo.base.staff"
    label = "staff"

    def install(self, cursor, database: str) -> None:
        """Called by records.install after the tables have their kinds."""
        from kaigo.base.staff.sql import install

        install(cursor, database)
