"""Words of transcripts, by language: labels that name no speaker, labels of questions and answers, and the first person."""

from __future__ import annotations

#: Labels of remarks, and of the items of minutes, in lower case: the first word of a label.
_NO_SPEAKERS = """
    note notes nb summary agenda item items correction corrections update updates date time place location venue present attendees
    attending absent apologies subject re from to cc bcc tel phone fax email e-mail web website photo photos picture image video source
    sources caption credit credits price editor's background result results conclusion conclusions example warning tip tips step steps
    chapter section part title topic topics decision decisions action actions motion vote votes next key minutes transcript recorded
    duration published read see related executive exhibit table figure abstract keywords introduction overview
    disclaimer address hours open closed contact deadline
    hinweis hinweise anmerkung anmerkungen zusammenfassung tagesordnung tagesordnungspunkt top punkt korrektur berichtigung datum ort zeit
    uhrzeit beginn ende anwesend anwesende abwesend teilnehmer teilnehmende betreff an von telefon quelle quellen foto bild beschluss
    beschlüsse ergebnis ergebnisse thema themen protokoll fazit beispiel achtung aufgabe aufgaben abstimmung kapitel abschnitt teil
    résumé ordre point lieu heure présents absents objet de à décision décisions exemple attention conclusion chapitre partie thème
    remarque rectificatif durée vote votes compte
    nota notas resumen orden punto corrección fecha hora lugar asistentes ausentes presentes asunto para fuente fuentes acuerdo acuerdos
    decisión decisiones ejemplo aviso conclusión conclusiones capítulo sección parte tema temas votación duración
    resumo ordem ponto correção data local presenças ausências assunto fonte fontes decisão decisões deliberação exemplo conclusão votação
    riassunto ordine punto correzione luogo ora presenti assenti oggetto fonti decisione esempio conclusione votazione
    samenvatting punt correctie datum plaats tijd aanwezig afwezig onderwerp bron besluit besluiten voorbeeld conclusie
    примечание примечания итог итоги повестка пункт исправление поправка дата место время присутствовали присутствуют отсутствовали тема
    темы источник решение решения пример внимание вывод выводы протокол голосование раздел глава часть фото
    备注 備註 注 注意 摘要 议程 議程 议题 議題 时间 時間 日期 地点 地點 出席 出席者 列席 缺席 更正 来源 來源 主题 主題 决议 決議 决定 決定 结论 結論 记录 記錄 例如 附件 图片
    要約 日時 場所 欠席者 訂正 出典 結果 資料 案件
    ملاحظة ملخص جدول التاريخ المكان الوقت الحضور الغياب تصحيح المصدر الموضوع القرار القرارات النتيجة مثال خلاصة البند
"""
NO_SPEAKERS = frozenset(_NO_SPEAKERS.split())
#: Labels of those who ask, who are not named, and the labels of those who answer them; in lower case.
QUESTIONS = {
    "q": "a r", "question": "answer réponse", "f": "a", "frage": "antwort", "p": "r", "pregunta": "respuesta", "pergunta": "resposta",
    "d": "r", "domanda": "risposta", "в": "о", "вопрос": "ответ", "问": "答", "問": "答", "質問": "回答", "س": "ج", "سؤال": "جواب",
}  # fmt: skip
#: Pattern of words in the first person, which the entries of a list with labels do not have.
FIRST_PERSON = r"""
    I|I['’]\p{L}+|[Mm]e|[Mm]y|[Ww]e|[Ww]e['’]\p{L}+|us|[Oo]ur|[Ii]ch|mich|mir|[Mm]eine?[mnrs]?|[Ww]ir|uns|[Uu]nsere?[mnrs]?|[Jj]e|[Jj]['’]\p{L}+|
    moi|[Mm]on|[Mm]es|[Nn]ous|[Nn]otre|[Nn]os|[Yy]o|[Mm]is?|[Nn]osotr[oa]s|[Nn]uestr[oa]s?|[Ee]u|[Mm]eus?|[Mm]inhas?|[Nn]ós|[Nn]oss[oa]s?|
    \p{L}{2,}[aei]mos|[Ii]o|[Mm]io|[Mm]ia|[Nn]oi|[Nn]ostr[oaie]|\p{L}{2,}iamo|[Ii]k|mij|[Mm]ijn|[Ww]ij|ons|[Oo]nze|
    [Яя]|[Мм]ы|[Мм]не|[Мм]еня|[Мм]о[йяёи]|[Нн]ас|[Нн]ам|[Нн]аш\p{L}{0,3}|أنا|نحن|شكرا|شكراً|سيدي
"""
