"""The round trip with the generated client in Python."""

import os

from custodian_client import AuthenticatedClient, Client
from custodian_client.api.auth import login, unregister
from custodian_client.api.queues import create_queue, delete_queue, list_queues, update_queue
from custodian_client.models import (
    CreateQueueRequest, Customer, CustomerStatus, LoginRequest, Queue, QueuePage, Session, UnregisterRequest,
    UpdateQueueRequest)

API, ACCOUNT, PASSWORD = (os.environ[name] for name in ("API", "ACCOUNT", "PASSWORD"))

session = login.sync(client=Client(API), body=LoginRequest(username=ACCOUNT, password=PASSWORD))
assert isinstance(session, Session), session
client = AuthenticatedClient(API, session.token)

created = create_queue.sync(client=client, body=CreateQueueRequest(name="sales", tag_ids=[]))
assert isinstance(created, Queue) and created.tag_ids == [], created
page = list_queues.sync(client=client)
assert isinstance(page, QueuePage) and [it.id for it in page.result] == [created.id], page
updated = update_queue.sync(created.id, client=client, body=UpdateQueueRequest(detail="the sales team", tag_ids=[]))
assert isinstance(updated, Queue) and (updated.name, updated.detail) == ("sales", "the sales team"), updated
deleted = delete_queue.sync(created.id, client=client)
assert isinstance(deleted, Queue) and deleted.tm_delete is not None, deleted

left = unregister.sync(client=client, body=UnregisterRequest(password=PASSWORD))
assert isinstance(left, Customer) and left.status == CustomerStatus.FROZEN, left
