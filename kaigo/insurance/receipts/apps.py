from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "kaigo.insurance.receipts"
    label = "receipts"
