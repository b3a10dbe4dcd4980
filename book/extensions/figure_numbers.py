"""Figures of the book carry the numbers of the paper's figures; an extension of Sphinx.

A figure labelled ``fig-4`` is Fig. 4, wherever it stands. Further figures on its page are Fig. 4.1,
Fig. 4.2 …; those on pages without a figure of the paper go on behind the paper's last.
"""

import re
from collections.abc import Iterable
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

__all__ = ["numbered", "setup"]

_OF_THE_PAPER = re.compile(r"fig-(\d+)")


def numbered(pages: Iterable[Iterable[str]]) -> list[list[tuple[int, ...]]]:
    """Return the number of each figure, page by page.

    Parameters
    ----------
    pages : iterable of iterable of str
        The labels of the figures on each page, in reading order.

    Examples
    --------
    >>> numbered([["fig-1", "fig-scaling"], ["fig-2"], ["fig-ceiling", "fig-learning"]])
    [[(1,), (1, 1)], [(2,)], [(3,), (4,)]]
    """
    pages = [list(labels) for labels in pages]
    matches = (_OF_THE_PAPER.fullmatch(label) for labels in pages for label in labels)
    following = max((int(match[1]) for match in matches if match), default=0)
    numbers = []
    for labels in pages:
        page: list[tuple[int, ...]] = []
        paper, further = 0, 0
        for label in labels:
            if match := _OF_THE_PAPER.fullmatch(label):
                paper, further = int(match[1]), 0
                page.append((paper,))
            elif paper:
                further += 1
                page.append((paper, further))
            else:
                following += 1
                page.append((following,))
        numbers.append(page)
    return numbers


def _renumber(app: Sphinx, environment: BuildEnvironment) -> list[str]:
    """Put our numbers in the place of Sphinx's, which count figures in reading order."""
    counted = {
        name: numbers["figure"]
        for name, numbers in environment.toc_fignumbers.items()
        if numbers.get("figure")
    }
    order = sorted(counted, key=lambda name: min(counted[name].values()))
    labels = [sorted(counted[name], key=counted[name].__getitem__) for name in order]
    for name, ids, numbers in zip(order, labels, numbered(labels), strict=True):
        counted[name].update(zip(ids, numbers, strict=True))
    return order


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx, behind its own numbering."""
    app.connect("env-get-updated", _renumber, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
