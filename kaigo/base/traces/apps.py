from django.apps import AppConfig


class TracesConfig(AppConfig):
    name = "kaigo.base.traces"
    label = "traces"
