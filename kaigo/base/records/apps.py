from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "kaigo.base.records"
    label = "records"
    verbose_name = "記録"
