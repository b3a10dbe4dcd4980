"""What holds for every figure: it can be drawn, says its axes, and returns its numbers."""

import pandas as pd
from matplotlib.figure import Figure

N = 1500


def labels(figure):
    return " | ".join(a.get_xlabel() + " " + a.get_ylabel() for a in figure.axes)


def check(figure, numbers, columns, *words):
    """What holds for every figure."""
    assert isinstance(figure, Figure) and isinstance(numbers, pd.DataFrame)
    assert list(numbers.columns) == columns and len(numbers) > 0
    for word in words:
        assert word in labels(figure)
    figure.canvas.draw()
