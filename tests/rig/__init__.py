# SPDX-License-Identifier: BSD-2-Clause
"""Real MTAs, name servers and daemons, each in a private network namespace."""
