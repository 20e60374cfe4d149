"""Pages of walls as readers meet them, shortened, with texts that say what the real ones say. No test itself."""

from __future__ import annotations

from tests.newsserver import article_html, prose


def _page(title: str, body: str, head: str = "") -> str:
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
            f"<body>{body}</body></html>")


BOT_PAGES = {
    "Cloudflare challenge": _page(
        "Just a moment...",
        '<div class="main-wrapper" role="main"><div class="main-content"><noscript>Enable JavaScript and cookies to '
        'continue</noscript></div></div><script>(function(){window._cf_chl_opt={cvId:"3",cZone:"news.example"};})();'
        '</script>'),
    "Cloudflare block": _page(
        "Attention Required! | Cloudflare",
        "<h1>Sorry, you have been blocked</h1><h2>You are unable to access news.example</h2><p>This website is using a "
        "security service to protect itself from online attacks. The action you just performed triggered the security "
        "solution. There are several actions that could trigger this block including submitting a certain word or "
        "phrase, a SQL command or malformed data.</p><p>You can email the site owner to let them "
        "know you were blocked. "
        "Please include what you were doing when this page came up and the Cloudflare Ray ID found at the bottom.</p>"),
    "DataDome": _page(
        "news.example",
        '<p id="cmsg">Please enable JS and disable any ad blocker</p><script>var dd={"rt":"c","cid":"x","hsh":"y",'
        '"t":"fe","host":"geo.captcha-delivery.com"}</script><script '
        'src="https://ct.captcha-delivery.com/c.js"></script>'),
    "HUMAN (PerimeterX)": _page(
        "Access to this page has been denied.",
        '<h1>Please verify you are a person</h1><div id="px-captcha"></div><p>Access to this page '
        'has been denied because '
        "we believe you are using automation tools to browse the website.</p><p>This may happen as a result of the "
        "following: Javascript is disabled or blocked by an extension (ad blockers for example). Your browser does not "
        "support cookies. Please make sure that Javascript and cookies are enabled on your browser "
        "and that you are not "
        "blocking them from loading.</p>"),
    "Imperva": _page(
        "Pardon Our Interruption",
        "<h1>Pardon Our Interruption</h1><p>As you were browsing something about your browser made us think you were a "
        "bot. There are a few reasons this might happen: You're a power user moving through this "
        "website with super-human "
        "speed. You've disabled cookies in your web browser. A third-party browser plugin is "
        "preventing JavaScript from "
        "running.</p>"),
    "Akamai": _page(
        "Access Denied",
        "<H1>Access Denied</H1><P>You don't have permission to access \"http://news.example/a\" on this server.<P>"
        "Reference #18.1234 <P>https://errors.edgesuite.net/18.1234"),
    "Anubis": _page(
        "Making sure you're not a bot!",
        '<script id="anubis_challenge" '
        'type="application/json">{"rules":{"algorithm":"fast"}}</script><p>You are seeing '
        "this because the administrator of this website has set up a tool to protect the server against the scourge of "
        "companies aggressively scraping websites. This can and does cause downtime for the websites.</p>"),
}

