from django.apps import AppConfig


class ResidentsConfig(AppConfig):
    name = "kaigo.insurance.residents"
    label = "residents"
