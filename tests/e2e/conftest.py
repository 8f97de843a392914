# SPDX-License-Identifier: BSD-2-Clause
"""Sites shared by the tests of a module. Needs root, for network namespaces."""

import os
import pathlib
import tempfile

import pytest

from rig.keys import make_pair
from rig.postfix import Postfix
from rig.sendmail import UNPACKED, Sendmail
from rig.site import Site

DOMAIN = "test.example"
IDN_DOMAIN = "xn--bcher-kva.example"  # bücher.example

MTAS = [
    pytest.param(Postfix, id="postfix"),
    pytest.param(
        Sendmail,
        id="sendmail",
        marks=pytest.mark.skipif(
            not UNPACKED.exists(), reason="no Sendmail yet: ./check.sh e2e unpacks it"
        ),
    ),
]


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="network namespaces need root"))


@pytest.fixture(scope="session")
def keys():
    """An RSA and an Ed25519 key for each domain of ours."""
    with tempfile.TemporaryDirectory(prefix="millrace-keys-", dir="/var/tmp") as folder:
        domains = (DOMAIN, IDN_DOMAIN)
        yield [key for name in domains for key in make_pair(pathlib.Path(folder), name)]


@pytest.fixture(scope="module", params=MTAS)
def site(request, keys):
    """Each MTA with our signer on a unix socket: for tests that leave both as they are."""
    made = Site(request.param, keys)
    yield made
    made.close()


@pytest.fixture(params=MTAS)
def mta_class(request):
    return request.param


@pytest.fixture
def make_site(keys):
    """Sites of the test's own, closed after it."""
    made = []

    def make(mta_class, **options):
        made.append(Site(mta_class, options.pop("keys", keys), **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
