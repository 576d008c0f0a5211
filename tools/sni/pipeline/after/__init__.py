"""Steps after the network: what is made of its outputs. One file for each; all are loaded here."""

from tools.sni.pipeline.after.after import AFTER, After, Network, Surroundings, Value, named, not_real
from tools.sni.pipeline.registry import import_all

import_all(__name__, list(__path__))

__all__ = ["AFTER", "After", "Network", "Surroundings", "Value", "named", "not_real"]
