# SPDX-License-Identifier: BSD-2-Clause
"""A key that never leaves its token: SoftHSM, OpenSSL's engine, and the daemon as it runs in
earnest, as another user than root and in its sandbox. python3-dkim verifies."""

import base64
import concurrent.futures
import os
import shutil
import signal
import subprocess

import pytest

from daemon_process import run
from test_dkim_sign import PROGRAM, Signer, open_for_daemon, send, signatures, verifies

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
COMMAND = PROGRAM.with_name("millrace")
PIN = "471100815"


def missing():
    for tool, package in (("softhsm2-util", "softhsm2"), ("pkcs11-tool", "opensc")):
        if not shutil.which(tool):
            return f"{tool} is missing ({package})"
    if not os.path.exists(MODULE):
        return f"{MODULE} is missing (libsofthsm2)"
    if subprocess.run(["openssl", "engine", "pkcs11"], capture_output=True).returncode:
        return "OpenSSL's pkcs11 engine is missing (libengine-pkcs11-openssl)"
    return None


pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


class Token:
    """A token in a folder, with one RSA key that cannot be taken out; it is nobody's."""

    domain, selector, kind = "example.com", "t1", "rsa"
    name = "t1._domainkey.example.com"

    def __init__(self, folder):
        self.folder, self.tokens = folder, folder / "tokens"
        self.tokens.mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {self.tokens}\n"
                                 "objectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": str(configuration), "PKCS11_MODULE_PATH": MODULE}
        self.tool("softhsm2-util", "--init-token", "--free", "--label", "mail", "--pin", PIN,
                  "--so-pin", "0815")
        made = self.pkcs11_tool("--keypairgen", "--key-type", "rsa:2048", "--id", "01", "--label",
                                self.selector, "--sensitive")
        assert b"never extractable" in made
        self.public = self.pkcs11_tool("--read-object", "--type", "pubkey", "--label",
                                       self.selector)
        self.pin_file = folder / "pin"
        self.pin_file.write_text(PIN + "\n")
        self.pin_file.chmod(0o600)
        open_for_daemon(folder)

    def tool(self, *words):
        return subprocess.run(words, check=True, capture_output=True,
                              env={**os.environ, **self.environment}).stdout

    def pkcs11_tool(self, *words):
        return self.tool("pkcs11-tool", "--module", MODULE, "--token-label", "mail", "--login",
                         "--pin", PIN, *words)

    def record(self):
        return f"v=DKIM1; k=rsa; p={base64.b64encode(self.public).decode()}"

    def uri(self, pin):
        return f"pkcs11:token=mail;object={self.selector};type=private{pin}"

    def options(self, pin=f"?pin-value={PIN}", more=""):
        return (f'domains = ( {{ name = "{self.domain}"; keys = ( {{ '
                f'selector = "{self.selector}"; file = "{self.uri(pin)}"; }} ); }} );\n{more}')

    def take_away(self):
        self.tokens.rename(self.folder / "away")

    def bring_back(self):
        (self.folder / "away").rename(self.tokens)


@pytest.fixture
def token(tmp_path, monkeypatch):
    os.chmod(tmp_path, 0o755)
    os.chmod(tmp_path.parent, 0o755)
    folder = tmp_path / "hsm"
    folder.mkdir()
    made = Token(folder)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(options):
        folder = tmp_path / f"signer{len(started)}"
        folder.mkdir()
        started.append(Signer(folder, options))
        return started[-1]

    yield begin
    for signer in started:
        signer.daemon.close()


def assert_signs(signer, token):
    with signer.client() as client:
        _, message = send(client)
    assert signatures(message) == [("example.com", "t1", "rsa-sha256")]
    assert verifies(message, [token]) == [True]


@pytest.mark.parametrize("place", ["?pin-value", ";pin-value", "?pin-source"])
def test_signs_in_the_sandbox(start, token, place):
    """Both ways to write a PIN in the URI, and the one to keep it out of the configuration."""
    pin = f"file:{token.pin_file}" if "source" in place else PIN
    signer = start(token.options(f"{place}={pin}"))
    code, _, errors = run(PROGRAM, "-t", "-c", signer.daemon.path)
    assert (code, errors) == (0, "")
    status = signer.daemon.status()
    assert status["Seccomp"] == "2" and "0" not in status["Uid"].split()
    assert_signs(signer, token)
    assert PIN not in signer.log()


