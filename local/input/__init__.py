"""The source systems: deterministic input on top of real flights, airports and frequent flyers."""

from local.input.landing import SEED, SOURCES, LandedFile, deliver, generate, land
from local.input.world import FIRST_DAY, LAST_DAY

__all__ = ["FIRST_DAY", "LAST_DAY", "SEED", "SOURCES", "LandedFile", "deliver", "generate", "land"]
