from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_disputes")]
    operations = [migrations.AddField(model_name="decision", name="by_work", field=models.BooleanField(default=False))]
