from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('collection', '0003_remission'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.UniqueConstraint(condition=models.Q(('supersedes__isnull', True)), fields=('person', 'fiscal_year'), name='collection_plan_first'),
        ),
    ]
