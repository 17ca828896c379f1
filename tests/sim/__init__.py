# SPDX-License-Identifier: MIT
"""The simulated Azure: Entra ID and Azure Resource Manager on loopback.

README.md beside this file says how it is started, what a scenario holds
and how a test controls it.
"""
