from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "kaigo.base.staff"
    label = "staff"
