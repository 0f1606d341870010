from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "kaigo.personnel.access"
    label = "access"
