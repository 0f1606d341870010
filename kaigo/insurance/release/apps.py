from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    name = "kaigo.insurance.release"
    label = "release"
