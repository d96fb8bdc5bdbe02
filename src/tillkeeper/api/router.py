"""The REST API under /api/v1: every router, wired once."""

from typing import Final

from tillkeeper import __version__
from tillkeeper.api import (
    actions,
    alert_rules,
    alerts,
    audit,
    board,
    catalogue,
    errors,
    health,
    imports,
    logs,
    me,
    merchants,
    money,
    money_cases,
    money_drops,
    money_layouts,
    money_matches,
    money_sets,
    money_troubles,
    nowhere,
    organisations,
    people,
    policies,
    problem_kinds,
    sites,
    terminal_enrolments,
    terminal_facts,
    terminal_papers,
    terminal_steps,
    terminal_voice,
    terminals,
    tokens,
    vendors,
)
from tillkeeper.api.application import Application, Json, StrictParser
from tillkeeper.api.authentication import AUTHENTICATION
from tillkeeper.api.docs import Docs
from tillkeeper.api.known_names import known_names_only
from tillkeeper.api.replay import once

api: Final = Application(
    title="Tillkeeper",
    version=__version__,
    description="Everything the console does. Refusals are problem documents (RFC 9457).",
    urls_namespace="api",
    auth=AUTHENTICATION,
    docs=Docs(),
    renderer=Json(),
    parser=StrictParser(),
)
errors.install(api)
api.add_decorator(known_names_only, mode="view")  # first: it asks the operation whose run it wraps
api.add_decorator(once, mode="view")
api.add_router("/organisations", organisations.router)
api.add_router("/merchants", merchants.router)
api.add_router("/sites", sites.router)
api.add_router("/vendors", vendors.router)
api.add_router("/people", people.router)
api.add_router("/tokens", tokens.router)
api.add_router("/models", catalogue.router)
api.add_router("/terminals", terminal_voice.router)
api.add_router("/terminals", terminal_enrolments.router)
api.add_router("/terminals", actions.at_terminal)
api.add_router("/terminals", logs.at_terminal)
api.add_router("/terminals", terminal_papers.router)
api.add_router("/terminals", terminal_steps.router)
api.add_router("/terminals", terminal_facts.router)
api.add_router("/terminals", terminals.router)  # after the others: its addresses take any rest
api.add_router("/imports", imports.router)
api.add_router("/money/cases/orders", money_sets.router)  # before the addresses of one case
api.add_router("/money/cases", money_cases.router)
api.add_router("/money/troubles", money_troubles.router)
api.add_router("/money/matches", money_matches.router)
api.add_router("/money/drops", money_drops.router)
api.add_router("/money/layouts", money_layouts.router)
api.add_router("/money", money.router)
api.add_router("/alerts", alerts.router)
api.add_router("/alert-rules", alert_rules.router)
api.add_router("/actions", actions.router)
api.add_router("/logs", logs.router)
api.add_router("/log-patterns", logs.kinds)
api.add_router("/doubts", terminal_enrolments.overall)
api.add_router("/audit", audit.router)
api.add_router("/policies", policies.router)
api.add_router("/problems", problem_kinds.router)
api.add_router("", board.router)
api.add_router("", terminal_voice.overall)
api.add_router("", me.router)
api.add_router("", health.router)
api.add_router("", nowhere.router)  # last: it takes every address that is left
