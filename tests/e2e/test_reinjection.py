# SPDX-License-Identifier: BSD-2-Clause
"""Mail that a content filter hands back: ours is signed once, what came from elsewhere never."""

import pytest

from rig.content_filter import ContentFilter
from rig.namespace import FOREIGN_ADDRESS, OUR_ADDRESS
from rig.postfix import SUBMISSION, Listener, Postfix
from rig.verify import assert_signed, assert_unsigned, signatures

FROM_OUTSIDE = {"host": OUR_ADDRESS, "source": FOREIGN_ADDRESS}
TO_FILTER = {"content_filter": "smtp:[127.0.0.1]:10025"}


def _append(message):
    return message + b"-- scanned --\r\n"


@pytest.fixture
def filtered_site(make_site):
    """make(in_options, back_options, settings, change): a site with the filter in its way."""
    filters = []

    def make(in_options, back_options, settings=None, change=lambda message: message):
        listeners = (
            Listener(25, {**TO_FILTER, **in_options}),
            Listener(587, {**SUBMISSION.options, **TO_FILTER, **in_options}),
            Listener(10026, {"content_filter": "", **back_options}),
        )
        site = make_site(Postfix, settings=settings, mta_options={"listeners": listeners})
        filters.append(ContentFilter(site.namespace, 10025, 10026, change).start())
        return site

    yield make
    for one in filters:
        one.close()


def test_signed_before_the_filter_and_left_alone_after(filtered_site):
    site = filtered_site({}, {"receive_override_options": "no_milters"})
    message = site.deliver_new()
    assert_signed(message, site.records, "test.example")
    assert len(signatures(message)) == 2
    assert_unsigned(site.deliver_new(how=FROM_OUTSIDE))


def test_milter_on_both_sides_signs_once(filtered_site):
    """The idempotence of the signer: no setting tells it of the filter but the listener's name."""
    site = filtered_site(
        {}, {"milter_macro_daemon_name": "FILTERED"},
        settings={"sign": '{ reinjection_listeners = ["FILTERED"]; }'},
    )
    message = site.deliver_new(how={"port": 587})
    assert_signed(message, site.records, "test.example")
    assert len(signatures(message)) == 2


def test_foreign_mail_handed_back_from_loopback_is_not_signed(filtered_site):
    site = filtered_site(
        {}, {"milter_macro_daemon_name": "FILTERED"},
        settings={"sign": '{ reinjection_listeners = ["FILTERED"]; }'},
    )
    assert_unsigned(site.deliver_new(how=FROM_OUTSIDE))


def test_foreign_mail_handed_back_is_not_signed_without_any_setting(filtered_site):
    """Its Received field says that it came from elsewhere before it came from loopback."""
    site = filtered_site({"smtpd_milters": ""}, {})
    assert_unsigned(site.deliver_new(how=FROM_OUTSIDE))


def test_signed_after_a_filter_that_changes_the_body(filtered_site):
    """Signing behind the filter: submission and inbound come back to listeners of their own."""
    site = filtered_site(
        {"smtpd_milters": ""}, {"milter_macro_daemon_name": "ORIGINATING"}, change=_append
    )
    message = site.deliver_new(how={"port": 587})
    assert message.endswith(b"-- scanned --\r\n")
    assert_signed(message, site.records, "test.example")
