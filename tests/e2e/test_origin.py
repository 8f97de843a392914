# SPDX-License-Identifier: BSD-2-Clause
"""Whose mail is signed: ours by network, listener, authentication or submission; else none."""

import pytest

from rig.compose import compose
from rig.namespace import FOREIGN_ADDRESS, OUR_ADDRESS
from rig.postfix import INBOUND, SUBMISSION, Listener, Postfix
from rig.verify import assert_signed, assert_unsigned, signatures

FROM_OUTSIDE = {"host": OUR_ADDRESS, "source": FOREIGN_ADDRESS}


def test_client_in_our_network_is_signed(site):
    assert_signed(site.deliver_new(), site.records, "test.example")


def test_foreign_client_is_not_signed(site):
    assert_unsigned(site.deliver_new(how=FROM_OUTSIDE))


def test_originating_listener_is_signed(site):
    message = site.deliver_new(how={**FROM_OUTSIDE, "port": 587})
    assert_signed(message, site.records, "test.example")


def test_local_submission_is_signed(site):
    message, token = compose()
    result = site.mta.submit(message.replace(b"\r\n", b"\n"))
    assert result.returncode == 0, result.stderr
    delivered = site.mta.mailbox.wait_for_text(token)
    assert_signed(delivered, site.records, "test.example")


def test_from_of_a_domain_without_keys_passes_unsigned(site):
    message = site.deliver_new(sender="alice@elsewhere.example")
    assert_unsigned(message)
    assert "elsewhere.example" in site.signer.log()


def test_null_sender_is_signed(site):
    message = site.deliver_new(how={"sender": ""})
    assert_signed(message, site.records, "test.example")


def test_several_messages_on_a_connection(site):
    messages = [compose() for _ in range(5)]
    with site.client() as client:
        for message, _ in messages:
            assert client.hand_in("alice@test.example", ["b@d.example"], message)[0] == 250
            client.mail("aborted@test.example")
            client.rset()
    for _, token in messages:
        delivered = site.mta.mailbox.wait_for_text(token)
        assert_signed(delivered, site.records, "test.example")


@pytest.fixture(scope="module")
def authenticating(keys):
    """A listener that authenticates, whose name says nothing."""
    from rig.site import Site

    options = {key: value for key, value in SUBMISSION.options.items() if "sasl" in key}
    made = Site(Postfix, keys, mta_options={"listeners": (INBOUND, Listener(465, options))})
    made.mta.add_user("alice", "secret")
    yield made
    made.close()


def test_authenticated_client_is_signed(authenticating):
    message, token = compose()
    with authenticating.client(port=465, **FROM_OUTSIDE) as client:
        client.login("alice@test.example", "secret")
        assert client.hand_in("alice@test.example", ["b@d.example"], message)[0] == 250
    delivered = authenticating.mta.mailbox.wait_for_text(token)
    assert_signed(delivered, authenticating.records, "test.example")


def test_client_that_did_not_authenticate_is_not_signed(authenticating):
    assert_unsigned(authenticating.deliver_new(how={**FROM_OUTSIDE, "port": 465}))


def test_bounce_of_the_mta_is_signed(make_site):
    """Postfix shows its bounces to non_smtpd_milters when told to; Sendmail to no milter."""
    site = make_site(
        Postfix, mta_options={"settings": {"internal_mail_filter_classes": "bounce"}}
    )
    message, token = compose(more=["To: nobody@unknown.example"], without=["To"])
    assert site.mta.submit(message.replace(b"\r\n", b"\n")).returncode == 0
    bounce = site.mta.mailbox.wait_for_text(token)
    assert b"MAILER-DAEMON@test.example" in bounce
    assert_signed(bounce, site.records, "test.example")


def test_idempotent(make_site):
    """What carries our own valid signature already is not signed again."""
    site = make_site(Postfix)
    first = site.deliver_new()
    site.mta.mailbox.empty()
    again = site.deliver(first, signatures(first)[0]["b"][-8:].encode())
    assert len(signatures(again)) == len(signatures(first)) == 2
