from django.apps import AppConfig


class CounterConfig(AppConfig):
    name = "kaigo.insurance.counter"
    label = "counter"
