"""How each model family writes a dialogue; one file a dialect, chosen by `choose`."""

from app.engine.dialects.agreement import template_agrees
from app.engine.dialects.base import Dialect, ModelTraits
from app.engine.dialects.choose import choose_dialect

__all__ = ["Dialect", "ModelTraits", "choose_dialect", "template_agrees"]
