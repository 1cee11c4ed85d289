"""Every option, checked: where it may be set, what it may be, and what is wrong with it."""

from .loading import load, read_recipe
from .model import OPTIONS, TALK, Options, Talk
from .option import Option, option_name, variable_name
from .recipe import Recipe
from .writing import default_text, quota_text

__all__ = [
    "OPTIONS",
    "TALK",
    "Option",
    "Options",
    "Recipe",
    "Talk",
    "default_text",
    "load",
    "option_name",
    "quota_text",
    "read_recipe",
    "variable_name",
]
