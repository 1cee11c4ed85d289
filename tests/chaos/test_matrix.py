"""The chaos matrix: every fault of names, connections, HTTP and pictures, and the tests that show what comes.

Where a fault is on the wire, they run on real sockets; where it is in time, on virtual time.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

WIRE = "fetch/test_fetch_wire.py::"
NAMES = "fetch/test_fetch_resolver.py::"
REDIRECTS = "fetch/test_fetch_redirects.py::"
TLS = "fetch/test_fetch_tls.py::"
FEW_FILES = "fetch/test_fetch_driving.py::"
FRONTIER = "frontier/test_frontier.py::"
HOSTS = "frontier/test_hosts.py::"
CONNECT = "chaos/test_names_and_connections.py::"
BODY = "chaos/test_what_the_body_is.py::"
FLAWS = "inspection/test_flaws.py::"
STORED = "inspection/test_what_is_stored.py::"
PICTURES = "chaos/test_pictures.py::"
FAULTS = "chaos/test_decoder_faults.py::"
STATUS = f"{WIRE}test_the_status_is_always_looked_at"
RETRY_AFTER = f"{WIRE}test_retry_after_is_read"
PAUSES = f"{CONNECT}test_a_pause_that_is_asked_for_comes_home"
BROKEN = f"{WIRE}test_broken_http_is_the_urls_fault"
CUT_SHORT = f"{WIRE}test_a_connection_cut_short_is_transient"

MATRIX: dict[int, tuple[str, ...]] = {
    # Names and connections
    1: (  # NXDOMAIN
        f"{NAMES}test_an_absent_name_is_asked_for_twice_and_then_never_again",
        f"{NAMES}test_an_absent_name_settles_all_its_urls",
    ),
    2: (  # SERVFAIL, DNS time-out
        f"{NAMES}test_a_resolver_in_trouble_is_no_absent_name",
        f"{CONNECT}test_a_resolver_in_trouble_blames_the_host_for_now",
    ),
    3: (  # slow DNS
        f"{NAMES}test_good_names_do_not_wait_behind_slow_ones",
        f"{NAMES}test_an_answer_that_takes_seconds_to_find_is_heard",
        f"{CONNECT}test_slow_zones_do_not_slow_the_others",
    ),
    4: (  # a thousand names on one address
        f"{CONNECT}test_a_thousand_names_on_one_address_are_one_group",
        "chaos/test_workers.py::test_a_worker_says_where_a_host_is_and_then_fetches_there",
        "frontier/test_addresses.py::test_a_thousand_names_on_one_address_share_its_ceiling",
        "stories/test_shared_addresses.py::test_a_hundred_names_never_have_more_at_their_one_address_than_it_takes",
    ),
    5: (  # one of several addresses is dead
        f"{CONNECT}test_a_dead_ipv6_address_beside_a_good_ipv4_one_costs_nothing",
        f"{CONNECT}test_a_dead_machine_of_two_costs_a_quarter_of_the_connect_timeout_once",
        f"{NAMES}test_a_second_address_is_tried_when_the_first_is_dead",
    ),
    6: (  # connection refused
        f"{CONNECT}test_a_refusal_is_the_hosts_fault_and_may_pass",
        f"{HOSTS}test_a_parked_host_is_probed_by_one_request_and_waits_longer_each_time",
    ),
    7: (  # SYN blackhole
        f"{WIRE}test_a_connection_that_never_opens_ends_at_the_connect_timeout",
        f"{CONNECT}test_all_addresses_together_have_one_connect_timeout",
        f"{HOSTS}test_a_host_that_never_answered_parks_at_its_third_failure",
        f"{HOSTS}test_a_host_that_times_out_five_times_in_a_row_is_parked",
    ),
    8: (  # tarpit
        f"{WIRE}test_a_server_that_never_speaks_ends_at_the_first_byte_timeout",
        f"{CONNECT}test_five_hundred_tarpits_give_their_slots_back",
    ),
    9: (  # bad certificates
        f"{TLS}test_a_bad_certificate_is_refused",
        f"{TLS}test_insecure_accepts_and_records",
        f"{TLS}test_a_bad_certificate_on_the_way_is_recorded",
    ),
    10: (f"{TLS}test_a_handshake_that_hangs_ends_at_the_connect_timeout",),
    11: (  # no sockets left
        f"{FEW_FILES}test_running_out_of_sockets_loses_no_order",
        f"{FEW_FILES}test_when_files_come_back_all_orders_arrive",
        f"{FEW_FILES}test_when_files_never_come_back_orders_end_as_our_fault",
        "run/test_overload.py::test_a_shortage_cuts_what_is_really_under_way",
    ),
    # HTTP
    12: (STATUS, f"{FRONTIER}test_a_permanent_failure_is_asked_once"),  # 404, 410
    13: (STATUS, f"{HOSTS}test_what_is_the_urls_fault_never_parks_a_host"),  # 401, 403
    14: (  # 429 with seconds
        RETRY_AFTER,
        f"{FRONTIER}test_nothing_is_asked_of_a_throttling_host_before_its_time",
        f"{HOSTS}test_429_parks_for_exactly_as_long_as_the_server_says",
        f"{HOSTS}test_429_halves_the_slots",
    ),
    15: (RETRY_AFTER,),  # 429 with a date
    16: (PAUSES, f"{FRONTIER}test_a_retry_after_beyond_the_horizon_defers"),  # 503 with a day
    17: (RETRY_AFTER, f"{FRONTIER}test_a_retry_after_beyond_the_horizon_defers"),  # -1, abc, 10^9
    18: (STATUS, f"{FRONTIER}test_a_transient_failure_is_tried_three_times_with_growing_pauses"),  # 500
    19: (  # 500, then 200
        f"{CONNECT}test_a_host_that_recovers_is_fetched",
        "stories/test_first_tool_defects.py::test_a_transient_failure_is_tried_again",
    ),
    20: (f"{REDIRECTS}test_circles_are_noticed",),
    21: (f"{REDIRECTS}test_five_hops_are_enough",),
    22: (  # redirect to another host
        f"{REDIRECTS}test_a_redirect_out_of_the_group_needs_a_lease",
        f"{FRONTIER}test_a_redirect_waits_for_a_lease_of_the_other_host",
    ),
    23: ("judge/test_placeholders.py::test_the_front_page_in_place_of_the_picture_is_a_placeholder",),
    24: ("judge/test_placeholders.py::test_the_final_address_gives_a_placeholder_away",),
    25: (f"{REDIRECTS}test_a_redirect_to_where_nobody_may_go_is_blocked",),
    26: (BROKEN,),  # no status line, garbage
    27: (BROKEN, f"{BODY}test_hostile_bodies_cost_a_worker_no_memory"),  # enormous headers
    28: (f"{WIRE}test_headers_that_drip_end_at_the_total_time",),
    29: (
        f"{WIRE}test_a_body_that_drips_is_too_slow",
        f"{WIRE}test_a_body_that_is_fast_enough_may_take_until_the_total_time",
    ),
    30: (  # endless body
        f"{WIRE}test_an_endless_body_is_cut",
        f"{BODY}test_hostile_bodies_cost_a_worker_no_memory",
        f"{BODY}test_many_hostile_bodies_at_once_cost_no_more",
    ),
    31: (CUT_SHORT,),  # shorter than promised
    32: (f"{WIRE}test_a_body_without_a_length_ends_with_the_connection", f"{BODY}test_the_bytes_decide"),
    33: (  # Content-Length too small
        f"{WIRE}test_a_length_that_is_too_small_is_believed",
        f"{BODY}test_a_length_that_is_too_small_leaves_half_a_picture",
    ),
    34: (BROKEN,),  # bad chunk size
    35: (  # compression bombs
        f"{WIRE}test_bombs_are_cut_by_their_decoded_size",
        f"{BODY}test_hostile_bodies_cost_a_worker_no_memory",
    ),
    36: (BROKEN, f"{WIRE}test_a_compressed_body_is_decoded"),  # gzip that is none; unasked encodings
    37: (f"{BODY}test_the_bytes_decide",),  # a page
    38: (f"{BODY}test_the_bytes_decide",),  # a page that is called a JPEG
    39: (f"{BODY}test_the_bytes_decide",),  # octet-stream
    40: (f"{BODY}test_nothing_is_empty", f"{BODY}test_the_bytes_decide"),
    41: (STATUS,),  # 206 unasked
    42: (CUT_SHORT,),  # reset mid body
    43: (f"{WIRE}test_a_server_that_closes_an_idle_connection_is_asked_again_in_silence",),
    44: (f"{WIRE}test_old_and_odd_http_is_understood",),
    45: (f"{WIRE}test_cookies_hsts_and_alternative_services_are_ignored",),
    # Opt-outs
    46: (  # robots.txt
        "run/test_permits.py::test_row_46_of_the_chaos_matrix",
        "stories/test_rules_and_revival.py::test_no_site_is_asked_for_a_picture_before_its_rules",
        "stories/test_rules_and_revival.py::test_what_a_site_forbids_is_not_taken_and_the_rest_is",
    ),
    47: (  # headers
        "fetch/test_consent.py::test_an_opt_out_is_seen_in_whatever_form_it_comes",
        "fetch/test_consent.py::test_an_opt_out_counts_wherever_it_stands_among_other_directives",
    ),
    # Images
    48: (f"{FLAWS}test_a_body_cut_short_is_refused",),  # 28 of 28: seven forms at 10, 50, 90 and 99 %
    49: (f"{FLAWS}test_a_jpeg_without_its_end_marker_is_counted_apart",),
    50: (  # random bytes among the pixels
        f"{PICTURES}test_random_bytes_among_the_pixels_are_damage_wherever_the_library_warns",
        f"{FLAWS}test_zeros_within_the_entropy_data_are_damage",
    ),
    51: (  # pixel bombs
        f"{PICTURES}test_pixel_bombs_are_refused_before_memory_is_taken",
        f"{FLAWS}test_a_bomb_is_refused_before_its_pixels_are_allocated",
        f"{FLAWS}test_a_webp_canvas_is_measured_before_its_reader_allocates_it",
    ),
    52: (f"{PICTURES}test_metadata_that_unpacks_to_64_megabytes_is_not_unpacked",),
    53: (f"{PICTURES}test_no_picture_takes_more_than_five_seconds",),  # endless frames, scans, chunks
    54: (  # colours, depths, turns, frames
        f"{STORED}test_anything_else_is_stored_as_rgb_jpeg",
        f"{STORED}test_of_an_animation_the_first_frame_is_stored",
        f"{STORED}test_of_two_pictures_in_one_jpeg_the_first_is_stored",
        "inspection/test_orientation.py::test_all_eight_orientations_come_out_as_pillow_turns_them",
        "inspection/test_colours.py::test_other_colours_become_srgb",
        "inspection/test_against_libvips.py::test_all_forms_look_as_libvips_shows_them",
    ),
    55: (f"{PICTURES}test_what_is_no_raster_picture_starts_nothing",),  # EPS, PDF, SVG, ZIP, ELF
    56: (  # the decoder itself
        f"{FAULTS}test_a_decoder_that_dies_costs_one_image",
        f"{FAULTS}test_a_decoder_that_eats_memory_is_told_that_there_is_no_more",
        f"{FAULTS}test_a_decoder_that_loops_is_ended_by_its_worker",
        f"{FAULTS}test_a_decoder_that_holds_the_interpreter_for_ever_is_killed",
        f"{FAULTS}test_hostile_pictures_in_a_row_end_no_run",
        "stories/test_hostile_pictures.py::test_pictures_that_kill_decoders_cost_themselves_alone",
    ),
    # The machine
    63: ("run/test_overload.py::test_a_disk_that_is_nearly_full_stops_the_build_before_a_write_fails",),
    67: (  # the clock jumps
        "chaos/test_clocks.py::test_no_time_limit_is_kept_by_the_wall_clock",
        "chaos/test_clocks.py::test_a_clock_that_jumps_disturbs_no_transfer",
    ),
    68: (  # our own network is down
        "frontier/test_weather.py::test_ten_minutes_without_a_network_cost_nothing_but_the_time",
        "frontier/test_weather.py::test_while_it_is_down_hardly_anybody_is_asked",
    ),
}


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of a file's test functions."""
    nodes = ast.parse(path.read_text()).body
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


def test_every_fault_up_to_the_decoder_has_a_test() -> None:
    """Rows 1 to 56 and 68; the others are the judge's, the journal's and the cluster's."""
    assert {*range(1, 57), 68} <= set(MATRIX)


@pytest.mark.parametrize("row", MATRIX)
def test_the_functions_of_a_fault_exist(project_root: Path, row: int) -> None:
    """A test that is renamed or dropped leaves no hole behind it in silence."""
    for test in MATRIX[row]:
        file, _, name = test.partition("::")
        assert name in functions_of(project_root / "tests" / file), test
