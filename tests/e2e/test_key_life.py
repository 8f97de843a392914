# SPDX-License-Identifier: BSD-2-Clause
"""A domain's keys from `millrace key generate` to their successors, with a real name server."""

import pathlib
import tempfile

import pytest

from rig.load import Load, delivered_tokens
from rig.nameserver import NameServer
from rig.namespace import Namespace
from rig.postfix import Postfix
from rig.signer import built
from rig.verify import assert_signed, assert_unsigned, signatures
from rig.waiting import wait_for

DOMAIN = "test.example"
LATER = 75  # EX_TEMPFAIL: something has to be waited for


class Home:
    """A site whose signer has a key directory, and a name server that the test publishes in."""

    def __init__(self, make_site, folder):
        namespace = Namespace("life")
        self.server = NameServer(namespace).start()
        self.site = make_site(
            Postfix, keys=[], namespace=namespace,
            settings={
                "key_directory": f'"{folder}"',
                "resolver": '{ servers = ["127.0.0.1@53"]; }',
                "expire": '"5d"',
            },
        )

    def key(self, verb, *options, selector=()):
        configuration = self.site.signer.configuration
        command = ["key", verb, "-c", configuration, *options, DOMAIN, *selector]
        return self.site.namespace.run(built("millrace"), *command, check=False, text=True)

    def done(self, verb, *options):
        result = self.key(verb, *options)
        assert result.returncode == 0, result
        return result.stdout

    def publish(self):
        """What `key record` prints goes into the zone as it stands."""
        self.server.replace(self.done("record", "--ttl", "1").splitlines())
        plain = self.done("record", "--format", "plain").splitlines()
        self.site.records = dict(line.split(" TXT ", 1) for line in plain)

    def selectors(self):
        return {tags["s"] for tags in signatures(self.site.deliver_new())}


@pytest.fixture
def home(make_site):
    with tempfile.TemporaryDirectory(prefix="millrace-life-", dir="/var/tmp") as folder:
        made = Home(make_site, pathlib.Path(folder))
        yield made
        made.server.close()


def test_new_keys_sign_once_they_are_seen_in_dns(home):
    home.done("generate")
    assert_unsigned(home.site.deliver_new())
    assert home.key("rotate").returncode == LATER
    assert home.key("check").returncode == 1
    home.publish()
    home.done("rotate")
    home.done("check")
    wait_for(home.selectors, "the daemon to follow")
    assert_signed(home.site.deliver_new(), home.site.records, DOMAIN)


def test_rotation_under_load_leaves_nothing_unsigned(home):
    home.done("generate", "--activate")
    home.publish()
    old = home.selectors()
    home.site.mta.mailbox.empty()
    with Load(home.site, connections=2) as load:
        home.key("rotate", "--now")
        home.publish()
        home.done("rotate", "--now")
        before = len(load.accepted)
        wait_for(lambda: len(load.accepted) > before + 20, "mail to flow")
        wait_for(lambda: home.selectors().isdisjoint(old), "the new keys to sign")
    assert load.refused == [] and load.failures == []
    _, messages = delivered_tokens(home.site, load.accepted)
    for message in messages:
        assert_signed(message, home.site.records, DOMAIN)
    assert {tags["s"] for message in messages for tags in signatures(message)} > old
    home.done("check")


def test_the_last_key_is_not_retired_by_accident(home):
    home.done("generate", "--activate")
    codes = [home.key("retire", selector=[one]).returncode for one in sorted(home.selectors())]
    assert codes == [0, 1]
    wait_for(lambda: len(home.selectors()) == 1, "the daemon to follow")
