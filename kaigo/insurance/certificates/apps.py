from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    name = "kaigo.insurance.certificates"
    label = "certificates"
