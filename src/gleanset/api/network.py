"""The network options of a recipe: for pictures and for the lists themselves."""

import ssl

from ..errors import UsageError
from ..fetch.base import FetchSettings
from ..fetch.guard import Guard
from ..recipe import Recipe


def network_of(recipe: Recipe) -> FetchSettings:
    """How the web is reached, whatever is fetched."""
    return FetchSettings(
        user_agent=recipe.agent(),
        insecure=recipe.insecure,
        cacert=recipe.cacert,
        proxy=recipe.proxy,
        resolve=recipe.resolve,
        allow_private=recipe.allow_private,
    )


def check_network(recipe: Recipe) -> None:
    """Refuse network options that no worker could use, before anything is written."""
    Guard(recipe.resolve, recipe.allow_private)
    if recipe.cacert is None:
        return
    try:
        ssl.create_default_context(cafile=recipe.cacert)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"--cacert {recipe.cacert}: no certificate can be read from it ({error}). Name a PEM file."
        ) from error
