from django.db import migrations

from yimen.office.guards import AUDIT, guard, unguard


class Migration(migrations.Migration):
    dependencies = [("office", "0002_stored_file")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: guard(editor.connection, AUDIT), lambda apps, editor: unguard(editor.connection, AUDIT)
        )
    ]
