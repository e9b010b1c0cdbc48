from django.db import migrations

from yimen.office.guards import ACCOUNTS, guard, unguard


class Migration(migrations.Migration):
    dependencies = [("benefits", "0003_reserve")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: guard(editor.connection, *ACCOUNTS), lambda apps, editor: unguard(editor.connection, *ACCOUNTS)
        )
    ]
