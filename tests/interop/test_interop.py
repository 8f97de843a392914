# SPDX-License-Identifier: BSD-2-Clause
"""
300 odd but legal messages, signed by us on their way through Postfix, and accepted as delivered
by four implementations that share no code with us or each other: python3-dkim, OpenDKIM, Mail::DKIM
and mailauth. Each has to accept every RSA signature, and every Ed25519 one if it knows Ed25519
(Debian 12's Mail::DKIM does not).
"""

import json
import os
import pathlib
import subprocess
import tempfile

import pytest

import generate
from rig.keys import make_pair
from rig.mailbox import header_values
from rig.nameserver import NameServer
from rig.postfix import Postfix
from rig.site import Site
from rig.verify import signatures, verified

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path(
    os.environ.get("MILLRACE_NODE", HERE.parents[1] / "build-check/cache/node"), "node_modules"
)
RSA, ED25519 = "rsa-sha256", "ed25519-sha256"
DOMAIN = "test.example"


class Corpus:
    """The delivered messages in files, in the order of their names; the site has their keys."""

    def __init__(self, site, folder, names):
        self.site, self.names = site, names
        delivered = {}
        for message in site.mta.mailbox.wait(len(names)):
            delivered[header_values(message, "X-Interop-Case")[-1].strip().decode()] = message
        self.messages = [delivered[name] for name in names]
        self.files = []
        for number, message in enumerate(self.messages):
            path = folder / f"{number:03}.eml"
            path.write_bytes(message)
            self.files.append(path)

    def failures(self, results, algorithms):
        """What is not exactly one accepted signature an algorithm; results: a list a message."""
        wrong = []
        for name, found in zip(self.names, results, strict=True):
            accepted = sorted(algorithm for algorithm, good in found if good)
            if accepted != sorted(algorithms):
                wrong.append((name, found))
        return wrong


def _options(name):
    options = ["BODY=8BITMIME"] if name.startswith(("8bit", "utf8")) else []
    return options + (["SMTPUTF8"] if name.startswith("utf8") else [])


def _pass_through(site, shapes):
    # Not from loopback: some carry Received fields, as mail of other origin does.
    with site.client(port=587) as client:
        client.ehlo()
        for name, message in shapes:
            sender, recipient = f"ann@{DOMAIN}", "bob@receiver.example"
            reply = client.hand_in(sender, [recipient], message, _options(name))
            assert reply[0] == 250, (name, reply)
    return [name for name, _ in shapes]


@pytest.fixture(scope="module")
def corpus():
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with tempfile.TemporaryDirectory(prefix="millrace-interop-", dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        site = Site(Postfix, make_pair(folder, DOMAIN))
        server = NameServer(site.namespace).start(site.records)
        site.namespace.resolve_with("127.0.0.1")
        try:
            yield Corpus(site, folder, _pass_through(site, generate.generate(domain=DOMAIN)))
        finally:
            server.close()
            site.close()


def _ours(message):
    """Position and tags of our signatures; a few messages carry a mailing list's besides."""
    found = enumerate(signatures(message))
    return [(number, tags) for number, tags in found if tags["d"] == DOMAIN]


def _run(corpus, command, **environment):
    result = corpus.site.namespace.run(
        *command, *corpus.files, env={**os.environ, **environment}, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return [
        [
            (one["algorithm"], one["result"].split()[0] == "pass")
            for one in json.loads(line)
            if one.get("domain") == DOMAIN
        ]
        for line in result.stdout.splitlines()
    ]


def test_all_were_signed_twice(corpus):
    assert len(corpus.messages) == 300
    for message in corpus.messages:
        assert sorted(tags["a"] for _, tags in _ours(message)) == [ED25519, RSA]


def test_python_dkim(corpus):
    results = [
        [
            (algorithm, good is True)
            for domain, algorithm, good in verified(message, corpus.site.records)
            if domain == DOMAIN
        ]
        for message in corpus.messages
    ]
    assert corpus.failures(results, [RSA, ED25519]) == []


def test_mail_dkim(corpus):
    results = _run(corpus, ["perl", HERE / "verify_mail_dkim.pl"])
    assert corpus.failures(results, [RSA]) == []


def test_mailauth(corpus):
    if not (MODULES / "mailauth").exists():
        pytest.skip("no mailauth yet: ./check.sh interop fetches it")
    results = _run(corpus, ["node", HERE / "verify_mailauth.js"], NODE_PATH=str(MODULES))
    assert corpus.failures(results, [RSA, ED25519]) == []


def _with_signature_only(message, kept):
    """opendkim-testmsg gives one verdict a message: so one signature a message."""
    header, _, body = message.partition(b"\r\n\r\n")
    fields, number, wanted = [], -1, True
    for line in header.split(b"\r\n"):
        if not line.startswith((b" ", b"\t")):
            is_signature = line.lower().startswith(b"dkim-signature:")
            number += is_signature
            wanted = not is_signature or number == kept
        if wanted:
            fields.append(line)
    return b"\r\n".join(fields) + b"\r\n\r\n" + body


def _opendkim_accepts(corpus, message):
    result = corpus.site.namespace.run("opendkim-testmsg", input=message, check=False)
    return result.returncode == 0 and not result.stdout and not result.stderr


def test_opendkim(corpus):
    known = subprocess.run(["opendkim", "-V"], capture_output=True, check=True).stdout.decode()
    algorithms = [name for name in (RSA, ED25519) if name in known]
    assert RSA in algorithms
    results = [
        [
            (tags["a"], _opendkim_accepts(corpus, _with_signature_only(message, number)))
            for number, tags in _ours(message)
            if tags["a"] in algorithms
        ]
        for message in corpus.messages
    ]
    assert corpus.failures(results, algorithms) == []


def test_a_changed_message_is_refused_by_all(corpus):
    """That the verifiers above can say no."""
    changed = corpus.messages[0].replace(b"From:", b"From: x,", 1)
    assert all(good is not True for _, _, good in verified(changed, corpus.site.records))
    assert not _opendkim_accepts(corpus, _with_signature_only(changed, 0))
    path = corpus.files[0].with_name("changed.eml")
    path.write_bytes(changed)
    for command in (["perl", HERE / "verify_mail_dkim.pl"], ["node", HERE / "verify_mailauth.js"]):
        environment = {**os.environ, "NODE_PATH": str(MODULES)}
        if command[0] == "node" and not (MODULES / "mailauth").exists():
            continue
        result = corpus.site.namespace.run(*command, path, env=environment, text=True)
        assert '"pass' not in result.stdout, result.stdout
