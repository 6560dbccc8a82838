"""A simulator of the WhatsApp Cloud API that answers like Meta and knows nothing of its caller.

In: the HTTP requests a business sends (`POST /{version}/{phone_number_id}/messages`), templates, people
and faults set over `/_control/`. Out: Meta's answers, signed webhooks, link fetches of simulated
people, one ledger file of everything that was asked and emitted, and a small page with their phones.
"""

from cloud_api_simulator.behaviour import Behaviour
from cloud_api_simulator.settings import NumberSettings, SimulatorSettings, WebhookSettings
from cloud_api_simulator.simulator import Simulator

__all__ = ["Behaviour", "NumberSettings", "Simulator", "SimulatorSettings", "WebhookSettings"]
