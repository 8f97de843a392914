# SPDX-License-Identifier: BSD-2-Clause
"""What happens to mail while the signer reloads, restarts, dies or is away: never unsigned."""

import signal
import time

import pytest

from rig.compose import compose
from rig.load import Load, delivered_tokens
from rig.postfix import Postfix
from rig.verify import assert_signed
from rig.waiting import is_alive, wait_for


def assert_all_signed(site, load):
    """Each accepted message was delivered, none twice, and all that was delivered is signed."""
    assert not load.failures
    found, messages = delivered_tokens(site, load.accepted)
    assert [token for token, copies in found.items() if len(copies) > 1] == []
    for message in messages:
        assert_signed(message, site.records, "test.example")


def assert_refused_for_now(load):
    assert all(400 <= code < 500 for code, _ in load.refused), load.refused[:5]


def test_no_socket_tempfails(make_site, mta_class):
    site = make_site(mta_class)
    site.signer.stop()
    message, _ = compose()
    assert 400 <= site.hand_in(message)[0] < 500
    site.signer.start()
    assert_signed(site.deliver_new(), site.records, "test.example")


def test_local_submission_waits_for_the_signer(make_site):
    """Postfix keeps what pickup cannot have signed, and takes it up later."""
    site = make_site(Postfix)
    site.signer.stop()
    message, token = compose()
    assert site.mta.submit(message.replace(b"\r\n", b"\n")).returncode == 0
    wait_for(lambda: "milter" in site.mta.log(), "the refusal in Postfix's log")
    assert site.mta.mailbox.messages() == []
    site.signer.start()
    site.mta.wake()
    assert_signed(site.mta.mailbox.wait_for_text(token, 90), site.records, "test.example")


def _send_and_kill(site, moment):
    """One message, during which the signer dies; returns the last reply."""
    body = b"0123456789" * 7 + b"\r\n"
    with site.client() as client:
        client.ehlo()
        if moment == "connected":
            site.signer.kill()
        code, text = client.mail("alice@test.example")
        if moment == "after MAIL":
            site.signer.kill()
        if code == 250:
            code, text = client.rcpt("b@d.example")
        if code == 250:
            code, text = client.docmd("DATA")
        if code != 354:
            return code, text
        header = compose()[0].split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        client.send(header + body * 1000)
        if moment == "in the body":
            site.signer.kill()
        client.send(body * 100_000 + b".\r\n")
        if isinstance(moment, float):
            time.sleep(moment)
            site.signer.kill()
        return client.getreply()


MOMENTS = ["connected", "after MAIL", "in the body", 0.0, 0.01, 0.03, 0.06, 0.1, 0.2]


def test_killed_during_a_message(make_site, mta_class):
    """kill -9 at each moment of a 7 MB message: it is refused for now or signed, never else."""
    site = make_site(mta_class)
    accepted = 0
    for moment in MOMENTS:
        code, text = _send_and_kill(site, moment)
        assert code == 250 or 400 <= code < 500, (moment, code, text)
        accepted += code == 250
        site.signer.start()
    assert accepted < len(MOMENTS)
    for message in site.mta.mailbox.wait(accepted):
        assert_signed(message, site.records, "test.example")
    assert len(site.mta.mailbox.files()) == accepted


def test_killed_under_load(make_site, mta_class):
    site = make_site(mta_class)
    with Load(site) as load:
        for _ in range(4):
            before = len(load.accepted)
            wait_for(lambda: len(load.accepted) > before + 5, "mail to flow")
            site.signer.kill()
            site.signer.start()
    assert_refused_for_now(load)
    assert_all_signed(site, load)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP], ids=["USR1", "HUP"])
def test_reload_under_load(make_site, mta_class, number):
    """No message is lost, refused or unsigned over 20 reloads, and the daemon stays the same."""
    site = make_site(mta_class)
    process = site.signer.process.pid
    with Load(site) as load:
        for _ in range(20):
            before = load.count()
            site.signer.signal(number)
            wait_for(lambda: load.count() > before + 3, "mail to flow")
    assert is_alive(process)
    assert load.refused == []
    assert_all_signed(site, load)


def test_reload_takes_up_what_changed(make_site, mta_class):
    site = make_site(mta_class)
    assert_signed(site.deliver_new(), site.records, "test.example")
    site.signer.settings["single_signature"] = "true"
    site.signer.write()
    site.signer.signal(signal.SIGUSR1)
    wait_for(lambda: site.signer.log_lines("reload"), "the reload")
    message = site.deliver_new()
    assert_signed(message, site.records, "test.example", ["rsa-sha256"])


def test_reload_of_a_bad_configuration_keeps_the_old_one(make_site, mta_class):
    site = make_site(mta_class)
    site.signer.settings["canonicalisation"] = '"simple"'
    site.signer.write()
    site.signer.signal(signal.SIGUSR1)
    wait_for(lambda: site.signer.log_lines("canonicalisation"), "the complaint")
    assert_signed(site.deliver_new(), site.records, "test.example")


def test_restart_under_load(make_site, mta_class):
    """SIGTERM drains: mail is refused for now or signed; what was accepted arrives."""
    site = make_site(mta_class)
    with Load(site) as load:
        for _ in range(3):
            before = len(load.accepted)
            wait_for(lambda: len(load.accepted) > before + 10, "mail to flow")
            assert site.signer.stop() == 0
            site.signer.start()
    assert_refused_for_now(load)
    assert_all_signed(site, load)
