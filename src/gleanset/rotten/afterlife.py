"""How much of what is dead can be found elsewhere: settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Afterlife:
    """How much of what is dead can be found elsewhere. All shares are 0 unless told otherwise."""

    live_share: float = 0.0
    """Of the URLs on Flickr's farm hosts that are dead: those whose picture its new name has."""
    https_share: float = 0.0
    """Of the sites that refuse http: those that serve everything by https. Over sockets they refuse it too:
    ``--resolve`` sends a name to one port, whatever the scheme."""
    archive_share: float = 0.0
    """Of all URLs: those that the archive has a copy of."""
    archive_s: float = 3.0
    """Mean time of the archive's answers, before ``time_scale``."""
    archive_per_s: float = 4.0
    """Requests a second that it allows; more get 429."""
    archive_burst: int = 12

    def is_sound(self) -> bool:
        """Whether the numbers make sense."""
        shares = (self.live_share, self.https_share, self.archive_share)
        speeds = self.archive_s >= 0 and self.archive_per_s > 0 and self.archive_burst >= 1
        return speeds and all(0 <= share <= 1 for share in shares)
