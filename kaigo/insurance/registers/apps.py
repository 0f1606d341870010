from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "kaigo.insurance.registers"
    label = "registers"
