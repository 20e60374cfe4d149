"""What stands in the place of a page: walls of consent, of payment, of registration, against bots and by country.

Owns the signs by which each is told. Pure: addresses, headers and bytes in, a `Wall` or None out. Must not know how a
page is fetched or parsed. A wall is only ever named with what it was told by.
"""

from pipelines.walls.answer import wall_of_answer
from pipelines.walls.gates import consent_gate
from pipelines.walls.signs import bot_sign, geo_sign, registration_words
from pipelines.walls.wording import consent_wording

__all__ = ["bot_sign", "consent_gate", "consent_wording", "geo_sign", "registration_words", "wall_of_answer"]
