from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "kaigo.base.files"
    label = "files"
