"""`python -m tokenomics_shared`."""

from tokenomics_shared.cli import main

main()
