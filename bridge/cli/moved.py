"""What a site has done to findings, said wherever its state is shown: what is switched off is never silent."""

from __future__ import annotations

from bridge.terms.findings import Moved, catalogue

GRAVE = "delivery-interrupted"


def switched_off(audiences: Moved) -> list[str]:
    """The findings that nobody gets at this site, in the order of the catalogue."""
    return [code for code in catalogue() if audiences.get(code) == "off"]


def moved(audiences: Moved) -> dict[str, str]:
    """The findings that this site gives to others than the catalogue does, with whom they are for."""
    return {
        code: audiences[code]
        for code, row in catalogue().items()
        if audiences.get(code, row.audience) not in (row.audience, "off")
    }


def said(audiences: Moved) -> list[str]:
    """What there is to say of it, the gravest first."""
    off, elsewhere = switched_off(audiences), moved(audiences)
    words = []
    if GRAVE in off:
        words.append(f"{GRAVE} IS SWITCHED OFF: no Flag and no finding will say that a pump does not infuse")
    if off:
        words.append(f"findings switched off: {', '.join(off)}; a chart without them does not say that all is well")
    if elsewhere:
        words.append("findings moved: " + ", ".join(f"{code} to {audience}" for code, audience in elsewhere.items()))
    return words
