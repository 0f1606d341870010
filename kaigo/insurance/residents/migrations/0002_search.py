from django.db import migrations, models

NAMES = {
    "residents_by_name": "search varchar_pattern_ops",
    "residents_by_kana": "search_kana varchar_pattern_ops",
    "residents_by_birth": "birth_date",
}
# Few people have an alias (通称); the part after the slash is theirs.
ALIASES = {
    "residents_by_alias": "split_part(search, '/', 2) text_pattern_ops",
    "residents_by_alias_kana": "split_part(search_kana, '/', 2) text_pattern_ops",
}


def index(name, what, condition):
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON residents_particulars ({what}) WHERE {condition}", f"DROP INDEX {name}"
    )


class Migration(migrations.Migration):
    dependencies = [("residents", "0001_first")]

    operations = [
        migrations.AddField("residence", "to_address_key", models.CharField(max_length=200, default=""), False),
        *(index(name, what, "upper_inf(known)") for name, what in NAMES.items()),
        *(index(name, what, "upper_inf(known) AND alias <> ''") for name, what in ALIASES.items()),
    ]
