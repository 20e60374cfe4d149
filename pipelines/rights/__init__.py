"""What a site says of what may be done with its pages, and what a user makes of that.

Owns reading it, from the answer's headers, the page's markup, robots.txt and tdmrep.json, and the policy. Pure: bytes
and values in, directives out. Must not know Scrapy, the store, or how a page is parsed; fetches nothing. docs/rights.md
says what is read by which specification.
"""

from pipelines.rights.headers import rights_of_headers
from pipelines.rights.hostrules import HostRule, rules_for
from pipelines.rights.markup import rights_of_markup
from pipelines.rights.policy import RECORD_ALL, Action, Policy, Verdict
from pipelines.rights.precedence import PRODUCT_TOKEN, resolved
from pipelines.rights.robotstxt import rules_of_robots
from pipelines.rights.tdmrep import rules_of_tdmrep

__all__ = [
    "PRODUCT_TOKEN", "RECORD_ALL", "Action", "HostRule", "Policy", "Verdict", "resolved", "rights_of_headers",
    "rights_of_markup", "rules_for", "rules_of_robots", "rules_of_tdmrep",
]
