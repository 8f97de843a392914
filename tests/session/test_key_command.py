# SPDX-License-Identifier: BSD-2-Clause
"""`millrace key` from the first key to the last, with a zone file and with a real nsd."""
import json
import os
import re
import stat
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nsd import Nsd

BUILD = os.environ.get("MILLRACE_BUILDDIR", "build")
DOMAIN = "example.com"


class Setup:
    """A configuration, a key directory and the answers of DNS, all in one folder."""

    def __init__(self, folder, resolver, more=""):
        self.folder = folder
        self.keys = folder / "keys"
        self.configuration = folder / "dkim-sign.conf"
        self.configuration.write_text(
            'listen = "unix:%s/sock";\nuser = "root";\nkey_directory = "%s";\n'
            'resolver = { %s };\n%s' % (folder, self.keys, resolver, more))

    def start(self, verb, *arguments):
        command = [BUILD + "/millrace", "key", verb, "-c", str(self.configuration), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                universal_newlines=True)

    def run(self, verb, *arguments, code=0):
        process = self.start(verb, *arguments)
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, (out, err)
        assert "Sanitizer" not in err
        return out + err

    def rows(self, verb, *arguments, code=0):
        return json.loads(self.run(verb, "--json", *arguments, code=code))

    def by_type(self, column, *arguments):
        return {row["type"]: row[column] for row in self.rows("list", *arguments)}

    def selectors(self, stage):
        return sorted(row["selector"] for row in self.rows("list") if row["stage"] == stage)


class ZoneFile(Setup):
    def __init__(self, folder, more=""):
        self.zone = folder / "zone"
        super().__init__(folder, 'zone_file = "%s";' % self.zone, more)
        self.publish("")

    def publish(self, *records):
        self.zone.write_text("$ORIGIN example.com.\n$TTL 300\n" + "".join(records))


@pytest.fixture
def zone(tmp_path):
    return ZoneFile(tmp_path)


def test_generate(zone):
    text = zone.run("generate", DOMAIN)
    assert "millrace key record example.com" in text and "millrace key rotate" in text
    rows = zone.rows("list")
    assert [row["type"] for row in rows] == ["rsa", "ed25519"]
    assert [row["bits"] for row in rows] == [2048, 256]
    for row in rows:
        assert row["domain"] == DOMAIN and row["stage"] == "published" and row["problem"] is None
        assert re.fullmatch(r"[re]\d{8}", row["selector"])
        assert row["file"] == "%s/%s/%s.pem" % (zone.keys, DOMAIN, row["selector"])
        subprocess.check_call(["openssl", "pkey", "-in", row["file"], "-noout"])
    again = zone.run("generate", DOMAIN, "--type", "rsa", "--bits", "1024")
    assert zone.rows("list")[0]["selector"] + "b" in again
    assert zone.rows("list")[2]["bits"] == 1024


