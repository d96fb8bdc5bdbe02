from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0002_search'),
        ('terminals', '0002_search_and_guards'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='terminal',
            name='terminal_by_state',
        ),
        migrations.RemoveIndex(
            model_name='terminal',
            name='terminal_by_model',
        ),
        migrations.RemoveIndex(
            model_name='terminal',
            name='terminal_by_place',
        ),
        migrations.RemoveIndex(
            model_name='terminal',
            name='terminal_by_change',
        ),
        migrations.AddIndex(
            model_name='terminal',
            index=models.Index(fields=['state', 'serial', 'model', 'path', 'site', 'id'], name='terminal_by_state'),
        ),
        migrations.AddIndex(
            model_name='terminal',
            index=models.Index(fields=['model', 'state', 'serial', 'path', 'received_on', 'id'], name='terminal_by_model'),
        ),
        migrations.AddIndex(
            model_name='terminal',
            index=models.Index(fields=['path', 'state', 'model', 'serial', 'id'], name='terminal_by_place'),
        ),
        migrations.AddIndex(
            model_name='terminal',
            index=models.Index(fields=['state_since', 'id', 'state', 'model', 'path', 'site', 'received_on'], name='terminal_by_change'),
        ),
        migrations.AddIndex(
            model_name='terminal',
            index=models.Index(fields=['received_on', 'id', 'state', 'model', 'path', 'site'], name='terminal_by_receipt'),
        ),
    ]
