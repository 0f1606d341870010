from django.apps import AppConfig


class MisuseConfig(AppConfig):
    name = "kaigo.base.misuse"
    label = "misuse"
