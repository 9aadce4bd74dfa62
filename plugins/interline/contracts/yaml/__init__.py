"""YAML read strictly, with the line of everything, and edited without touching what stands around."""
