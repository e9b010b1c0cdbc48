from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_obligor_identity")]
    operations = [
        migrations.AddField(model_name="household", name="told_on", field=models.DateField(null=True)),
        migrations.AddField(model_name="membership", name="told_on", field=models.DateField(null=True)),
    ]
