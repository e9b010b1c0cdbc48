from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [
        # Nothing could write obligors before, so no row is without its key.
        migrations.AddField(
            model_name="obligor", name="identity_key", field=models.CharField(default="", max_length=32), preserve_default=False
        ),
        migrations.AddConstraint(
            model_name="obligor",
            constraint=models.UniqueConstraint(fields=("person", "identity_key"), name="obligor_once_per_person"),
        ),
    ]
