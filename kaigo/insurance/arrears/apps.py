from django.apps import AppConfig


class ArrearsConfig(AppConfig):
    name = "kaigo.insurance.arrears"
    label = "arrears"
