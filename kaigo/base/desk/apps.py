from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "kaigo.base.desk"
    label = "desk"

    def ready(self) -> None:
        from kaigo.base.desk import refs

        refs.register()
