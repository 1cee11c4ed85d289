"""The simulated rotten web: a function ``(seed, url, time) -> response`` with two doors.

``world`` is the function, ``fetcher`` the door in virtual time, ``server`` the door of loopback sockets.
"""
