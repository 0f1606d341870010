from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "kaigo.insurance.refunds"
    label = "refunds"
