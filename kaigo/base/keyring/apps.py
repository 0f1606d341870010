from django.apps import AppConfig


class KeyringConfig(AppConfig):
    name = "kaigo.base.keyring"
    label = "keyring"

    def ready(self) -> None:
        from kaigo.base.keyring import acts

        acts.declare()
