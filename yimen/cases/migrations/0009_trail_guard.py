from django.db import migrations

from yimen.office.guards import TRAIL, guard, unguard


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_board_photo")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: guard(editor.connection, TRAIL), lambda apps, editor: unguard(editor.connection, TRAIL)
        )
    ]
