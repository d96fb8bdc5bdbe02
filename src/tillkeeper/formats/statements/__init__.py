"""Bank statements (银行流水): CAMT, MT940 and MT942, BAI2, and the exports of Chinese banks.

What all of them share lies here: exact amounts, bounded lines, the lines gathered into frames, opening plus lines
equals closing, and by what two files are the same statement. Each family of formats has a package.
"""
