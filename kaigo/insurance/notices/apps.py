from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "kaigo.insurance.notices"
    label = "notices"
