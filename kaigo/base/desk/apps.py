from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "kaigo.base.desk"
    label = "desk"

    def ready(self) -> None:
        from kaigo.base.desk import refs

        refs.register()

    def install(self, cursor, database: str) -> None:
        """Called by records.install after the tables have their kinds."""
        from kaigo.base.desk.answers import install

        install(cursor, database)
