"""The cue lexicon: reporting verbs, source phrases and function words, by language.

Compiled by hand from news and short on purpose: it lists inflected forms that occur next to quotations. Languages without
an entry use the union of all entries. The module is long because it is one table.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Literal

from briefing.threads import cached_property

_Words = frozenset[str]
_NONE = _Words()


@dataclass(frozen=True, eq=False)
class Cues:
    """The cue words of one language, in lower case."""

    verbs: _Words = _NONE  # inflected forms of reporting verbs
    addressing_verbs: _Words = _NONE  # those followed by their object, not their subject ("told reporters")
    labelling_verbs: _Words = _NONE  # those that report only a few quoted words ("called it")
    pronouns: _Words = _NONE  # personal and other pronouns that may be the speaker
    articles: _Words = _NONE  # words that begin a noun phrase, those of the next list included
    indefinite_articles: _Words = (
        _NONE  # those that introduce somebody who is not named before ("a reporter")
    )
    prepositions: _Words = _NONE  # words before a noun phrase that is not the subject
    stopwords: _Words = _NONE  # words that are not part of a name, even with a capital
    source_phrases: _Words = _NONE  # phrases right before a speaker ("according to")
    source_postpositions: _Words = _NONE  # words right behind a speaker ("zufolge")
    bare_nouns: _Words = _NONE  # speakers without an article ("police")
    belief_verbs: _Words = _NONE  # those that count only if no other one precedes them ("says she thinks")
    quoting_verbs: _Words = _NONE  # those whose object is the speaker ("quotes Ruiz")
    impersonal_verbs: _Words = _NONE  # those whose speaker follows a preposition ("heißt es in")
    clause_openers: _Words = _NONE  # words that begin a sentence before its subject
    subordinators: _Words = _NONE  # conjunctions and relative pronouns that begin the verb's clause
    oblique_articles: _Words = _NONE  # articles in cases other than the nominative
    title_words: _Words = _NONE  # words next to a title or a name ("the film", "so-called")
    subjunctives: _Words = _NONE  # verb forms of indirect speech ("sei")
    object_verbs: _Words = (
        _NONE  # reporting verbs that mean something else with a plain object ("repeated the test")
    )
    reporting_words: _Words = _NONE  # words of reports without a quotation ("reportedly", "angekündigt")
    inscriptions: _Words = _NONE  # things that bear words, and places, which are no speakers ("the sign")
    never_speak: _Words = (
        _NONE  # words that are no speaker, even as the subject of a reporting verb ("nobody")
    )
    relatives: _Words = _NONE  # relative pronouns of persons that are the subject of their clause ("who")
    conjunctions: _Words = _NONE  # subordinating conjunctions that are prepositions, too ("after")
    person_nouns: _Words = (
        _NONE  # words for a person that may stand behind a name ("the White House spokesman")
    )
    spokespersons: _Words = _NONE  # words for somebody who speaks for another, and the ends of such words
    body_nouns: _Words = _NONE  # words for a company, an office or a group
    links: _Words = _NONE  # words between two capitalized nouns of one phrase ("of" in "Bank of England")
    noun_links: _Words = _NONE  # the same between any two nouns ("de" in "chambre de commerce")
    dialogue_dashes: bool = False  # whether a dash at the beginning of a line opens speech
    capital_nouns: bool = False  # whether all nouns are written with a capital, as in German
    verb_second: bool = False  # the subject follows the verb if a clause precedes it, as in German

    @cached_property
    def not_in_names(self) -> _Words:
        """Words that are not part of a name."""
        return self.stopwords | self.pronouns

    @cached_property
    def first_in_phrases(self) -> _Words:
        """Words without a capital that begin a noun phrase."""
        return self.articles | self.pronouns | self.bare_nouns

    @cached_property
    def not_first_in_names(self) -> _Words:
        """Words that do not begin a name."""
        return self.not_in_names | self.articles | self.oblique_articles | self.prepositions

    @cached_property
    def function_words(self) -> _Words:
        """Articles, prepositions, stopwords, pronouns and subordinators."""
        return self.not_in_names | self.articles | self.prepositions | self.subordinators

    @cached_property
    def before_phrase(self) -> _Words:
        """Words that can only stand before a noun phrase, not inside it."""
        return self.verbs | self.not_in_names

    @cached_property
    def after_phrase(self) -> _Words:
        """Words that can only stand after a noun phrase, not inside it."""
        return self.verbs | self.stopwords | self.prepositions

    @cached_property
    def persons_and_bodies(self) -> _Words:
        """Words for persons and bodies."""
        return self.person_nouns | self.body_nouns | self.bare_nouns

    @cached_property
    def outside_names(self) -> _Words:
        """Words that neither belong to a name nor describe its bearer."""
        return self.before_phrase | self.function_words

    @cached_property
    def nobodies(self) -> _Words:
        """Words of `never_speak` that are no articles."""
        return self.never_speak - self.articles

    @cached_property
    def source_first_words(self) -> _Words:
        """The first words of `source_phrases`."""
        return frozenset(source.split()[0] for source in self.source_phrases)

    @cached_property
    def source_words(self) -> _Words:
        """Words one of which a clause with a source phrase has."""
        return self.source_first_words | self.source_postpositions

    @cached_property
    def source_word_sets(self) -> tuple[_Words, ...]:
        """Sets of words, one of which a clause with a source phrase has as a whole."""
        phrases = (frozenset(phrase.split()) for phrase in self.source_phrases)
        return (*phrases, *(frozenset((word,)) for word in self.source_postpositions))

    @cached_property
    def may_report(self) -> _Words:
        """Words one of which a clause that reports has, except Hebrew verbs behind "and"."""
        return self.verbs | self.reporting_words | self.subjunctives

    @cached_property
    def reporting(self) -> _Words:
        """Words one of which a reporting clause has, unless its verb is unknown."""
        return self.verbs | self.source_words

    @cached_property
    def before_relatives(self) -> _Words:
        """Words that may stand between a relative pronoun and its verb."""
        return self.stopwords - self.relatives

    @cached_property
    def no_subjects(self) -> _Words:
        """First words of a phrase that is an object: articles, and pronouns as in "put it"."""
        return self.oblique_articles | {"it", "es"}

    @cached_property
    def compound_links(self) -> _Words:
        """Words between two nouns of one phrase."""
        return self.links | self.noun_links

    @cached_property
    def no_neighbours(self) -> _Words:
        """Words that do not belong to a name that they stand beside, even if they are capitalised."""
        return self.function_words | self.clause_openers

    @cached_property
    def verbs_before_speaker(self) -> _Words:
        """Verbs whose speaker always follows them."""
        return self.quoting_verbs | self.impersonal_verbs


def _words(words: str) -> _Words:
    """Split a list of words at spaces. An underscore is a space within an entry."""
    return frozenset(word.replace("_", " ") for word in words.split())


def _cues(**lists: str | bool) -> Cues:
    sets: dict[str, Any] = {n: _words(v) if isinstance(v, str) else v for n, v in lists.items()}
    sets["articles"] = sets.get("articles", _NONE) | sets.get("indefinite_articles", _NONE)
    if "person_nouns" in sets:
        sets["person_nouns"] |= sets["spokespersons"]
    return Cues(**sets)


_LEXICON = {
    "en": _cues(
        verbs="""said says say saying told tells tell telling added adds add adding asked asks ask asking wrote writes
        write writing tweeted tweets tweeting continued continues stated states stating noted notes noting explained
        explains explaining argued argues arguing argue claimed claims claiming claim declared declares declaring
        insisted insists insisting replied replies replying responded responds responding answered announced announces
        announcing warned warns warning admitted admits acknowledged acknowledges conceded concedes concluded concludes
        recalled recalls remarked remarks remarking reported reports joked jokes joking quipped quips exclaimed shouted
        shouts shouting yelled yells yelling cried urged urges urging promised promises promising vowed vows predicted
        predicts suggested suggests suggesting observed observes commented comments commenting emphasized emphasizes
        stressed stresses stressing complained complains mused muses reads read reading posted posts posting testified
        pleaded boasted boasts bragged demanded demands demanding countered counters repeated repeats repeating
        reiterated maintained maintains maintaining contended contends believes believed thinks thought think
        pointed_out called calls calling described describes describing confirmed confirms denied denies denying quoted
        quoting whispered sighed interjected begins began went_on goes_on texted emailed chanted chanting chant agreed
        agrees proclaimed proclaims lamented laments offered offers sang laughed screamed asserted asserts asserting
        alleged alleges revealed reveals pledged cautioned cautions thundered wondered wonders advised advises blasted
        accused accuses accusing proposed praised praises criticized criticizes mocked mocks dismissed dismisses dubbed
        labeled referred referring refers characterized denounced condemned hailed touted put puts spoke speaks quote
        concurred""",
        addressing_verbs="told tells tell telling asked asks asking urged urges urging advised promised warned warns assured",
        labelling_verbs="""called calls calling described describes describing accused accuses dubbed labeled referred
        referring refers characterized denounced condemned hailed touted dismissed praised blasted mocked criticized""",
        pronouns="he she they it we i you",
        belief_verbs="believes believed thinks thought think feels felt wonders wondered",
        quoting_verbs="quotes quoted quoting",
        title_words="""entitled titled named nicknamed known so-called self-described name song film movie book novel
        series show album magazine newspaper program titles hashtag slogan host hosts term phrase word words article
        essay column episode documentary memoir single""",
        clause_openers="""when while as after before although though because if since asked once during in on at with
        for from by speaking back shortly later earlier meanwhile specifically instead then still despite amid to""",
        subordinators="that what which whom whether because if when while where how why",
        articles="the his her their its our my this these those both",
        indefinite_articles="a an one another other some many several most two three four five six",
        prepositions="""of in on at by for from with to about after before during under over against between among into
        through since until upon via like as than despite amid near without within toward towards including behind off
        out regarding across around""",
        stopwords="""and but or so yet if when while where what why how because although though however then there here also
        later has have had was were is are be been will would could should may might can did do does not never ever
        again still just only once now today yesterday meanwhile asked yes no well according which whose whom whether as
        monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
        october november december in on at after before during for with by from earlier recently previously already even
        both instead despite since until first last next himself herself itself themselves""",
        source_phrases="according_to as_per in_the_words_of",
        reporting_words="""threatened threatens hopes hoped hoping indicated indicates encouraged reminded reminds insist
        believe say described describing dismissed criticized accused reportedly allegedly""",
        bare_nouns="""police officials authorities critics experts scientists researchers prosecutors analysts
        supporters opponents lawyers lawmakers investigators activists residents witnesses doctors sources organizers
        protesters people republicans democrats aides advisers economists spokesmen campaigners officers firefighters""",
        never_speak="""nobody none someone somebody anyone anybody everyone everybody each all nothing something anything
        everything much many few more most some others another one ones per percent cent there this that these those
        note quote quotation question answer update correction warning result motto title example reason anonymous""",
        conjunctions="after before as until since till once though although unless",
        spokespersons="spokesman spokeswoman spokesperson spokespeople spokesmen spokeswomen",
        person_nouns="""leader leaders president governor senator
        minister ministers secretary mayor director directors manager managers chief head chair chairman chairwoman
        commissioner candidate official officials officer officers aide aides adviser advisers advisor advisors
        strategist lawyer lawyers attorney attorneys judge professor researcher researchers analyst analysts economist
        editor reporter reporters columnist host anchor author writer founder owner executive executives member members
        supporter supporters voter voters fan fans delegate delegates representative representatives lawmaker lawmakers
        police residents resident employee employees worker workers student students doctor doctors coach captain
        detective prosecutor prosecutors investigator investigators scientist scientists expert experts critic critics
        activist activists organizer organizers moderator pollster operative operatives constituent constituents donor
        donors ally allies pundit pundits surrogate surrogates counsel correspondent congressman congresswoman""",
        body_nouns="""company council committee campaign department government administration ministry agency court party
        group union team newspaper bank firm corporation association foundation organization organisation commission
        board authority army military church university college school institute club network service bureau office
        senate house parliament city town state county nation league federation embassy regulator watchdog charity
        coalition opposition majority crowd family families couple man woman men women boy girl student teacher father
        mother son daughter brother sister wife husband widow neighbor neighbour victim suspect defendant witness actor
        actress singer rapper comedian billionaire businessman businesswoman mogul nominee frontrunner candidates
        senators governors leaders mayors democrat republican democrats republicans source sources spokesperson""",
        links="of for",
        relatives="who",
        object_verbs="""repeated repeats repeating maintained maintains cried agreed agrees blasted dismissed dismisses posted
        posting sang laughed observed observes recalled recalls wrote write writes writing thought think touted""",
        inscriptions="""note sign banner poster placard plaque graffiti sticker label caption headline inscription door wall
        border road street""",
    ),
    "de": _cues(
        verb_second=True,
        capital_nouns=True,
        verbs="""sagte sagt sagten sagen gesagt erklärte erklärt erklärten erklären meinte meint meinten betonte betont
        betonten schrieb schreibt schrieben geschrieben berichtete berichtet berichteten fügte fügt ergänzte ergänzt
        kritisierte kritisiert kritisierten fragte fragt antwortete antwortet rief ruft riefen teilte teilt teilten
        mitgeteilt kommentierte kommentiert kündigte kündigt warnte warnt warnten forderte fordert forderten mahnte
        bestätigte bestätigt behauptete behauptet verkündete verkündet verkündeten äußerte äußert äußerten stellte
        unterstrich unterstreicht erläuterte erläutert begründete begründet versicherte versichert versprach urteilte
        resümierte konstatierte räumte gab gestand zitierte zitiert zitieren heißt hieß lautet lautete lauteten nannte
        nennt nannten nennen bezeichnete bezeichnet bezeichneten sprach spricht sprachen wies weist dementierte beklagte
        beklagt lobte lobt hob erwiderte entgegnete erzählte erzählt twitterte skandierten skandierte bewertete bewertet
        bilanzierte schilderte plädierte appellierte beteuerte bedauerte bemängelte beschrieb beschreibt befürchtet
        hofft glaubt wertete wertet titelte verurteilte reagierte beruhigen rechtfertigte""",
        labelling_verbs="""nannte nennt nannten nennen bezeichnete bezeichnet bezeichneten sprach spricht sprachen wies
        fordert forderte forderten bewertete wertete beschrieb verurteilte kritisierte kritisiert""",
        pronouns="er sie wir ich man dieser diese jener",
        quoting_verbs="zitierte zitiert zitieren zitiert",
        impersonal_verbs="heißt hieß heißen",
        title_words="""genannt genannte genannten namens namen titel sogenannte sogenannten sogenannter so-genannte film
        song lied buch band roman zeitung zeitschrift magazin kurz motto sender stück projekt schiff website
        internetseite serie album begriff bekannt firma bewegung organisation titeln programm kampagne reihe überschrift""",
        subjunctives="""sei seien habe hätte hätten werde würde würden könne könnten müsse müssten solle sollten wolle
        gebe gäbe wäre wären dürfe dürften sehe komme""",
        belief_verbs="glaubt hofft befürchtet",
        clause_openers="""nachdem als während wenn obwohl ähnlich kritisch demgegenüber dagegen zudem außerdem
        unterdessen daraufhin dazu hierzu zuvor später zugleich wörtlich dabei auch laut nach in im am auf bei mit für
        gegenüber""",
        subordinators="dass weil wenn ob wonach nachdem bevor obwohl sodass indem während",
        conjunctions="als da seit bis wie",
        oblique_articles="den dem einem einen des eines",
        never_speak="""niemand jemand keiner keine jeder jede jedes alle alles vieles viele einige manche mehrere nichts etwas
        andere anderer weitere prozent euro dollar uhr zitat fazit begründung frage antwort ergebnis hinweis motto titel
        thema ziel grund beispiel anonym""",
        object_verbs="schrieb schreibt schrieben geschrieben lautet lautete lauten schilderte hofft",
        inscriptions="schild plakat zettel banner transparent aufschrift inschrift überschrift aufkleber tür wand straße grenze",
        spokespersons="sprecher sprecherin sprechern vertreter vertreterin",
        person_nouns="""chef chefin leiter leiterin direktor direktorin
        präsident präsidentin minister ministerin kanzler kanzlerin bürgermeister bürgermeisterin vorsitzende vorsitzender
        vorsitzenden sekretär sekretärin anwalt anwältin anwälte richter richterin zeuge zeugin zeugen experte expertin experten
        kritiker forscher forscherin wissenschaftler wissenschaftlerin abgeordnete abgeordneter abgeordneten politiker
        politikerin politikern beamte beamter mitarbeiter bewohner anwohner autor autorin trainer spieler fahrer
        demonstranten aktivisten gegner befürworter angehörige verletzte kollege kollegin mann frau vater mutter sohn tochter
        student studentin schüler lehrer lehrerin arzt ärztin papst bischof senator senatorin könig königin""",
        body_nouns="""rat srat amt samt ministerium behörde regierung polizei gericht staatsanwaltschaft gewerkschaft verband
        partei fraktion unternehmen konzern firma verein zeitung magazin sender agentur opposition kommission verwaltung
        bundeswehr armee universität institut bank gesellschaft organisation bündnis stiftung kirche botschaft stadt kammer
        feuerwehr ausschuss parlament vorstand leitung initiative""",
        articles="der die das den dem des sein seine ihr ihre unser unsere dieser diese beide",
        indefinite_articles="ein eine einer eines einem einen mehrere viele einige zwei drei",
        prepositions="""in im an am auf bei beim mit von vom zu zum zur für gegen nach vor über unter aus durch um seit
        während wegen trotz laut gegenüber zwischen ohne bis ab neben hinter gemäß als wie""",
        stopwords="""und aber oder doch wenn als dass weil obwohl auch so dann da dort hier nun jetzt heute gestern
        bereits schon noch nur nicht hat habe haben hatte ist sind war waren wird werden wurde wurden würde sei seien
        soll sollte wörtlich weiter zudem außerdem unterdessen dabei dazu damit daraufhin später zuvor sich deshalb
        zunächst daher darum somit allerdings jedoch schließlich inzwischen derzeit künftig bisher bislang weiterhin denn ebenso
        ebenfalls zwar sogar trotzdem dennoch wiederum hingegen indes anschließend gleichzeitig insgesamt danach seitdem
        davor dadurch dafür dagegen hierbei hiermit hierzu nachdem bevor während zuletzt erst immer immerhin vielmehr
        zumal sowie weder sonst stattdessen wörtlich demnach folglich mittlerweile erneut mehrfach offenbar
        möglicherweise vermutlich wahrscheinlich natürlich tatsächlich rund etwa knapp sowohl diesbezüglich
        gemeinsam einerseits andererseits inwiefern montag
        dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar februar märz april mai juni juli august
        september oktober november dezember ja nein was wer wie wo warum es ferner dies dessen deren""",
        source_phrases="laut so nach_angaben_von nach_angaben_des nach_angaben_der gemäß nach_ansicht_von nach_den_worten_von",
        source_postpositions="zufolge",
        reporting_words="""angekündigt mitteilte mitteilt mitteilten gefordert gewarnt kritisiert behauptet berichtet
        gemeldet meldet meldete melden vorgeworfen wirft warf vermutet vermuten schätzen hoffen fordern angeblich
        ankündigte berichten angaben""",
    ),
    "fr": _cues(
        dialogue_dashes=True,
        verbs="""dit disait disent dise déclaré déclare déclarait affirmé affirme affirmait expliqué explique expliquait
        ajouté ajoute ajoutait estimé estime estimait indiqué indique précisé précise souligné souligne soulignait
        assuré assure raconté raconte racontait lancé lance écrit écrivait répondu répond confié confie annoncé annonce
        rappelé rappelle dénoncé dénonce regretté regrette insisté insiste commenté commente conclu conclut reconnu
        reconnaît demandé demande tweeté prévenu prévient martelé martèle poursuit poursuivi résume qualifié qualifie
        appelé promis promet relève observe juge jugé note noté plaidé tonné glissé
        réclamé réclame déploré déplore fustigé fustige nuance tempère ironise soupire renchérit réagi réagit soutenu
        soutient avoué avoue admis admet répété répète salué exigé exige alerté exclame agace inquiète félicité tranche
        détaille confirmé confirme complète
        réjoui réjouie réjouit félicitée félicite agacé agacée inquiété inquiétée exclamé exclamée indigné indignée indigne
        étonné étonnée étonne amusé amusée amuse insurge insurgé insurgée interroge assène asséné rétorque rétorqué averti
        avertit lâche lâché témoigne témoigné rapporte clame martelait prévenait""",
        labelling_verbs="qualifié qualifie appelé dénoncé dénonce",
        subordinators="que qu' dont si quand lorsque lorsqu' puisque puisqu' parce",
        pronouns="il elle ils elles on je nous",
        spokespersons="porte-parole",
        articles="le la les l' ce cette ces son sa ses leur leurs",
        indefinite_articles="un une des plusieurs certains deux trois",
        prepositions="""de du d' à au aux en dans par pour sur sous avec sans chez vers contre après avant depuis
        pendant lors selon entre""",
        stopwords="""c' s' n' et mais ou donc or ni car si quand comme que qui quoi dont où a ont avait est était sont été ne pas
        plus aussi ainsi alors puis hier ici là encore enfin déjà même ce c'est se s'est lundi mardi mercredi jeudi
        vendredi samedi dimanche""",
        source_phrases="selon d'après pour",
        never_speak="""personne nul rien tout tous toutes chacun quelqu'un certains certaines plusieurs beaucoup ceci cela ça
        d'autres autres citation question réponse résultat titre exemple anonyme""",
        noun_links="de d' du des",
        relatives="qui",
        object_verbs="écrit écrivait relève",
        inscriptions="pancarte affiche panneau banderole inscription autocollant porte mur rue route frontière",
    ),
    "es": _cues(
        dialogue_dashes=True,
        verbs="""dijo dice dicen dijeron decía dijera dijese dicho afirmó afirma afirmaron aseguró asegura declaró declara señaló
        señala explicó explica añadió añade agregó agrega indicó indica manifestó manifiesta sostuvo sostiene subrayó
        subraya destacó destaca apuntó apunta comentó comenta preguntó respondió responde contestó advirtió advierte
        reconoció reconoce insistió insiste recordó recuerda anunció anuncia escribió escribe relató expresó expresa
        precisó concluyó concluye criticó calificó califica denunció denuncia aclaró admitió pidió prometió confesó
        reiteró opinó opina informó informaron matizó lamentó lamenta exigió exige celebró zanjó remachó sentenció defendió defiende
        alertó alerta mantuvo admite pide promete reclamó exclamó replicó repuso apostilló recalcó ironizó espetó
        añadía explicaba señalaba relata agradeció agradece llamó cree considera
        afirmado asegurado declarado explicado añadido agregado indicado manifestado sostenido subrayado apuntado comentado
        respondido contestado advertido reconocido insistido recordado anunciado concluido denunciado aclarado admitido
        confesado reiterado opinado lamentado alertado señalado""",
        labelling_verbs="calificó califica llamó denunció",
        subordinators="que si cuando",
        pronouns="él ella ellos ellas usted yo nosotros este ésta éste",
        spokespersons="portavoz portavoces",
        articles="el la los las su sus este esta estos",
        indefinite_articles="un una unos unas varios algunos dos tres",
        prepositions="de del a al en con por para sobre sin según entre desde hasta contra tras ante durante hacia",
        stopwords="""y e pero o que si cuando como donde quien porque aunque no sí también ya hoy ayer ahora así luego
        después además se ha han había fue es era son muy más lo le les mientras lunes martes miércoles jueves viernes
        sábado domingo""",
        source_phrases="según a_juicio_de en_palabras_de",
        never_speak="nadie ninguno alguien todo todos todas cada nada algo algunos algunas muchos muchas otros otras esto eso cita pregunta respuesta resultado título ejemplo anónimo",
        noun_links="de del",
        inscriptions="cartel pancarta letrero pegatina inscripción puerta muro pared calle carretera frontera",
    ),
    "it": _cues(
        dialogue_dashes=True,
        verbs="""detto dice disse dicono diceva dichiarato dichiara affermato afferma spiegato spiega aggiunto aggiunge
        sottolineato sottolinea commentato commenta scritto scrive sostenuto sostiene ricordato ricorda risposto
        risponde annunciato annuncia precisato precisa concluso conclude osservato osserva ribadito ribadisce raccontato
        racconta ammesso chiesto chiede definito definisce replicato replica avvertito
        ammette avverte confessato confessa rivelato rivela assicurato assicura insistito lamentato esclamato chiarito
        chiarisce""",
        labelling_verbs="definito definisce",
        subordinators="che se quando",
        pronouns="lui lei loro egli ella io noi",
        spokespersons="portavoce",
        articles="il lo la i gli le l' suo sua suoi loro questo questa",
        indefinite_articles="un uno una alcuni due tre",
        prepositions="""di del dello della dei degli delle a al alla ai alle da dal dalla in nel nella con su sul sulla
        per tra fra secondo contro dopo prima""",
        stopwords="e ma o che se quando come dove chi perché non sì anche già oggi ieri poi ha hanno aveva è era sono si",
        source_phrases="secondo per",
        never_speak="nessuno qualcuno tutto tutti tutte ognuno niente nulla qualcosa alcuni alcune molti molte altri altre ciò",
        noun_links="di d' del dello dell' della dei degli delle",
    ),
    "pt": _cues(
        dialogue_dashes=True,
        verbs="""disse diz dizem disseram dizia afirmou afirma declarou declara explicou explica acrescentou acrescenta
        contou conta ressaltou destacou escreveu escreve comentou comenta respondeu perguntou garantiu avaliou avalia
        defendeu defende anunciou informou lembrou completou criticou alertou concluiu reconheceu salientou referiu
        sublinhou chamou classificou
        admitiu admite lamentou lamenta reforçou frisou apontou observou ponderou confessou revelou prometeu advertiu assegurou
        considerou rematou""",
        labelling_verbs="chamou classificou",
        subordinators="que se quando",
        pronouns="ele ela eles elas você eu nós",
        spokespersons="porta-voz",
        articles="o a os as seu sua seus suas este esta",
        indefinite_articles="um uma uns umas vários alguns dois três",
        prepositions="de do da dos das em no na nos nas por pelo pela para com sobre sem segundo entre desde até contra após",
        stopwords="e mas ou que se quando como onde quem porque não sim também já hoje ontem depois foi é era são ao à",
        source_phrases="segundo conforme de_acordo_com",
        never_speak="ninguém alguém tudo todos todas cada nada algo alguns algumas muitos muitas outros outras isto isso",
        noun_links="de do da dos das",
    ),
    "nl": _cues(
        verb_second=True,
        verbs="""zei zegt zeggen zeiden gezegd verklaarde verklaart vertelde vertelt meldde meldt schreef schrijft
        stelde stelt vindt vond voegde vroeg vraagt antwoordde reageert reageerde benadrukte benadrukt waarschuwde
        noemde noemt legde aldus liet denkt concludeert erkent erkende beaamde verzuchtte bekende concludeerde""",
        labelling_verbs="noemde noemt",
        subordinators="dat omdat als",
        pronouns="hij zij ze het wij we ik men",
        spokespersons="woordvoerder woordvoerster",
        articles="de het zijn haar hun onze deze dit die",
        indefinite_articles="een enkele twee drie",
        prepositions="in op aan bij met van voor tegen na over onder uit door om sinds tijdens wegens tussen zonder tot volgens",
        stopwords="en maar of als dat omdat ook dan daar hier nu vandaag gisteren heeft hebben had is zijn was waren niet",
        source_phrases="volgens aldus",
    ),
    "sv": _cues(
        verb_second=True,
        verbs="""sa sade säger sagt sagde siger sier berättade berättar förklarade förklarar skrev skriver menar mente
        mener menade tillade tillägger svarade svarar svarer uppger uppgav konstaterar konstaterade hävdar uttalade
        frågade tror kallade fortalte forteller fortæller forklarede forklarer påpekar tilføjer legger""",
        labelling_verbs="kallade kalder kaller",
        pronouns="han hon hun de vi jag jeg man den",
        spokespersons="talesperson talesman taleskvinna",
        articles="den det de hans hennes deras sin",
        indefinite_articles="en ett et flera två tre",
        prepositions="i på av til till från fra med för for om under efter vid hos mot genom enligt ifølge mellan utan",
        stopwords="och og men eller om när att at som också nu idag igår har hade er är var inte ikke så där då",
        source_phrases="enligt ifølge",
    ),
    "pl": _cues(
        dialogue_dashes=True,
        verbs="""powiedział powiedziała mówił mówiła mówi stwierdził stwierdziła dodał dodała dodaje podkreślił
        podkreśliła podkreśla zaznaczył zaznaczyła zapewnił zapewniła oświadczył oświadczyła napisał napisała pisze
        wyjaśnił wyjaśniła wyjaśnia ocenił oceniła ocenia zauważył przyznał przyznała zapytał odpowiedział uważa
        poinformował poinformowała twierdzi nazwał nazwała""",
        labelling_verbs="nazwał nazwała",
        subordinators="że gdy",
        pronouns="on ona oni one ja my",
        prepositions="w we na z ze do od po dla o przy przez pod nad przed bez według podczas",
        stopwords="i a ale lub że gdy kiedy jak co kto gdzie też także już nie tak to jest był była się",
        source_phrases="według zdaniem",
    ),
    "cs": _cues(
        verbs="""řekl řekla řekli říká uvedl uvedla uvedli dodal dodala dodává prohlásil prohlásila napsal napsala píše
        tvrdí vysvětlil vysvětlila upozornil upozornila míní popsal popsala zdůraznil zdůraznila potvrdil potvrdila""",
        pronouns="on ona oni já my",
        prepositions="v ve na z ze do od po pro o při přes pod nad před bez podle za mezi s k ke",
        stopwords="a i ale nebo že když jak co kdo kde také už ne ano to je byl byla se",
        source_phrases="podle",
    ),
    "ru": _cues(
        dialogue_dashes=True,
        verbs="""сказал сказала сказали говорит говорил говорила говорят заявил заявила заявили заявляет отметил
        отметила отметили отмечает добавил добавила пояснил пояснила поясняет подчеркнул подчеркнула рассказал
        рассказала рассказывает сообщил сообщила сообщили сообщает считает считают написал написала пишет ответил
        ответила объяснил объяснила уточнил уточнила признался призналась заметил заметила спросил спросила напомнил
        вспоминает вспоминал вспомнил вспомнила делится поделился поделилась подытожил подытожила резюмировал
        возмущается заключил заключила подтвердил подтвердила полагает предупредил предупредила уверяет признаёт
        признал признала признали посетовал посетовала пообещал пообещала воскликнул воскликнула
        признает добавляет утверждает утверждал цитирует приводит назвал назвала прокомментировал процитировал""",
        labelling_verbs="назвал назвала",
        subordinators="что когда если",
        never_speak="никто некто кто-то каждый все всё многие некоторые другие ничто что-то вскоре согласно",
        pronouns="он она они оно мы я",
        prepositions="в во на с со к ко от до из за по о об у для при через под над перед без про между после",
        stopwords="""и а но или что если когда как где кто это так же также уже не да нет был была были есть его её ее
        их при этом по словам однако кроме вскоре затем потом тогда теперь сейчас сегодня вчера завтра согласно
        поэтому впрочем наконец здесь там сначала ранее позже недавно возможно действительно кстати напротив""",
        source_phrases="по_словам по_мнению как согласно",
    ),
    "tr": _cues(
        verbs="""dedi diyor diyen söyledi söylüyor belirtti açıkladı kaydetti ifade vurguladı ekledi anlattı konuştu
        sordu yazdı bildirdi cevapladı savundu""",
        pronouns="o onlar biz ben",
        prepositions="ile için gibi kadar",
        stopwords="ve ama veya da de bu şu bir ise çok daha diye",
        source_postpositions="göre",
    ),
    "ar": _cues(
        verbs="""قال قالت وقال وقالت يقول تقول وأضاف أضاف وأضافت أضافت أكد وأكد أكدت وأكدت صرح وصرح صرحت أوضح وأوضح
        أوضحت وأوضحت ذكر وذكر ذكرت أعلن وأعلن أعلنت وأعلنت كتب وكتب كتبت وتابع تابع وتابعت اعتبر واعتبر شدد وشدد شددت
        دعا ودعا دعت أشار وأشار أشارت قائلا قائلاً مضيفا مؤكدا""",
        pronouns="هو هي هم",
        prepositions="""في من على إلى عن مع بعد قبل خلال إن أن إنه أنه إنها بأن لدى أمام حول أمس اليوم التي الذي عبر ضمن
        أثناء عقب منذ حتى عند بين ضد وسط""",
        stopwords="""الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت حيث كما لكن وقد قد لقد أيضا أيضاً لم لا هنا
        مشيرا مشيراً مشيرة موضحا موضحاً موضحة مؤكداً مؤكدة لافتا لافتاً لافتة وهو وهي معلقا معلقاً ثم بعدما عندما""",
        source_phrases="حسب وفقا_ل بحسب",
    ),
    "he": _cues(
        verbs="אמר אמרה אמרו הוסיף הוסיפה מסר מסרה הסביר הסבירה טען טענה כתב כתבה ציין הודיע הודיעה סיפר סיפרה",
        pronouns="הוא היא הם",
        prepositions="את על אל של עם כי אחרי לפני אתמול היום בין",
        source_phrases="לדברי לפי",
    ),
}
#: Languages that use the entry of a related one.
_RELATED = {"da": "sv", "nb": "sv", "nn": "sv", "no": "sv", "af": "nl", "ca": "es", "gl": "pt", "sk": "cs", "uk": "ru",
            "be": "ru"}  # fmt: skip
