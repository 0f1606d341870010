from django.apps import AppConfig


class QualificationConfig(AppConfig):
    name = "kaigo.insurance.qualification"
    label = "qualification"
