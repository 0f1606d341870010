from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "kaigo.base.desk"
    label = "desk"
