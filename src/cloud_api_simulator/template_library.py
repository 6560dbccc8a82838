"""The template library: ready-made utility templates (platform reference 8.1)."""

from cloud_api_simulator.errors import JsonObject

LIBRARY: tuple[JsonObject, ...] = (
    {
        "id": "7147013345418927",
        "name": "delivery_update_1",
        "language": "en_US",
        "category": "UTILITY",
        "topic": "ORDER_MANAGEMENT",
        "usecase": "DELIVERY_UPDATE",
        "industry": ["E_COMMERCE"],
        "components": [
            {
                "type": "BODY",
                "text": "Good news! Your order #{{1}} is on its way and will reach you soon.",
                "example": {"body_text": [["12345"]]},
            }
        ],
    },
    {
        "id": "7138055039625658",
        "name": "appointment_reminder_1",
        "language": "en_US",
        "category": "UTILITY",
        "topic": "EVENT_REMINDER",
        "usecase": "APPOINTMENT_REMINDER",
        "industry": ["HEALTHCARE"],
        "components": [
            {
                "type": "BODY",
                "text": "This is a reminder of your appointment on {{1}} with our practice.",
                "example": {"body_text": [["3 May"]]},
            }
        ],
    },
)
"""A small library; Meta's has hundreds (platform reference 8.1)."""
