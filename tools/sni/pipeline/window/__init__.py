"""Window features: what is computed of a window before the network. One file for each idea; all are loaded here."""

from tools.sni.pipeline.registry import import_all
from tools.sni.pipeline.window.feature import WINDOW_FEATURES, Table, WindowFeature

import_all(__name__, list(__path__))

__all__ = ["WINDOW_FEATURES", "Table", "WindowFeature"]
