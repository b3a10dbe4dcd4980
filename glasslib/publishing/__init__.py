"""The book: notebooks and their pairs, their execution, the pages, reruns, the PDF and the slides.

A notebook's MyST file is the source (:mod:`~glasslib.publishing.notebooks`). It is executed
(:mod:`~glasslib.publishing.execute`), and the executed notebooks and the prose become pages
(:mod:`~glasslib.publishing.site`). :mod:`~glasslib.publishing.rerun` does this at new temperatures.
"""