def test_generate_is_careful_about_modes(zone):
    zone.run("generate", DOMAIN)
    folder = zone.keys / DOMAIN
    assert stat.S_IMODE(zone.keys.stat().st_mode) == 0o750
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    wanted = 0o640 if os.geteuid() == 0 else 0o600
    names = sorted(path.name for path in folder.iterdir())
    assert [name for name in names if not name.endswith(".pem")] == [".lock", "state"]
    for path in folder.glob("*.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == wanted
    assert stat.S_IMODE((folder / "state").stat().st_mode) == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_keys_belong_to_the_daemons_group(zone):
    text = zone.configuration.read_text()
    zone.configuration.write_text(text.replace('"root"', '"daemon"'))
    # a folder that was made by hand is given to the daemon too
    (zone.keys / DOMAIN).mkdir(parents=True)
    zone.run("generate", DOMAIN)
    for path in [zone.keys / DOMAIN, *(zone.keys / DOMAIN).glob("*.pem")]:
        assert (path.owner(), path.group()) == ("root", "daemon")

    zone.configuration.write_text(zone.configuration.read_text() +
                                  "keys_readable_by_group = false;\n")
    zone.run("generate", "alone.example")
    for path in (zone.keys / "alone.example").glob("*.pem"):
        assert (path.owner(), stat.S_IMODE(path.stat().st_mode)) == ("daemon", 0o600)


@pytest.mark.parametrize("arguments, code", [
    (["generate", "../out"], 1), (["generate", "a/b.example"], 1), (["generate", ""], 1),
    (["generate", "[192.0.2.1]"], 1), (["generate", DOMAIN, "--bits", "512"], 64),
    (["generate", DOMAIN, "--type", "dsa"], 64), (["generate"], 64),
    (["generate", DOMAIN, "--selector-prefix", "../x"], 64), (["rotate"], 64),
    (["rotate", "--all", DOMAIN], 64), (["rotate", DOMAIN, "--every", "soon"], 64),
    (["rotate", DOMAIN], 78), (["record", DOMAIN], 78), (["retire", DOMAIN, "s1"], 78),
    (["record", DOMAIN, "--format", "html"], 64),
])
def test_refused(zone, arguments, code):
    zone.run(*arguments, code=code)
    assert not zone.keys.exists() and sorted(os.listdir(str(zone.folder))) == ["dkim-sign.conf",
                                                                               "zone"]


def test_internationalised_domain(zone):
    zone.run("generate", "Bücher.example", "--type", "ed25519")
    assert [row["domain"] for row in zone.rows("list", "bücher.example")] == [
        "xn--bcher-kva.example"]
    assert "._domainkey.xn--bcher-kva.example." in zone.run("record", "xn--bcher-kva.example")


def test_record_formats(zone):
    zone.run("generate", DOMAIN, "--selector-prefix", "mx1-")
    names = ["%s._domainkey.%s" % (row["selector"], DOMAIN) for row in zone.rows("list")]
    assert names[0].startswith("mx1-r") and names[1].startswith("mx1-e")

    text = zone.run("record", DOMAIN, "--ttl", "60")
    assert text.count("\tIN\tTXT\t") == 2 and "\t60\t" in text
    strings = re.findall(r'"([^"]*)"', text)
    assert all(len(string) <= 255 for string in strings)
    assert len(strings) == 3 and strings[0].startswith("v=DKIM1; k=rsa; p=MII")

    plain = zone.run("record", DOMAIN, "--format", "plain").splitlines()
    assert plain[0] == "%s TXT %s" % (names[0], "".join(strings[:2]))
    update = zone.run("record", DOMAIN, "--format", "nsupdate").splitlines()
    assert update[0].startswith("update add %s. 3600 IN TXT \"v=DKIM1;" % names[0])
    assert update[-1] == "send"
    one = zone.run("record", DOMAIN, "--selector", zone.rows("list")[1]["selector"])
    assert names[0] not in one and names[1] in one
    zone.run("record", DOMAIN, "--selector", "none", code=1)


def test_first_keys_sign_as_soon_as_they_are_seen(zone):
    zone.run("generate", DOMAIN)
    zone.run("check", code=1)
    assert "waiting for the records" in zone.run("rotate", DOMAIN, code=75)
    assert zone.selectors("active") == []
    zone.publish(zone.run("record", DOMAIN))
    assert zone.run("rotate", DOMAIN).count("signs now") == 2
    assert len(zone.selectors("active")) == 2
    assert {row["result"] for row in zone.rows("check")} == {"ok"}
    assert "nothing to do" in zone.run("rotate", DOMAIN)
    assert "nothing to do" in zone.run("rotate", "--all")


def test_one_missing_record_holds_the_rotation(zone):
    zone.run("generate", DOMAIN)
    selector = zone.by_type("selector")["rsa"]
    zone.publish(zone.run("record", DOMAIN, "--selector", selector))
    text = zone.run("rotate", DOMAIN, code=75)
    assert "record missing" in text and zone.selectors("active") == []


def test_activate_at_once(zone):
    zone.run("generate", DOMAIN, "--activate")
    assert len(zone.selectors("active")) == 2
    rows = zone.rows("check", DOMAIN, code=1)
    assert [row["result"] for row in rows] == ["missing", "missing"]


@pytest.mark.parametrize("record, result, code", [
    ('%s TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="', "differs", 1),
    ('%s TXT "v=DKIM1; k=ed25519; p="', "revoked", 1),
    ('%s TXT "v=DKIM1; k=ed25519; p=x"\n%s TXT "other"', "several", 1),
    ('%s TXT "hello"', "unusable", 1),
    ('%s A 192.0.2.1', "missing", 1),
    ('other TXT "x"', "missing", 1),
    ('%s SERVFAIL', "unknown", 75),
    ('%s TIMEOUT', "unknown", 75),
    ('%s BOGUS', "unknown", 75),
])
def test_check_says_what_is_wrong(zone, record, result, code):
    zone.run("generate", DOMAIN, "--type", "ed25519", "--activate")
    name = zone.rows("list")[0]["selector"] + "._domainkey"
    zone.publish(record.replace("%s", name) + "\n")
    row, = zone.rows("check", DOMAIN, code=code)
    assert row["result"] == result and row["detail"]


def test_check_of_several_domains_at_once(zone):
    domains = ["d%03d.example" % i for i in range(130)]
    records = []
    for domain in domains[:2]:
        zone.run("generate", domain, "--type", "ed25519", "--activate")
        records.append(zone.run("record", domain))
    # the same key for the rest: made once
    key = next((zone.keys / domains[1]).glob("*.pem"))
    for domain in domains[2:]:
        (zone.keys / domain).mkdir()
        os.link(str(key), str(zone.keys / domain / key.name))
        records.append(records[1].replace(domains[1], domain))
    zone.publish(*records)
    rows = zone.rows("check")
    assert [row["domain"] for row in rows] == domains
    assert {row["result"] for row in rows} == {"ok"}


def test_keys_of_the_configuration_are_checked(tmp_path):
    zone = ZoneFile(tmp_path)
    zone.run("generate", DOMAIN, "--type", "ed25519")
    row, = zone.rows("list")
    zone.publish(zone.run("record", DOMAIN).replace(row["selector"], "listed"))
    zone.configuration.write_text(zone.configuration.read_text() + (
        'domains = ( { name = "example.com"; keys = ( { selector = "listed"; file = "%s"; } ); }'
        ' );\n' % row["file"]))
    results = {row["selector"]: (row["stage"], row["result"]) for row in zone.rows("check")}
    assert results == {row["selector"]: ("published", "missing"), "listed": ("active", "ok")}


def test_keys_without_a_state_are_active_and_stay_so(zone):
    (zone.keys / DOMAIN).mkdir(parents=True)
    path = zone.keys / DOMAIN / "old.pem"
    subprocess.check_call(["openssl", "genrsa", "-out", str(path), "2048"],
                          stderr=subprocess.DEVNULL)
    path.chmod(0o600)
    assert zone.selectors("active") == ["old"]
    # only RSA signs now, so only RSA comes next
    zone.run("rotate", DOMAIN, "--now")
    assert zone.selectors("active") == ["old"] and len(zone.selectors("published")) == 1
    assert zone.by_type("bits") == {"rsa": 2048}


def test_retire(zone):
    zone.run("generate", DOMAIN, "--activate")
    first, second = zone.selectors("active")
    zone.run("retire", DOMAIN, "none", code=1)
    zone.run("retire", DOMAIN, first, "--remove", code=1)
    zone.run("retire", DOMAIN, first)
    assert "only active key" in zone.run("retire", DOMAIN, second, code=1)
    assert zone.selectors("retired") == [first] and zone.selectors("active") == [second]
    assert "under way" in zone.run("retire", DOMAIN, first, "--remove", code=1)
    text = zone.run("retire", DOMAIN, first, "--remove", "--force")
    assert "%s._domainkey.example.com" % first in text
    assert not (zone.keys / DOMAIN / (first + ".pem")).exists()
    zone.run("retire", DOMAIN, second, "--force")
    assert zone.selectors("active") == []


def test_damaged_state_is_named_with_its_line(zone):
    zone.run("generate", DOMAIN)
    state = zone.keys / DOMAIN / "state"
    state.write_text(state.read_text() + "r1 activ 2026-11-23T10:00:00Z 1\n")
    for arguments in (["list"], ["check"], ["rotate", DOMAIN], ["generate", DOMAIN]):
        assert "%s:4: " % state in zone.run(*arguments, code=78)


def test_damaged_key_is_seen(zone):
    zone.run("generate", DOMAIN, "--type", "ed25519", "--activate")
    (zone.keys / DOMAIN / (zone.selectors("active")[0] + ".pem")).write_text("no key")
    row, = zone.rows("list")
    assert row["problem"] and row["type"] is None
    row, = zone.rows("check", code=1)
    assert row["result"] == "no-key"


def test_commands_at_the_same_time(zone):
    zone.run("generate", DOMAIN, "--type", "ed25519")
    processes = [zone.start("generate", DOMAIN, "--type", "ed25519") for _ in range(12)]
    for process in processes:
        assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
    files = sorted(path.stem for path in (zone.keys / DOMAIN).glob("*.pem"))
    assert len(files) == 13 and zone.selectors("published") == files


def test_whole_life_with_a_real_name_server(tmp_path):
    with Nsd(tmp_path / "nsd", {DOMAIN: ""}) as nsd:
        setup = Setup(tmp_path, 'servers = ["%s"];' % nsd.server)

        def publish(text):
            nsd.write_zone(DOMAIN, text)
            nsd.reload()

        setup.run("generate", DOMAIN)
        setup.run("rotate", DOMAIN, code=75)
        first = setup.run("record", DOMAIN, "--ttl", "2")
        publish(first)
        setup.run("rotate", DOMAIN)
        old = setup.selectors("active")
        assert len(old) == 2
        assert {row["result"] for row in setup.rows("check", DOMAIN)} == {"ok"}

        printed = setup.run("rotate", DOMAIN, "--every", "0")
        new = setup.selectors("published")
        assert len(new) == 2 and all(name + "._domainkey.example.com." in printed for name in new)
        # the signer's keys are not touched, and nothing begins twice
        setup.run("rotate", DOMAIN, "--every", "0", code=75)
        assert setup.selectors("active") == old and setup.selectors("published") == new

        # the negative answer that was just seen may be cached for 120 seconds: --now skips that
        publish(setup.run("record", DOMAIN, "--ttl", "2"))
        assert "caches" in setup.run("rotate", DOMAIN, code=75)
        setup.run("rotate", DOMAIN, "--now")
        assert setup.selectors("active") == new and setup.selectors("retired") == old
        assert {row["result"] for row in setup.rows("check")} == {"ok"}
        # retired keys may vanish from DNS without an alarm
        publish("".join(setup.run("record", DOMAIN, "--selector", name) for name in new))
        assert {row["result"] for row in setup.rows("check")} == {"ok", "missing"}


def test_caches_are_waited_out(tmp_path):
    with Nsd(tmp_path / "nsd", {DOMAIN: ""}) as nsd:
        setup = Setup(tmp_path, 'servers = ["%s"];' % nsd.server)
        setup.run("generate", DOMAIN, "--type", "ed25519", "--activate")
        setup.run("rotate", DOMAIN, "--every", "0")
        nsd.write_zone(DOMAIN, setup.run("record", DOMAIN, "--ttl", "3"))
        nsd.reload()
        assert "caches" in setup.run("rotate", DOMAIN, code=75)
        time.sleep(4)
        assert "signs now" in setup.run("rotate", DOMAIN)
