"""The words that headlines and prose are put together from, by language. No test itself.

Owns words alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A headline is subject, verb and object; a sentence takes one of each of `clauses`, a number and another.

    `labels` are what a site calls its about page, contact, imprint, privacy, log-in, search, newsletter, jobs, events,
    pictures, "most read", "read more", "next page" and home page, in this order.
    """

    subjects: tuple[str, ...]
    verbs: tuple[str, ...]
    objects: tuple[str, ...]
    clauses: tuple[tuple[str, ...], ...]
    sentence: str
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    labels: tuple[str, ...]
    joint: str = " "
    space: str = " "


ENGLISH = Vocabulary(
    ("Council", "Ferry company", "School board", "Orchard growers", "Water board", "Town museum", "Harbour master",
     "Rail operator", "Fire brigade", "Volunteers", "County court", "Bus drivers"),
    ("approves", "delays plan for", "raises doubts over", "reopens", "warns of cuts to", "celebrates", "sells",
     "rejects appeal over", "finds money for", "defends"),
    ("the footbridge at the old mill", "the winter fair on the lower meadow", "night services to the coast",
     "the repair of the sluice", "a new home for the lifeboat", "the bakery in Station Road",
     "the lake in the former quarry", "swift nests in the church tower", "the last phone box of the valley",
     "the choir's missing scores"),
    (), "", ("Politics", "Sport", "Culture"), ("Maud Penrose", "Idris Vale", "Tess Okoro"),
    ("About us", "Contact", "Imprint", "Privacy", "Log in", "Search", "Newsletter", "Jobs", "Events", "Pictures",
     "Most read", "Read more", "Next page", "Home"))

GERMAN = Vocabulary(
    ("Gemeinderat", "Fährverein", "Schulbehörde", "Obstbauern", "Wasserverband", "Heimatmuseum", "Feuerwehr",
     "Bahnbetreiber", "Landgericht", "Anwohner"),
    ("beschließt", "verschiebt", "kritisiert", "feiert", "verkauft", "rettet", "fordert", "verteidigt"),
    ("Steg an der alten Mühle", "Wintermarkt auf der unteren Wiese", "Nachtbus an die Küste",
     "Sanierung der Schleuse", "neues Haus für das Rettungsboot", "Bäckerei am Bahnhof", "See im alten Steinbruch",
     "Nester der Mauersegler im Turm", "letzte Telefonzelle im Tal"),
    (("der Bürgermeister", "eine pensionierte Lehrerin", "der Vorsitzende des Vereins", "ein Ingenieur der Stadt",
      "die neue Leiterin des Museums", "ein Busfahrer aus dem Nachbarort"),
     ("am Dienstagabend", "vor dem ersten Frost", "nach langer Beratung", "am Ende der Saison", "im Frühjahr"),
     ("das alte Stellwerk erhalten bleibe", "die Arbeiten teurer würden als geplant", "der Chor seine Noten habe",
      "niemand den Brunnen seit der Dürre vermessen habe", "der Nachtbus wieder fahren werde"),
     ("obwohl kaum jemand damit gerechnet hatte", "weil endlich Geld da ist", "trotz der vielen Einwände",
      "sobald die letzte Genehmigung vorliegt", "zur Freude der ganzen Straße")),
    "{0} erklärte {1}, dass {2}, {3}; gefragt wurden {number} Menschen in {other} Straßen.",
    ("Politik", "Sport", "Kultur"), ("Jorid Ahrens", "Kaspar Dietl", "Lene Mohr"),
    ("Über uns", "Kontakt", "Impressum", "Datenschutz", "Anmelden", "Suche", "Newsletter", "Stellenmarkt", "Termine",
     "Bilder", "Meistgelesen", "Mehr lesen", "Nächste Seite", "Startseite"))

