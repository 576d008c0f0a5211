"""Signals: what is computed from each row before it enters the window. One file for each idea; all are loaded here."""

from tools.sni.pipeline.registry import import_all
from tools.sni.pipeline.signals.signal import SIGNALS, Member, Signal, Update

import_all(__name__, list(__path__))

__all__ = ["SIGNALS", "Member", "Signal", "Update"]
