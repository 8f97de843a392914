# SPDX-License-Identifier: BSD-2-Clause
"""How MTA and signer meet: unix and inet sockets, the chroot, other milters in the row."""

import pathlib
import shutil
import tempfile

import pytest

from rig.keys import Key, make_pair, records_of
from rig.mailbox import header_values
from rig.nameserver import NameServer
from rig.namespace import Namespace
from rig.opendkim import OpenDkim
from rig.postfix import Postfix
from rig.verify import assert_signed, verified


@pytest.mark.parametrize("socket", ["unix", "inet"])
def test_socket(make_site, mta_class, socket):
    site = make_site(mta_class, socket=socket)
    assert_signed(site.deliver_new(), site.records, "test.example")


@pytest.mark.parametrize("socket", ["unix", "inet"])
def test_chrooted_postfix(make_site, socket):
    site = make_site(Postfix, socket=socket, mta_options={"chroot": True})
    assert_signed(site.deliver_new(), site.records, "test.example")


def test_socket_of_a_group_and_an_ordinary_user(make_site):
    """As installed: the daemon and its keys are no root's, the socket is Postfix's group's."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        keys = make_pair(folder, "test.example")
        for path in (folder, folder / "test.example", *(key.path for key in keys)):
            shutil.chown(path, "nobody")
        settings = {"user": '"nobody"', "socket_group": '"postfix"', "socket_mode": '"0660"'}
        site = make_site(Postfix, keys=keys, settings=settings)
        assert_signed(site.deliver_new(), site.records, "test.example")
        status = pathlib.Path(f"/proc/{site.signer.process.pid}/status").read_text()
        assert "Uid:\t65534\t65534\t65534\t65534" in status


def test_without_non_smtpd_milters_only_smtp_is_signed(make_site):
    site = make_site(Postfix, mta_options={"local_milters": False})
    assert_signed(site.deliver_new(), site.records, "test.example")
    result = site.mta.submit(b"From: a@test.example\nTo: b@d.example\nX-Local: yes\n\nx\n")
    assert result.returncode == 0
    delivered = site.mta.mailbox.wait_for_text(b"X-Local")
    assert b"DKIM-Signature" not in delivered


@pytest.fixture
def row(keys, tmp_path):
    """A namespace with DNS, a milter that signs with another key, and one that verifies."""
    namespace = Namespace("row")
    other = Key(tmp_path, "test.example", "other")
    server = NameServer(namespace).start(records_of([*keys, other]))
    milters = [OpenDkim(namespace, "s", 8901, other), OpenDkim(namespace, "v", 8902)]
    for milter in milters:
        milter.start()
    yield namespace, other
    for milter in milters:
        milter.close()
    server.close()
    # The site that was made in it closes the namespace.


def test_verifier_after_us_accepts(make_site, mta_class, row):
    namespace, _ = row
    site = make_site(mta_class, namespace=namespace, after=[8902])
    message = site.deliver_new()
    assert_signed(message, site.records, "test.example")
    results = b"".join(header_values(message, "Authentication-Results"))
    assert results.count(b"dkim=pass") == 2, message.decode()


def test_signature_of_a_milter_before_us(make_site, mta_class, row):
    """Each adds above what the one before it saw: all three hold."""
    namespace, other = row
    site = make_site(mta_class, namespace=namespace, before=[8901], after=[8902])
    message = site.deliver_new()
    results = verified(message, {**site.records, **records_of([other])})
    assert sorted(results) == [
        ("test.example", "ed25519-sha256", True),
        ("test.example", "rsa-sha256", True),
        ("test.example", "rsa-sha256", True),
    ]


def test_ed25519_and_rsa_of_a_second_pair(make_site, tmp_path):
    keys = make_pair(tmp_path, "test.example") + make_pair(tmp_path, "test.example", "second-")
    site = make_site(Postfix, keys=keys)
    results = verified(site.deliver_new(), site.records)
    assert sorted(algorithm for _, algorithm, good in results if good is True) == [
        "ed25519-sha256", "ed25519-sha256", "rsa-sha256", "rsa-sha256",
    ]