FRENCH = Vocabulary(
    ("Le conseil", "La compagnie du bac", "Le lycée", "Le syndicat des eaux", "Le musée", "La préfecture",
     "Les pompiers", "Le tribunal"),
    ("approuve", "repousse", "critique", "fête", "vend", "sauve", "réclame", "défend"),
    ("la passerelle du vieux moulin", "la foire d'hiver sur le pré", "les bus de nuit vers la côte",
     "la réfection de l'écluse", "un nouvel abri pour le canot", "la boulangerie de la gare", "l'étang de la carrière",
     "les nids de martinets du clocher"),
    (("le maire", "une institutrice à la retraite", "le président de l'association", "un ingénieur de la région",
      "la nouvelle directrice du musée", "un conducteur de bus"),
     ("mardi soir", "avant les premières gelées", "après un long débat", "en fin de saison", "au printemps"),
     ("l'ancien poste d'aiguillage serait gardé", "les travaux coûteraient plus cher que prévu",
      "la chorale avait retrouvé ses partitions", "personne n'avait mesuré le puits depuis la sécheresse"),
     ("alors que peu de monde y croyait", "puisque l'argent est enfin là", "malgré de nombreuses réserves",
      "dès que le dernier permis sera signé")),
    "{0} a déclaré {1} que {2}, {3} ; {number} personnes de {other} rues ont été interrogées.",
    ("Politique", "Sport", "Culture"), ("Aude Kermarec", "Noé Vasseur", "Lise Brun"),
    ("Qui sommes-nous", "Contact", "Mentions légales", "Confidentialité", "Connexion", "Recherche",
     "Lettre d'information", "Emploi", "Agenda", "Photos", "Les plus lus", "Lire la suite", "Page suivante", "Accueil"))

RUSSIAN = Vocabulary(
    ("Горсовет", "Паромная служба", "Школьный совет", "Водоканал", "Краеведческий музей", "Суд", "Пожарная часть",
     "Жители"),
    ("одобрил", "отложил", "раскритиковал", "отметил", "продал", "спас", "потребовал", "защитил"),
    ("мост у старой мельницы", "зимнюю ярмарку на нижнем лугу", "ночные рейсы к побережью", "ремонт старого шлюза",
     "новый дом для спасателей", "пекарню у вокзала", "озеро в бывшем карьере", "гнёзда стрижей на колокольне"),
    (("глава района", "учительница на пенсии", "председатель общества", "инженер водоканала", "новый директор музея",
      "водитель автобуса"),
     ("во вторник вечером", "до первых морозов", "после долгих споров", "в конце сезона", "весной"),
     ("старую будку сохранят", "работы обойдутся дороже", "хор нашёл пропавшие ноты",
      "колодец не измеряли со времён засухи", "ночной автобус пойдёт снова"),
     ("хотя в это мало кто верил", "потому что деньги наконец нашлись", "несмотря на возражения",
      "как только подпишут последнее разрешение")),
    "{0} заявил {1}, что {2}, {3}; опросили {number} человек на {other} улицах.",
    ("Политика", "Спорт", "Культура"), ("Вера Лугова", "Игнат Белов", "Тая Сомова"),
    ("О нас", "Контакты", "Выходные данные", "Конфиденциальность", "Войти", "Поиск", "Рассылка", "Вакансии", "Афиша",
     "Фото", "Самое читаемое", "Читать далее", "Следующая страница", "Главная"))

JAPANESE = Vocabulary(
    ("町議会、", "渡船会社、", "教育委員会、", "果樹農家、", "水道局、", "郷土博物館、", "消防署、", "鉄道会社、"),
    ("旧水車小屋の歩道橋を", "冬の市を", "海岸行きの夜行バスを", "水門の修理を", "救助艇の新しい艇庫を",
     "駅前のパン屋を", "採石場跡の湖を", "鐘楼のツバメの巣を"),
    ("全会一致で承認", "来年春まで延期", "強く批判", "住民とともに祝う", "民間に売却へ", "存続の方針示す", "早期に要求",
     "改めて擁護"),
    (("町長は", "元教師の女性は", "協会の会長は", "市の技師は", "博物館の新館長は", "バスの運転手は"),
     ("火曜日の夜に", "初霜の前に", "長い議論の末に", "季節の終わりに", "春の大潮の頃に"),
     ("古い信号所が残されると", "工事費が予定を上回ると", "合唱団の楽譜が見つかったと",
      "井戸は渇水以来測られていないと", "夜行バスが再び走ると"),
     ("誰も信じていなかったが", "ようやく資金が集まったため", "多くの反対にもかかわらず", "最後の許可が下り次第")),
    "{3}、{0}{1}{2}述べ、{other}の通りの{number}人が取材に答えた。",
    ("政治", "スポーツ", "文化"), ("森田あかり", "沢井健", "大庭由美"),
    ("会社案内", "お問い合わせ", "奥付", "個人情報", "ログイン", "検索", "メールマガジン", "求人", "催し", "写真",
     "よく読まれている記事", "続きを読む", "次のページ", "ホーム"), joint="", space="")

VOCABULARIES = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "ru": RUSSIAN, "ja": JAPANESE}
