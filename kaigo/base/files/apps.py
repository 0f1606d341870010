from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "kaigo.base.files"
    label = "files"

    def ready(self) -> None:
        from kaigo.base.files import passing, store

        store.declare()
        passing.declare()
