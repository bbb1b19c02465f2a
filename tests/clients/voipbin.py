"""Calls the tools of voipbin-mcp, a published client of the production API that nobody here wrote, against this API."""

import asyncio
import inspect
import json
import os

os.environ["VOIPBIN_API_BASE_URL"] = os.environ["API"] + "/v1.0"
os.environ["VOIPBIN_API_KEY"] = os.environ["ACCESS_KEY"]

from voipbin_mcp.server import get_client, mcp  # noqa: E402
from voipbin_mcp.tools import agents, contacts, customer, extensions, flows, numbers, queues, tags  # noqa: E402

# The modules whose routes this API has. The others are about calls, campaigns and the like.
MODULES = [agents, contacts, customer, extensions, flows, numbers, queues, tags]
called = set()


async def tool(name, /, **arguments):
    """Calls a tool as a model does, and returns what it answers."""
    called.add(name)
    answer = await mcp.call_tool(name, arguments)
    content = answer[0] if isinstance(answer, tuple) else answer
    return json.loads(content[0].text)


async def rows(name):
    """Creates a row of a kind that has no tool to create one, and reads it with the tools."""
    bodies = {"number": {"number": "+15550001111"}, "extension": {"extension": "100", "password": "dial-it-well"}}
    created = await get_client().post(f"/{name}s", json={**bodies.get(name, {}), "name": "created elsewhere"})
    listed = await tool(f"list_{name}s", page_size=5)
    assert [it["id"] for it in listed["result"]] == [created["id"]], listed
    read = await tool(f"get_{name}", **{f"{name}_id": created["id"]})
    assert read["name"] == "created elsewhere", read
    return created["id"]


async def contact(tag_id):
    new = await tool("create_contact", first_name="Amy", addresses=[{"type": "tel", "target": "+14155551234", "is_primary": True}])
    name = {"contact_id": new["id"]}
    assert (await tool("list_contacts"))["result"] == [new]
    changed = await tool("update_contact", **name, company="Acme", notes="")
    assert (changed["first_name"], changed["company"]) == ("Amy", "Acme"), changed
    added = await tool("add_contact_address", **name, address_type="email", target="amy@example.com", name="work")
    address = {**name, "address_id": added["addresses"][1]["id"]}
    changed = await tool("update_contact_address", **address, target="amy@example.org")
    assert changed["addresses"][1] == {**added["addresses"][1], "target": "amy@example.org"}, changed
    assert len((await tool("delete_contact_address", **address))["addresses"]) == 1
    assert (await tool("add_contact_tag", **name, tag_id=tag_id))["tag_ids"] == [tag_id]
    assert (await tool("delete_contact_tag", **name, tag_id=tag_id))["tag_ids"] == []
    assert (await tool("get_contact", **name))["company"] == "Acme"
    assert (await tool("delete_contact", **name))["tm_delete"] is not None


async def flow():
    actions = [{"id": "a1", "next_id": "a2", "type": "answer", "option": {}},
               {"id": "a2", "next_id": "", "type": "hangup", "option": {}}]
    new = await tool("create_flow", name="menu", detail="", actions=actions)
    assert new["actions"] == actions, new
    changed = await tool("update_flow", flow_id=new["id"], name="menu 2", detail="", actions=[])
    assert changed["actions"] == [] and (await tool("get_flow", flow_id=new["id"])) == changed, changed
    assert (await tool("list_flows"))["result"] == [changed]
    await tool("delete_flow", flow_id=new["id"])


async def main():
    assert (await tool("get_customer"))["status"] == "active"
    agent = (await tool("list_agents"))["result"][0]
    assert (await tool("get_agent", agent_id=agent["id"])) == agent
    tag_id = await rows("tag")
    for name in ("number", "queue", "extension"):
        await rows(name)
    await contact(tag_id)
    await flow()
    tools = {name for module in MODULES for name, it in inspect.getmembers(module, inspect.iscoroutinefunction)
             if it.__module__ == module.__name__}
    assert tools == called, f"not called: {sorted(tools - called)}; unknown: {sorted(called - tools)}"


asyncio.run(main())
