from django.db import migrations

from yimen.office.guards import guard_audit, unguard_audit


class Migration(migrations.Migration):
    dependencies = [("office", "0002_stored_file")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: guard_audit(editor.connection), lambda apps, editor: unguard_audit(editor.connection)
        )
    ]
