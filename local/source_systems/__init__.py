"""The source systems: deterministic input on top of real flights, airports and frequent flyers."""

from local.source_systems.deliveries import SEED, LandedFile, generate, land
from local.source_systems.world import FIRST_DAY, LAST_DAY

__all__ = ["FIRST_DAY", "LAST_DAY", "SEED", "LandedFile", "generate", "land"]
