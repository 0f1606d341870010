from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "kaigo.insurance.feeds"
    label = "feeds"
