from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "kaigo.base.feeds"
    label = "feeds"
