"""glasslib: propensity, structure and neural networks in a molecular glass-former.

Data flows one way: simulation → store → structure, dynamics → learning → figures → book.
All quantities are in reduced Lennard-Jones units: length σ, energy ε, mass m,
time τ = σ √(m/ε), temperature ε/k_B.
"""

__version__ = "0.1.0"

from glasslib.paths import keep_caches as _keep_caches

_keep_caches()