CONSENT_PAGES = {
    "a consent platform": _page(
        "news.example",
        '<main><h1>We value your privacy</h1><p>We and our 842 partners store and/or access '
        'information on a device, such '
        "as cookies and process personal data, such as unique identifiers and standard information "
        "sent by a device for "
        "personalised advertising and content, advertising and content measurement, audience research and services "
        "development.</p><p>With your permission we and our partners may use precise geolocation "
        "data and identification "
        "through device scanning. You may click to consent to our and our 842 partners’ processing as described above."
        "</p><p>Alternatively you may access more detailed information and change your preferences "
        "before consenting or "
        "to refuse consenting. Please note that some processing of your personal data may not "
        "require your consent, but "
        "you have a right to object to such processing.</p><button>Accept all</button></main>"),
    "a search engine's": _page(
        "Before you continue",
        "<h1>Before you continue to our news</h1><p>We use cookies and data to deliver and maintain "
        "our services, track "
        "outages and protect against spam, fraud and abuse, and measure audience engagement and site statistics.</p>"
        "<p>If you choose to accept all, we will also use cookies and data to develop and improve "
        "new services, deliver "
        "and measure the effectiveness of ads, and show personalised content, depending on your choices.</p>"
        "<p>You can manage your privacy settings at any time. Our partners are told of your choices.</p>"),
    "with an advertising subscription": _page(
        "Weiterlesen mit Werbung oder im Pur-Abo",
        "<main><h2>Mit Werbung weiterlesen</h2><p>Besuchen Sie unsere Seite wie gewohnt mit Werbung "
        "und Tracking. Wir und "
        "unsere bis zu 187 Partner verarbeiten dabei personenbezogene Daten, zum Beispiel mit Hilfe von Cookies.</p>"
        "<p>Mit einem Klick auf „Alles akzeptieren“ geben Sie Ihre Einwilligung in die Nutzung von Cookies. Ihre "
        "Zustimmung ist jederzeit im Datenschutz-Center widerrufbar.</p><h2>Im Pur-Abo lesen</h2><p>Wir nutzen im "
        "Pur-Abo kein Werbetracking und setzen nur Cookies, die für den Betrieb nötig sind.</p></main>"),
    "a question in the article's own page": article_html("Fair moves to the lower meadow", [
        "Nous et nos 120 partenaires stockons des informations sur votre terminal, par exemple des cookies.",
        "Avec votre consentement, nous utilisons ces données pour personnaliser la publicité et mesurer son audience.",
        "Nos partenaires traitent vos données sur la base de leur intérêt légitime ; vos choix valent pour ce site.",
        "Vous pouvez tout accepter, tout refuser ou retirer votre consentement depuis la page des cookies."]),
}

CONSENT_PAGES |= {
    f"in {language}": _page("news.example", "<main>" + "".join(f"<p>{line}</p>" for line in lines) + "</main>")
    for language, lines in {
        "Swedish": (
            "Vi och våra 842 partner lagrar och har åtkomst till information på en enhet, till exempel kakor, och "
            "behandlar personuppgifter för anpassad annonsering.",
            "Du kan när som helst ändra dina val eller återkalla ditt samtycke. Genom att klicka godkänner du detta."),
        "Danish": (
            "Vi og vores 712 partnere gemmer oplysninger på din enhed, for eksempel cookies, og behandler "
            "personoplysninger til målrettet annoncering.",
            "Du kan til enhver tid trække dit samtykke tilbage eller ændre dine valg. Accepter alle og læs videre."),
        "Norwegian": (
            "Vi og våre 312 partnere lagrer informasjon på enheten din, som informasjonskapsler, og behandler "
            "personopplysninger for tilpassede annonser.",
            "Du kan når som helst trekke ditt samtykke tilbake eller endre dine valg i våre regler for personvern."),
        "Polish": (
            "Szanujemy Twoją prywatność. My i nasi partnerzy przechowujemy informacje na urządzeniu, takie jak pliki "
            "cookie, i przetwarzamy dane osobowe w celu personalizacji reklam.",
            "Klikając przycisk, wyrażasz zgodę na przetwarzanie danych przez nas i naszych 900 partnerów."),
        "Finnish": (
            "Me ja 412 kumppanimme tallennamme tietoja laitteellesi ja käytämme evästeitä mainonnan kohdentamiseen "
            "ja sisällön mittaamiseen.",
            "Voit muuttaa valintojasi tai perua suostumuksesi milloin tahansa. Hyväksy kaikki jatkaaksesi lukemista."),
        "Czech": (
            "My a naši 731 partneři ukládáme do vašeho zařízení informace, například soubory cookies, a zpracováváme "
            "osobní údaje pro reklamu na míru.",
            "Svůj souhlas můžete kdykoli odvolat. Vašeho soukromí si vážíme; zvolte přijmout vše, nebo nastavení."),
        "Portuguese": (
            "Nós e os nossos 640 parceiros guardamos informações no seu dispositivo, como cookies, e tratamos dados "
            "pessoais para publicidade personalizada.",
            "Pode retirar o seu consentimento ou alterar as suas escolhas a qualquer momento. Aceitar tudo."),
    }.items()}

