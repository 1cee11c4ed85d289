"""A flag goes before a variable, that before the file, that before the default; mistakes say where."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gleanset.errors import UsageError
from gleanset.fetch.revive import WAYS
from gleanset.recipe import OPTIONS, Recipe, load, option_name, variable_name
from gleanset.terms.inspection import Treatment
from gleanset.terms.plan import Quota

Writer = Callable[[str], str]


@pytest.fixture
def recipe_file(tmp_path: Path) -> Writer:
    """Writes recipe.toml and answers with its path."""

    def write(text: str) -> str:
        path = tmp_path / "recipe.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_each_layer_gives_way_to_the_one_above(recipe_file: Writer) -> None:
    config = recipe_file("per-host = 3\ntimeout = '40s'\nseed = 5\n")
    environ = {"GLEANSET_PER_HOST": "4", "GLEANSET_TIMEOUT": "50s"}
    recipe, _ = load({"per_host": "6"}, environ, config)
    assert (recipe.per_host.default, recipe.timeout, recipe.seed, recipe.quality) == (6, 50.0, 5, 95)


def test_only_what_was_said_counts_as_said() -> None:
    recipe, _ = load({"images": "800"}, {"GLEANSET_SEED": "7"}, lists=["a.txt"])
    assert recipe.said() == {"images": Quota(800, 800), "seed": 7}
    assert recipe.lists == ("a.txt",)


def test_the_file_may_be_named_by_a_variable(recipe_file: Writer) -> None:
    recipe, _ = load({}, {"GLEANSET_CONFIG": recipe_file("seed = 9")})
    assert recipe.seed == 9


def test_an_empty_variable_says_nothing() -> None:
    assert load({}, {"GLEANSET_SEED": ""})[0].said() == {}


def test_a_variable_parts_its_values_by_commas() -> None:
    recipe, _ = load({}, {"GLEANSET_CLASS": "n02084071, n02121620", "GLEANSET_HOSTS": "flickr,example.com"})
    assert recipe.class_ == ("n02084071", "n02121620")
    assert recipe.hosts == ("flickr", "example.com")


def test_keys_of_the_file_may_be_written_with_underscores(recipe_file: Writer) -> None:
    assert load({}, {}, recipe_file("min_side = 64"))[0].min_side == 64


def test_how_a_command_talks_can_be_set_in_every_layer(recipe_file: Writer) -> None:
    assert load({}, {}, recipe_file("quiet = true"))[1].quiet
    assert load({}, {"GLEANSET_JSON": "1"})[1].json_
    assert load({"verbose": True}, {})[1].verbose


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("images = 0", "recipe.toml: images = 0. A quota is at least 1. Leave it out to take every image."),
        ("imagse = 5", "recipe.toml: imagse = 5. There is no such option. Did you mean images?"),
        ('format = "webdatset"', 'recipe.toml: format = "webdatset". It is one of imagefolder, webdataset. '
         "Did you mean webdataset?"),
        ("leaves = 3", "recipe.toml: leaves = 3. It is true or false."),
        ("quality = 101", "recipe.toml: quality = 101. It is at most 100."),
        ("timeout = true", "recipe.toml: timeout = true. It is a time such as 30s"),
        ("lists = 3", "recipe.toml: 3. It is a list of texts."),
        ("drawn = 3", "recipe.toml: drawn = 3. It is a table, [drawn]."),
        ("[drawn]\nclases = []", "recipe.toml: drawn.clases. There is no such key. Did you mean classes?"),
        ("a = ", "it is not TOML. Invalid value"),
        ("[how]\nper-host = 3", "There is no such option"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_refused_where_it_stands(
    recipe_file: Writer, text: str, message: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        load({}, {}, recipe_file(text))
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GLEANSET_IMAGS", "5", "GLEANSET_IMAGS=5. There is no such variable. Did you mean GLEANSET_IMAGES?"),
        ("GLEANSET_TIMEOUT", "soon", "GLEANSET_TIMEOUT=soon. It is a time such as 30s"),
        ("GLEANSET_INSECURE", "maybe", "GLEANSET_INSECURE=maybe. It is true or false."),
    ],
)
def test_a_mistake_in_a_variable_is_refused_by_its_name(name: str, value: str, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        load({}, {name: value})
    assert message in str(refusal.value)


def test_variables_of_others_and_of_the_cache_are_left_alone() -> None:
    environ = {"GLEANSET_HOME": "/x", "HOME": "/y", "GLEAN": "1", "HTTP_PROXY": "http://proxy:1"}
    recipe, _ = load({}, environ)
    assert recipe.said() == {}
    assert recipe.proxy is None


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(UsageError) as refusal:
        load({"images": "0", "quality": "0"}, {})
    assert len(str(refusal.value).splitlines()) == 2


@pytest.mark.parametrize("config", ["absent.toml", "."])
def test_a_file_that_cannot_be_read_is_refused(config: str) -> None:
    with pytest.raises(UsageError, match="--config"):
        load({}, {}, config)


def test_quiet_and_verbose_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="contradict"):
        load({"quiet": True, "verbose": True}, {})


def test_a_way_to_resize_without_a_size_would_be_ignored_and_is_refused() -> None:
    with pytest.raises(UsageError, match="--resize pad needs --size"):
        Recipe.of(resize="pad")
    assert Recipe.of(resize="pad", size=224).treatment() == Treatment(size_px=224, resize="pad")


def test_a_keyword_that_is_no_option_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"imagse=3\. There is no such option\. Did you mean images\?"):
        Recipe.of(imagse=3)


def test_python_may_use_every_form_that_people_write() -> None:
    recipe = Recipe.of(
        images=(800), split={"train": 0.5, "val": 0.5}, class_="dog", work=Path("w"), timeout=5
    )
    assert recipe.images == Quota(800, 800)
    assert recipe.split == (("train", 0.5), ("val", 0.5))
    assert (recipe.class_, recipe.work, recipe.timeout) == (("dog",), "w", 5.0)


def test_what_was_said_is_read_again_as_it_is() -> None:
    """The command line hands typed values to the library, which reads them once more."""
    flags = {
        "images": "3:5",
        "split": "a=0.5,b=0.5",
        "class_": ("x",),
        "shard_size": "1MB",
        "timeout": "1min",
    }
    recipe, _ = load(flags, {})
    assert Recipe.of(**recipe.said()) == recipe


def test_every_option_has_one_line_of_help_and_a_variable_of_its_own() -> None:
    for field, option in OPTIONS.items():
        assert option.help and "\n" not in option.help and not option.help.endswith("."), field
    assert len({variable_name(field) for field in OPTIONS}) == len(OPTIONS)
    assert len({option_name(field) for field in OPTIONS}) == len(OPTIONS)


def test_every_default_passes_its_own_check() -> None:
    for field, option in OPTIONS.items():
        default = Recipe.model_fields[field].default
        assert default in (None, ()) or option.value(default) == default, field


def test_the_formats_of_lists_are_those_that_sources_read() -> None:
    """The recipe names them itself: a help text shall not have to load Arrow."""
    from gleanset.sources.registry import FORMATS

    for name in FORMATS:
        assert Recipe.of(source=name).source == name
    with pytest.raises(UsageError, match="Did you mean imagenet"):
        Recipe.of(source="imagnet")
    with pytest.raises(UsageError) as refusal:
        Recipe.of(source="?")
    assert str(refusal.value).endswith(f"It is one of {', '.join(FORMATS)}.")


def test_the_ways_of_revival_are_those_that_are_known() -> None:
    """The option's words and the table that serves them are written down in two wings."""
    assert Recipe.of(revive=",".join(WAYS)).revive == WAYS
    with pytest.raises(UsageError, match="wayback"):
        Recipe.of(revive="waybak")


def test_revival_may_be_added_to_a_build() -> None:
    """It looks for more of what was chosen, so it is no other collection."""
    stored, now = Recipe.of(images=800), Recipe.of(images=800, revive="wayback")
    assert now.changes(stored) == ()
    assert now.collection_digest() == stored.collection_digest()