def test_many_connections(start, token):
    signer = start(token.options())

    def sign(_):
        assert_signs(signer, token)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(sign, range(40)))


def test_reload(start, token):
    """Also when it is a reload that brings the first key of a token: engine and module are
    then loaded in the sandbox."""
    signer = start('no_domain = "tempfail";')
    with signer.client() as client:
        assert send(client)[0][0] == "y"
    for _ in range(3):
        signer.reconfigure(token.options())
        assert_signs(signer, token)


def test_token_away(start, token):
    """Nothing leaves unsigned; a start with the token back in its place signs again."""
    signer = start(token.options())
    assert_signs(signer, token)
    token.take_away()
    with signer.client() as client:
        (command, text), message = send(client)
    assert command == "y" and text.startswith(b"451 4.7.5 ") and not signatures(message)
    signer.daemon.wait_for_log("sign-failed reason=signing-failed domain=example.com")
    signer.daemon.send(signal.SIGUSR1)
    signer.daemon.wait_for_log("not reloaded: the configuration in use stays")
    assert PIN not in signer.log()
    token.bring_back()
    assert_signs(start(token.options()), token)


@pytest.mark.parametrize("pin", ["?pin-value=7777777", "", "?pin-value=7777777&pin-source=/pin",
                                 "?pin-source=file:/nowhere/7777777", "?pin-value="])
def test_refused(tmp_path, token, pin):
    path = tmp_path / "dkim-sign.conf"
    path.write_text(f'listen = "unix:{tmp_path}/s"; user = "nobody";\n{token.options(pin)}')
    code, _, errors = run(PROGRAM, "-t", "-c", path)
    assert code == 78 and errors.startswith(f"{path}:2: "), errors
    assert "pin-value" not in pin or "7777777" not in errors


def test_pin_file_of_another_user(tmp_path, token):
    """Root can read it; the daemon, which is nobody by then, could not."""
    os.chown(token.pin_file, 0, 0)
    path = tmp_path / "dkim-sign.conf"
    source = f"?pin-source=file:{token.pin_file}"
    path.write_text(f'listen = "unix:{tmp_path}/s"; user = "nobody";\n{token.options(source)}')
    code, _, errors = run(PROGRAM, "-t", "-c", path)
    assert code == 78 and f"nobody may not read {token.pin_file}" in errors, errors


@pytest.fixture
def configured(tmp_path, token):
    """A configuration with the token's key and a zone that has its record."""
    zone = tmp_path / "zone"
    text = token.record()
    strings = " ".join(f'"{text[at:at + 255]}"' for at in range(0, len(text), 255))
    zone.write_text(f"{token.name}. 3600 IN TXT {strings}\n")
    path = tmp_path / "dkim-sign.conf"
    path.write_text(f'listen = "unix:{tmp_path}/s"; user = "nobody";\n'
                    f'resolver = {{ zone_file = "{zone}"; }};\n{token.options()}')
    return path


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_commands_do_not_show_the_pin(tmp_path, token, configured, options):
    message = tmp_path / "message.eml"
    message.write_text("From: a@example.com\n\ntext\n")
    for words in (("key", "list"), ("key", "check"), ("sign", "explain", "--user", "alice")):
        arguments = [message] if words[0] == "sign" else []
        code, output, errors = run(COMMAND, *words, "-c", configured, *options, *arguments)
        assert code == 0, (words, output, errors)
        assert "t1" in output and PIN not in output + errors, words


def test_record(token, configured):
    code, output, errors = run(COMMAND, "key", "record", "-c", configured, "--format", "plain",
                               "example.com")
    assert (code, output) == (0, f"{token.name} TXT {token.record()}\n"), errors


def test_signs_a_file(tmp_path, token):
    message = tmp_path / "message.eml"
    message.write_text("From: a@example.com\n\ntext\n")
    code, output, errors = run(COMMAND, "sign", "--domain", "example.com", "--selector", "t1",
                               "--key", token.uri(f"?pin-source={token.pin_file}"), message)
    assert code == 0, errors
    assert verifies(output.encode().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), [token])