GEO_PAGES = {
    "an American paper's in Europe": _page(
        "451: Unavailable due to legal reasons",
        "<h1>451: Unavailable due to legal reasons</h1><p>We recognize you are attempting to access "
        "this website from a "
        "country belonging to the European Economic Area (EEA) including the EU which enforces the General Data "
        "Protection Regulation (GDPR) and therefore access cannot be granted at this time. For any issues, contact "
        "news@news.example or call 555-0100.</p>"),
    "a broadcaster's": _page(
        "Video", "<main><p>Sorry, this content is not available in your region.</p></main>"),
    "a French broadcaster's": _page("Vidéo", "<main><p>Désolé, pas disponible dans votre pays.</p></main>"),
    "a Polish broadcaster's": _page("Wideo", "<main><p>Ta treść nie jest dostępna w Twoim kraju.</p></main>"),
}


def teaser_page() -> str:
    """The first paragraph, and a box that sells the rest."""
    wall = ('<div class="paywall-container"><h3>Subscribe to continue reading</h3><p>Unlimited access from one a '
            'month. Already a subscriber? <a href="/login">Log in</a></p></div>')
    return article_html("Fair moves to the lower meadow", prose("teaser", 1), below=wall)


def registration_page() -> str:
    """The first paragraph, and a box that asks for an account."""
    wall = ('<div class="reg-wall"><h3>Create a free account to continue reading</h3><p>It takes a minute and costs '
            "nothing.</p></div>")
    return article_html("Fair moves to the lower meadow", prose("teaser", 1), below=wall)


NEWS_OF_WALLS = {
    "a regulator and a banner": [
        "The privacy regulator fined the publisher two million euros on Tuesday because its cookie banner made readers "
        "accept cookies.",
        "The decision says that a button to accept all stood in the first layer while refusing took four clicks, and "
        "that legitimate interests are no basis for personalised ads.",
        "The publisher shared personal data with 312 partners, among them advertising partners abroad, without "
        "consent, the regulator found.",
        "A spokeswoman said the firm would change its cookie policy and would appeal. Readers can withdraw consent, "
        "she said, and their cookies are deleted within a day."],
    "advice on cookies": [
        "You can manage cookies in every browser. Open the menu and look for privacy; there you can accept or refuse "
        "cookies by site.",
        "In Firefox, cookies of third parties are kept apart, so that your privacy is better protected. Your "
        "preferences are kept for every site.",
        "In Chrome you can change cookies in the settings. Accept all is what most sites want from you; legitimate "
        "interest is how they go on without your consent."],
    "a banner that is quoted": [
        "The data protection authority on Tuesday fined three companies 12 million euros because their cookie banners "
        "made it harder to refuse than to accept.",
        "“We and our 842 partners store and/or access information on a device,” one of them read. “You may withdraw "
        "your consent at any time.” The button to accept all was green and large, that to refuse grey and small.",
        "A spokeswoman said: “We value your privacy, and we use cookies only with your consent.” Campaigners asked for "
        "more of such decisions before the summer."],
    "captchas": [
        "A team has built a program that solves the puzzles by which websites tell people from machines. It was right "
        "in 98 of 100 cases, the researchers write in a paper.",
        "“Verify you are human” is what visitors read before they see a page. The captcha shows traffic lights. “Our "
        "systems have detected unusual traffic from your computer network”, a search engine says.",
        "One of those who make them said that it would change its checks. They have become a joke among users who see "
        "them many times a day."],
    "a streaming service": [
        "The streaming service has pulled the series in 20 countries after a dispute over rights. Viewers there now "
        "read: “This content is not available in your country.”",
        "The producer said it had sold the rights elsewhere. Fans have started a petition that 30,000 have signed so "
        "far, most of them where the series was most popular."],
}
"""News that says what walls say, by what it is about."""

SHORT_NEWS_OF_WALLS = {
    "a series by country": [
        "The series is not available in your country, viewers in nine states read on Sunday, and the studio says that "
        "it does not own the rights there.", "A court will hear the case in May, and a second one in the autumn, the "
        "studio said on Monday."],
    "a status": [
        "The status 451, Unavailable For Legal Reasons, was named after a novel about books that are burnt.",
        "Ten years on, it is used by courts in forty states, and by nine in ten of the providers that answered a poll "
        "of the people who wrote it down."],
}
