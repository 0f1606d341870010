from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "kaigo.base.audit"
    label = "audit"
