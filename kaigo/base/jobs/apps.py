from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "kaigo.base.jobs"
    label = "jobs"
