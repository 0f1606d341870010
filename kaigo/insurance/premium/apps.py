from django.apps import AppConfig


class PremiumConfig(AppConfig):
    name = "kaigo.insurance.premium"
    label = "premium"