#: Languages written without spaces, whose cues are patterns (`attribution.find_unspaced`).
_BY_PATTERNS = frozenset(["zh", "ja"])


def has_cues(lang: str) -> bool:
    """Whether the cues of a language code are known: by an entry of its own or of a related language, or by patterns."""
    base = lang.replace("_", "-").split("-")[0].lower()
    return _RELATED.get(base, base) in _LEXICON or base in _BY_PATTERNS


@lru_cache(maxsize=64)
def cues_for(lang: str) -> Cues:
    """The cue words of a language code such as ``de`` or ``pt-BR``; the union of all entries if it has none."""
    base = lang.replace("_", "-").split("-")[0].lower()
    found = _LEXICON.get(_RELATED.get(base, base))
    if found is not None:
        return found
    every: dict[str, Any] = {
        field.name: frozenset[str]().union(*(getattr(cues, field.name) for cues in _LEXICON.values()))
        for field in fields(Cues)
        if field.type != "bool"
    }
    return Cues(**every)


_EAST_ASIAN_PRONOUNS = _words(
    "他 她 它 他们 她们 他們 她們 我 我们 我們 彼 彼女 彼ら 私 僕 그 그녀 그는 그녀는"
)
#: Third person singular, of all languages, by grammatical gender. "It" and "they" may be anybody.
_MALE_PRONOUNS = _words("he him er il él lui ele hij han on он هو הוא 他 彼")
_FEMALE_PRONOUNS = _words("she her sie elle ella lei ela zij ze hon hun ona она هي היא 她 彼女")


def pronoun_gender(pronoun: str) -> Literal["male", "female"] | None:
    """Return the gender of a third person singular pronoun; `None` for other words."""
    pronoun = pronoun.casefold()
    if pronoun in _MALE_PRONOUNS:
        return "male"
    return "female" if pronoun in _FEMALE_PRONOUNS else None


def is_pronoun(name: str, lang: str) -> bool:
    """Whether a speaker's name is a pronoun."""
    return name.casefold() in cues_for(lang).pronouns or name in _EAST_ASIAN_PRONOUNS


#: Chinese reporting verbs, as alternatives of a regular expression: longer ones before their prefixes.
CHINESE_VERBS = (
    "表示|指出|强调|強調|认为|認為|称|稱|说道|說道|说|說|告诉|告訴|写道|寫道|问道|问|問|回答|补充|補充|透露|介绍|介紹|宣布|坦言|直言|解释|解釋|"
    "呼吁|回应|回應|回忆|回憶|感叹|感嘆|笑道|喊道|担心|擔心|建议|建議|提醒|警告|承诺|承諾|反问|反問|批评|批評|道"
)
