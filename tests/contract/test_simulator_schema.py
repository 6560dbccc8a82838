"""What the simulator accepts is what Meta's published schema accepts."""

from pathlib import Path
from typing import Any

import pytest
from tests.message_schema import faults_of, load_schema
from tests.simulated import bench, message

ASHA = "+212600000101"
TEXT = {"messaging_product": "whatsapp", "to": ASHA, "type": "text", "text": {"body": "Bonjour"}}


@pytest.mark.real_data
@pytest.mark.parametrize("body", [message(ASHA), TEXT], ids=["template", "text"])
async def test_an_accepted_request_passes_the_published_schema(tmp_path: Path, body: dict[str, Any]) -> None:
    schema = load_schema()
    assert schema is not None
    async with bench(tmp_path) as running:
        status, _ = await running.post(body)
    assert status == 200
    assert faults_of(schema, body) == []


@pytest.mark.real_data
def test_the_schema_check_sees_what_is_wrong() -> None:
    schema = load_schema()
    assert schema is not None
    wrong = message(ASHA)
    del wrong["template"]["name"]
    wrong["messaging_product"] = 1
    faults = " ".join(faults_of(schema, wrong))
    assert "message.template: 'name' is a required property" in faults
    assert "message.messaging_product: 1 is not of type 'string'" in faults
