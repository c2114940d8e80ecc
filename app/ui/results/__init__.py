"""What a turn found, as lines that open what they name."""

from app.ui.results.result_list import ResultList

__all__ = ["ResultList"]
