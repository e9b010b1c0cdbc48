from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_urgent_stages_and_hall_ratings")]
    operations = [migrations.AddField(model_name="decision", name="by_work", field=models.BooleanField(default=False))]
