"""The accessibility gate: axe on a page, with what it misses in Arabic mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
Scheme = Literal["light", "dark"]
GRAVE = ("serious", "critical")
# Left alone, axe takes joined Arabic letters for an icon font and skips their contrast.
SEE_ARABIC = """() => axe.configure({rules: [{id: 'color-contrast', matches: node =>
    [...node.childNodes].some(child => child.nodeType === 3 && child.nodeValue.trim())
    && !node.disabled}]})"""
RUN = """options => axe.run(document, {resultTypes: ['violations'], ...options}).then(found =>
    found.violations.flatMap(rule => rule.nodes.map(node => ({
        rule: rule.id, impact: node.impact, target: node.target.join(' '),
        why: node.failureSummary, html: node.html.slice(0, 160)}))))"""
# A colour that is inherited changes in a frame of its own where everything may have a transition.
SETTLED = """async () => {
    for (let frame = 0; frame < 60; frame++) {
        await new Promise(requestAnimationFrame);
        if (!document.getAnimations().length) return;
    }
}"""
CONTRAST_ONLY = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


def grave_faults(page: Page, *, contrast_only: bool = False) -> list[dict[str, Any]]:
    """What axe calls serious or critical on the page as it is shown now."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
        page.evaluate(SEE_ARABIC)
    found: list[dict[str, Any]] = page.evaluate(RUN, CONTRAST_ONLY if contrast_only else {})
    return [fault for fault in found if fault["impact"] in GRAVE]


def grave_faults_in(page: Page, *schemes: Scheme) -> list[str]:
    """All rules in the first colour scheme, contrast in the others; a line for each fault."""
    lines = []
    for number, scheme in enumerate(schemes):
        _shine(page, scheme)
        lines += [
            f"{scheme}: {fault['rule']} at {fault['target']}: {fault['html']} – {fault['why']}"
            for fault in grave_faults(page, contrast_only=number > 0)
        ]
    return lines


def _shine(page: Page, scheme: Scheme) -> None:
    """Ask for a colour scheme and wait until it is there."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(SETTLED)
