"""The words that headlines and prose are put together from, by language. No test itself.

Owns words alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


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

SPANISH = Vocabulary(
    ("El ayuntamiento", "La naviera", "El colegio", "El museo", "El juzgado", "La policía", "Los vecinos",
     "El sindicato"),
    ("aprueba", "aplaza", "critica", "celebra", "vende", "rescata"),
    ("la pasarela del molino", "la feria de invierno", "los autobuses nocturnos a la costa", "el arreglo de la esclusa",
     "la panadería de la estación", "el lago de la cantera"),
    (("el alcalde", "una maestra jubilada", "el presidente del club", "un ingeniero", "la directora del museo"),
     ("el martes", "antes del invierno", "tras un largo debate", "al final de la temporada"),
     ("las obras costarán más de lo previsto", "el coro encontró sus partituras", "el autobús volverá a circular",
      "nadie ha medido el pozo desde la sequía"),
     ("aunque nadie lo creía", "porque por fin hay dinero", "pese a las objeciones", "para alegría de la calle")),
    "{0} declaró {1} que {2}, {3}; se preguntó a {number} personas en {other} calles.",
    ("Política", "Deportes", "Cultura"), ("Ana Ruiz", "Luis Peña", "Marta Gil"),
    ("Quiénes somos", "Contacto", "Aviso legal", "Privacidad", "Iniciar sesión", "Buscar", "Boletín", "Empleo",
     "Eventos", "Fotos", "Lo más leído", "Leer más", "Página siguiente", "Inicio"))

POLISH = Vocabulary(
    ("Rada miasta", "Straż pożarna", "Muzeum", "Kolej", "Sąd okręgowy", "Mieszkańcy", "Szkoła", "Wodociągi"),
    ("zatwierdza", "odkłada", "krytykuje", "świętuje", "sprzedaje", "ratuje"),
    ("kładkę przy starym młynie", "zimowy jarmark na łące", "nocne autobusy na wybrzeże", "remont śluzy",
     "piekarnię przy dworcu", "jezioro w kamieniołomie"),
    (("burmistrz", "emerytowana nauczycielka", "prezes związku", "inżynier miejski", "nowa dyrektorka muzeum"),
     ("we wtorek wieczorem", "przed pierwszym mrozem", "po długiej debacie", "pod koniec sezonu"),
     ("prace będą droższe", "chór odnalazł nuty", "autobus znów ruszy", "nikt nie zmierzył studni od suszy"),
     ("choć nikt w to nie wierzył", "bo wreszcie są pieniądze", "mimo sprzeciwów", "ku radości całej ulicy")),
    "{0} powiedział {1}, że {2}, {3}; zapytano {number} osób na {other} ulicach.",
    ("Polityka", "Sport", "Kultura"), ("Ewa Lis", "Jan Kos", "Ola Mak"),
    ("O nas", "Kontakt", "Redakcja", "Prywatność", "Zaloguj", "Szukaj", "Newsletter", "Praca", "Wydarzenia", "Zdjęcia",
     "Najczęściej czytane", "Czytaj więcej", "Następna strona", "Strona główna"))

KOREAN = Vocabulary(
    ("시의회,", "여객선사,", "교육위,", "수도국,", "박물관,", "소방서,", "철도공사,", "주민들,"),
    ("물레방앗간 육교를", "겨울 축제를", "해안행 심야버스를", "수문 보수를", "역전 빵집을", "채석장 호수를"),
    ("전원 찬성으로 승인", "내년 봄으로 연기", "강하게 비판", "민간에 매각", "존속 방침 발표"),
    (("시장은", "은퇴한 교사는", "협회장은", "기술자는", "박물관 신임 관장은"),
     ("화요일 저녁", "첫서리 전에", "긴 토론 끝에", "시즌이 끝날 무렵"),
     ("공사비가 예상을 넘을 것이라고", "합창단 악보가 발견됐다고", "심야버스가 다시 달릴 것이라고",
      "가뭄 이후 아무도 우물을 재지 않았다고"),
     ("아무도 믿지 않았지만", "드디어 예산이 마련돼", "많은 반대에도", "마지막 허가가 나오는 대로")),
    "{3}, {0} {1} {2} 말했으며 {other}개 거리의 {number}명이 답했다.",
    ("정치", "스포츠", "문화"), ("김하나", "이준호", "박서연"),
    ("회사소개", "문의", "발행정보", "개인정보", "로그인", "검색", "뉴스레터", "채용", "행사", "사진", "많이 본 뉴스",
     "더 보기", "다음 페이지", "홈"))

ARABIC = Vocabulary(
    ("المجلس البلدي", "شركة العبارات", "مجلس التعليم", "المتحف", "المحكمة", "الإطفاء", "السكان", "هيئة المياه"),
    ("يقر", "يؤجل", "ينتقد", "يبيع", "ينقذ", "يطالب"),
    ("جسر المشاة عند الطاحونة", "سوق الشتاء في المرج", "حافلات الليل إلى الساحل", "إصلاح بوابة السد",
     "المخبز قرب المحطة", "بحيرة المحجر القديم"),
    (("رئيس البلدية", "معلمة متقاعدة", "رئيس الجمعية", "مهندس المدينة", "مديرة المتحف الجديدة"),
     ("مساء الثلاثاء", "قبل الصقيع", "بعد نقاش طويل", "في نهاية الموسم"),
     ("الأعمال ستكلف أكثر من المتوقع", "الجوقة وجدت نوتاتها", "الحافلة ستعود", "أحدا لم يقس البئر منذ الجفاف"),
     ("رغم أن أحدا لم يصدق", "لأن المال متوفر أخيرا", "رغم الاعتراضات", "فور توقيع آخر تصريح")),
    "قال {0} {1} إن {2} {3}، وسئل {number} شخصا في {other} شارعا.",
    ("سياسة", "رياضة", "ثقافة"), ("ليلى حداد", "سامي نصر", "هدى كرم"),
    ("من نحن", "اتصل بنا", "بيانات النشر", "الخصوصية", "تسجيل الدخول", "بحث", "النشرة", "وظائف", "فعاليات", "صور",
     "الأكثر قراءة", "اقرأ المزيد", "الصفحة التالية", "الرئيسية"))

BRIEF = replace(
    ENGLISH,
    subjects=("Bridge", "Ferry", "Council", "Museum", "Harbour", "Choir", "Bakery", "Lake", "Mill", "Tower"),
    verbs=("deal", "row", "fire", "sale", "vote", "strike"),
    objects=("ends", "grows", "delayed", "looms", "fails", "returns"))
"""English headlines of three words."""

VOCABULARIES = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "ru": RUSSIAN, "ja": JAPANESE, "es": SPANISH, "pl": POLISH,
                "ko": KOREAN, "ar": ARABIC, "en-short": BRIEF}
