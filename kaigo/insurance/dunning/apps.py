from django.apps import AppConfig


class DunningConfig(AppConfig):
    name = "kaigo.insurance.dunning"
    label = "dunning"
