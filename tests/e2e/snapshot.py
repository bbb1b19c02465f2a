"""A snapshot of the emulator after the platform was set up. Each test of the suites and each case of the policies starts from
it."""

import copy
import pickle

from iam_enforcement import ACCOUNT, REGION
from ministack.services import dynamodb, eventbridge, lambda_svc, scheduler, ses, sqs


class Snapshot:
    def __init__(self):
        self.table_rows, self.jobs = {}, {}

    def take(self):
        # Pickled: unpickling the rows is several times faster than a deep copy.
        self.table_rows = {key: pickle.dumps(dict(table["items"])) for key, table in dynamodb._tables.all_items()}
        self.jobs = copy.deepcopy(scheduler._schedules.to_dict())

    def restore(self):
        self.restore_tables()
        self.restore_jobs()
        for queue in sqs._queues.to_dict().values():
            queue["messages"] = []
        eventbridge._events_log._data.clear()
        ses._sent_emails._data.clear()

    def restore_tables(self):
        for key, table in dynamodb._tables.all_items():
            table["items"].clear()
            table["items"].update(pickle.loads(self.table_rows[key]))
            dynamodb._items_replaced(table)
        # The functions must not see the restore as changes, so each stream reader continues at the end of its stream.
        for key in list(lambda_svc._dynamodb_stream_positions.to_dict()):
            mapping = lambda_svc._esms.get_scoped(*key)
            table = mapping["EventSourceArn"].split(":table/")[1].split("/")[0]
            end = dynamodb.stream_end_position(table, account_id=ACCOUNT, region=REGION)
            lambda_svc._dynamodb_stream_positions.set_scoped(*key, end)
            mapping.pop("LastProcessingResult", None)

    def restore_jobs(self):
        for key in list(scheduler._schedules.to_dict()):
            if key not in self.jobs:
                scheduler._schedules._data.pop(key, None)
                scheduler._schedule_last_fired.pop(key, None)
