"""`python -m tokenomics_shared.testing`: the loopback server alone."""

from tokenomics_shared.testing.server import main

main()
