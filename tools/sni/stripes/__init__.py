"""Networks whose first layers are computed a few rows at a time, so that no large activation is ever whole."""

from tools.sni.stripes.choice import Stripes, striped

__all__ = ["Stripes", "striped"]
