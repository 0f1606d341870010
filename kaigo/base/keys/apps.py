from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "kaigo.base.keys"
    label = "keys"

    def ready(self) -> None:
        from kaigo.base.keys import rotation

        rotation.declare()
