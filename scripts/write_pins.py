"""Print the versions of this environment as pins without hosts or hashes: `make pins`."""

from importlib.metadata import distributions

OURS = {"gleanset", "pip", "setuptools", "wheel", "uv"}
HEAD = "# What `make test` and CI install, so that they repeat. `pip install gleanset` is not bound by it."


def pins() -> list[str]:
    """``name==version`` of every distribution but ours and the installers, sorted."""
    found = {dist.metadata["Name"].lower().replace("_", "-"): dist.version for dist in distributions()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in OURS]


if __name__ == "__main__":
    print("\n".join([HEAD, *pins()]))
