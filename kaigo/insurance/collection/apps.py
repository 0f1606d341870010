from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "kaigo.insurance.collection"
    label = "collection"
