# SPDX-License-Identifier: BSD-2-Clause
"""millrace sign and millrace sign explain, with python3-dkim as the judge of what they sign."""

import json
import os
import pathlib
import subprocess

import dkim
import pytest

from rig.keys import make_pair, records_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("MILLRACE_BUILDDIR", ROOT / "build")) / "millrace"

MESSAGE = b"From: A <a@example.com>\nTo: b@example.net\nSubject: hi\n\nhello  world \n\n\n"


def millrace(*arguments, given=b""):
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=given, capture_output=True,
                          timeout=15)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_pair(tmp_path_factory.mktemp("keys"), "example.com")


@pytest.fixture
def place(tmp_path, keys):
    """place(options="", message=MESSAGE): the paths of a configuration and of a message."""
    listed = ", ".join(f'{{ selector = "{key.selector}"; file = "{key.path}"; }}' for key in keys)

    def make(options="", message=MESSAGE):
        configuration = tmp_path / "dkim-sign.conf"
        configuration.write_text(
            f'listen = "unix:{tmp_path}/s"; user = "root";\n'
            f'domains = ({{ name = "example.com"; keys = ({listed}); }});\n{options}\n')
        path = tmp_path / "message.eml"
        path.write_bytes(message)
        return configuration, path

    return make


def verifies(message, keys):
    records = records_of(keys)

    def answer(name, timeout=5):
        return records.get(name.decode().rstrip("."), "").encode()

    return [dkim.DKIM(message).verify(idx=index, dnsfunc=answer) for index in range(len(keys))]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_signs_a_file(place, keys, end):
    text = MESSAGE.replace(b"\n", end)
    configuration, path = place(message=text)
    code, out, err = millrace("sign", "-c", configuration, path)
    assert code == 0, err
    assert out.endswith(text) and out.count(b"DKIM-Signature: ") == 2
    assert out.count(b"\r\n") == (out.count(b"\n") if end == b"\r\n" else 0)
    assert verifies(out, keys) == [True, True]


def test_signs_the_standard_input(place, keys):
    configuration, _ = place()
    code, out, _ = millrace("sign", "-c", configuration, "-", given=MESSAGE)
    assert code == 0 and verifies(out, keys) == [True, True]


def test_signs_what_came_from_elsewhere(place, keys):
    configuration, path = place(message=b"Received: from x by y\n" + MESSAGE)
    code, out, _ = millrace("sign", "-c", configuration, path)
    assert code == 0 and verifies(out, keys) == [True, True]


def test_mbox_line_stays_first(place, keys):
    configuration, path = place(message=b"From a@example.com Mon Nov 23\n" + MESSAGE)
    code, out, _ = millrace("sign", "-c", configuration, path)
    assert code == 0 and out.startswith(b"From a@example.com Mon Nov 23\nDKIM-Signature: ")
    assert verifies(out, keys) == [True, True]


def test_a_key_of_ones_own(place, keys):
    _, path = place()
    code, out, err = millrace("sign", "--domain", "example.com", "--selector", "e1", "--key",
                              keys[1].path, path)
    assert code == 0, err
    assert verifies(out, keys[1:]) == [True]


def test_not_signed(place):
    configuration, path = place(message=MESSAGE.replace(b"example.com", b"b.example"))
    code, out, err = millrace("sign", "-c", configuration, path)
    assert (code, out) == (1, b"") and "no-domain" in err


def test_wrong_usage(place, keys):
    configuration, path = place()
    assert millrace("sign")[0] == 64
    assert millrace("sign", "--domain", "example.com", path)[0] == 64
    assert millrace("sign", "explain", "-c", configuration, "--client", "1.2.3", path)[0] == 64
    assert millrace("sign", "-c", configuration, str(path) + ".none")[0] == 71
    assert millrace("sign", "--domain", "example.com", "--selector", "e1", "--key", path,
                    path)[0] == 78


def test_explains(place):
    configuration, path = place()
    code, out, _ = millrace("sign", "explain", "-c", configuration, "--client", "192.0.2.1",
                            "--user", "alice", path)
    text = out.decode()
    assert code == 0
    for words in ("192.0.2.1, user alice", "yes: the client authenticated", "a@example.com, by from",
                  'from domains "example.com"', "e1 ed25519-sha256", "from:from:",
                  "nothing found", "result         signed", "DKIM-Signature: v=1; a=rsa-sha256;"):
        assert words in text, text


@pytest.mark.parametrize("arguments, origin, result", [
    ((), "local", "signed"),
    (("--local",), "local", "signed"),
    (("--client", "127.0.0.1"), "loopback", "signed"),
    (("--client", "192.0.2.1"), "foreign", "not signed"),
    (("--client", "192.0.2.1", "--listener", "ORIGINATING"), "listener", "signed"),
    (("--listener", "smtpd"), "foreign", "not signed"),
])
def test_explains_origins(place, arguments, origin, result):
    configuration, path = place()
    code, out, _ = millrace("sign", "explain", "--json", "-c", configuration, *arguments, path)
    answer = json.loads(out)
    assert (answer["origin"], answer["result"]) == (origin, result)
    assert answer["ours"] == (code == 0) == (len(answer["signatures"]) == 2)


def test_explains_what_would_not_survive(place):
    message = b"Subject : x\r\nFrom: a@example.com\r\n\r\n" + b"x" * 1200 + b"\n\xff\r\n"
    configuration, path = place('survivability = { name_space = "strip"; };', message)
    code, out, _ = millrace("sign", "explain", "--json", "-c", configuration, path)
    answer = json.loads(out)
    assert code == 0
    assert answer["survivability"] == {"long_line": "log", "eight_bit": "log",
                                       "bare_newline": "log", "name_space": "strip"}
    assert "subject" not in answer["signed_fields"]


def test_explains_a_bad_from(place):
    configuration, path = place(message=b"From: a@example.com, b@example.com\n\n")
    code, out, _ = millrace("sign", "explain", "-c", configuration, path)
    assert code == 1
    assert b"tempfailed: From is not exactly one mailbox" in out and b"2 mailboxes" in out


def test_untrusted_text_is_escaped(place):
    configuration, path = place(message=b'From: "\x1b[31m"@example.com\n\n')
    code, out, _ = millrace("sign", "explain", "-c", configuration, path)
    assert b"\x1b" not in out
