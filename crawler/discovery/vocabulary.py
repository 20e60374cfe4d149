"""The words by which addresses of the web say what they lead to.

Owns the lists, of whole path segments in lower case, in the languages of the larger presses of Europe and the
Americas. Must not know any publisher, nor how the words are weighed.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Last in a path they lead to no news; first in one, hardly ever.
SERVICES = _words("""
    abo abonnement abonnements abonnieren abos aboshop about about-us aboutus accessibility account
    accounts ad ads advertise advertisement advertisements advertising agb agenda alerts app apps asset
    assets atom auth aviso-legal barrierefreiheit busca buscar careers cart ccpa cdn-cgi cerca cgi-bin cgu
    cgv checkout chi-siamo comment comments confidentialite consent contact contact-us contacto contacts
    contato contatti cookie cookies css datenschutz datenschutzerklaerung datenschutzerklärung
    datenschutzhinweise disclaimer do-not-sell donate donation donations download downloads drucken e-mail
    e-paper email embed empleo empleos emploi emplois epaper eventos events faq faqs feed feedback feeds
    font fonts gdpr go help hilfe image images img impressum imprint job jobs js kalender karriere
    kommentare kontakt kontakte konto log-in login logout masthead media-kit mediadaten mediakit
    mein-konto meinkonto mentions-legales my-account myaccount newsletter newsletters note-legali
    notifications nutzungsbedingungen oauth oembed om-oss over-ons print privacidad privacy profil profile
    pubblicita publicidad publicite push qui-sommes-nous quienes-somos recherche redirect register
    registration registrieren respond rss search share shop sign-in sign-up signin signup site-map sitemap
    sobre-nosotros sok spenden sso static stellenmarkt store subscribe subscriber subscribers subscription
    subscriptions suche support suscribete suscripcion szukaj termine terms tos uber-uns ueber-uns
    unsubscribe upload uploads user users vacatures veranstaltungen werbung widget widgets wir-ueber-uns
    wp-admin wp-content wp-includes wp-json wp-login xmlrpc zoek zoeken
    annonsera cookie-policy emprego empregos evenemang evenementen evenimente haku hirdetes hledat iletisim ilmoitus
    inzerce jobb kapcsolat kariera kariéra keresés kereses kirjaudu kontakta kontaktai logga-in logowanie meddelelser
    nabor o-firme o-nas o-nás om om-os ogloszenia ogłoszenia personvern polityka-prywatnosci praca praca-u-nas
    prihlaseni privatlivspolitik prywatnosc prywatność quem-somos redakcja reklama rejestracja regulamin rekrutacja
    sekretess sobre sok-jobb soeg soek søg tapahtumat tietosuoja tyopaikat vagas wydarzenia yhteystiedot zaloguj
""")

# Of these the last in a path also name what a story of a day is about: /2026/11/26/agenda.
SUBJECTS = _words("""
    agenda alerts app apps consent donation donations eventos events help jobs job empleo emploi print push share shop
    sok store suche support terms uploads users
""")

# What follows such a word without changing it: cookie-policy, terms-of-use, privacy-and-cookies.
_SERVICE_TAIL = re.compile(
    r"(?:[-_](?:\d{1,2}|policy|policies|notice|settings|statement|preferences|center|centre|of|use"
    r"|services?|and|conditions?|us|your|our|my|uns|contact|form|page|with|the|cookies?|privacy|opt-?out"
    r"|choices|personal|info|information))+$")

# Lists of a keyword, a person or a day: endless, and what is in them is in a section or a feed as well.
ENDLESS = _words("""
    auteur auteurs author authors autor autore autoren autores autori autorin by byline calendar
    contributor contributors etiqueta etiquetas journalist journalisten keyword keywords mot-cle redakteur redakteure
    schlagwort schlagworte stichwort tag tags
""")

# What stands before the number of a list's page; before a name it is a folder like others.
PAGING = _words("page pagina pagine seite sida side strona")

# What stands before the name of a section.
LISTS = _words("""
    categoria categorie categories category dossier dossiers hub kategorie kategorien rubrik rubrique section
    sections subject subjects thema themen tema temas topic topics
""")

# Keys of a query that do something with a page instead of naming one.
ACTIONS = _words("""
    action do login logout output print q query redirect replytocom return returnurl s search share
""")

# Values of such a key that but show a page.
SHOWING = _words("""
    article artikel category detail details display fullnews list news post read section show showarticle shownews
    story view
""")

# What stands before an article's own name or number.
MARKERS = _words("""
    a art article articles articoli articolo articulo articulos artigo artigos artikel artikkel artículo
    beitrag doc entry h meldung nachricht news-story noticia noticias notizia nyhet p post posts read s
    stories story video watch
""")


def is_service(segment: str) -> bool:
    """Whether a path segment names a service of the site: log-in, legal notices, shop, search, files."""
    return segment in SERVICES or _SERVICE_TAIL.sub("", segment) in SERVICES
