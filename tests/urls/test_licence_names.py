"""One licence has one name, however a list writes it."""

import pytest

from gleanset.terms.licence import canonical, matches


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://creativecommons.org/licenses/by/2.0/", "cc-by"),
        ("http://creativecommons.org/licenses/by-nc-nd/4.0/legalcode", "cc-by-nc-nd"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "cc0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "public-domain"),
        ("CC-BY", "cc-by"),
        ("cc by 4.0", "cc-by"),
        ("CC_BY_NC_4_0", "cc-by-nc"),
        ("CC BY-NC-SA 3.0", "cc-by-nc-sa"),
        ("cc-by-sa", "cc-by-sa"),
        ("CC0", "cc0"),
        ("CC0-1.0", "cc0"),
        ("CC0_1_0", "cc0"),
        ("Attribution License", "cc-by"),
        ("Attribution-NonCommercial-ShareAlike License", "cc-by-nc-sa"),
        ("Attribution-NoDerivs License", "cc-by-nd"),
        ("All rights reserved", "all-rights-reserved"),
        ("Public Domain Mark", "public-domain"),
        ("PD", "public-domain"),
        ("", "unknown"),
        (None, "unknown"),
        ("  MIT  licence ", "mit licence"),
        ("CC BY for schools", "cc by for schools"),
    ],
)
def test_a_licence_has_a_short_name(text: str | None, name: str) -> None:
    """As Open Images, iNaturalist, GBIF and Flickr write them; what is none of these stays itself."""
    assert canonical(text) == name


@pytest.mark.parametrize(
    "name", ["cc-by", "cc-by-nc-sa", "cc0", "public-domain", "all-rights-reserved", "unknown"]
)
def test_a_short_name_is_its_own(name: str) -> None:
    """What a person writes on the command line is read by the same rules."""
    assert canonical("" if name == "unknown" else name) == name


def test_a_name_means_that_licence_alone() -> None:
    """`cc-by` is no permission for `cc-by-nc`; a star is."""
    assert matches("cc-by", ("cc0", "cc-by"))
    assert not matches("cc-by-nc", ("cc0", "cc-by"))
    assert matches("cc-by-nc", ("cc-by*",))
