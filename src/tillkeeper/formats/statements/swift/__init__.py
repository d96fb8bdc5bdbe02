"""MT940 and MT942 (SWIFT), with the deviations that banks are known for."""
