package dev.pando.evaluation.scoring;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Tells languages apart by their script, and those that share one by their commonest words and letters: enough for
/// answers of some sentences.
final class LanguageGuess {
    private static final Map<Character.UnicodeScript, String> BY_SCRIPT = new TreeMap<>();
    private static final Map<String, Set<String>> WORDS = new LinkedHashMap<>();

    static {
        BY_SCRIPT.put(Character.UnicodeScript.KANNADA, "kn");
        BY_SCRIPT.put(Character.UnicodeScript.GURMUKHI, "pa");
        BY_SCRIPT.put(Character.UnicodeScript.TELUGU, "te");
        BY_SCRIPT.put(Character.UnicodeScript.GUJARATI, "gu");
        BY_SCRIPT.put(Character.UnicodeScript.HANGUL, "ko");
        BY_SCRIPT.put(Character.UnicodeScript.THAI, "th");
        BY_SCRIPT.put(Character.UnicodeScript.BENGALI, "bn");
        BY_SCRIPT.put(Character.UnicodeScript.TAMIL, "ta");
        BY_SCRIPT.put(Character.UnicodeScript.MALAYALAM, "ml");
        BY_SCRIPT.put(Character.UnicodeScript.GREEK, "el");
        BY_SCRIPT.put(Character.UnicodeScript.HEBREW, "he");
        BY_SCRIPT.put(Character.UnicodeScript.HIRAGANA, "ja");
        BY_SCRIPT.put(Character.UnicodeScript.KATAKANA, "ja");
        WORDS.put(
                "en",
                Set.of(
                        "the", "and", "of", "to", "is", "in", "that", "it", "for", "you", "with", "are", "this", "was",
                        "be", "on", "as", "have", "not", "a", "i"));
        WORDS.put(
                "de",
                Set.of(
                        "der", "die", "und", "das", "ist", "nicht", "ein", "eine", "zu", "mit", "den", "von", "sie",
                        "ich", "auf", "für", "im", "es", "auch", "sich"));
        WORDS.put(
                "fr",
                Set.of(
                        "le", "la", "les", "et", "des", "est", "une", "un", "dans", "que", "pour", "qui", "pas", "vous",
                        "du", "sur", "ce", "il", "nous", "au"));
        WORDS.put(
                "es",
                Set.of(
                        "el", "los", "las", "que", "y", "en", "una", "es", "por", "con", "para", "del", "se", "no",
                        "su", "como", "más", "lo", "pero", "al"));
        WORDS.put(
                "pt",
                Set.of(
                        "o", "os", "as", "que", "e", "não", "uma", "um", "para", "com", "do", "da", "em", "é", "por",
                        "mais", "você", "como", "dos", "no"));
        WORDS.put(
                "it",
                Set.of(
                        "il", "di", "che", "è", "e", "la", "per", "un", "una", "non", "sono", "con", "del", "della",
                        "gli", "le", "si", "questo", "più", "anche"));
        WORDS.put(
                "nl",
                Set.of(
                        "de", "het", "een", "en", "van", "is", "niet", "dat", "op", "zijn", "voor", "met", "ik", "je",
                        "aan", "ook", "er", "maar", "wordt", "naar"));
        WORDS.put(
                "fi",
                Set.of(
                        "ja", "on", "ei", "se", "että", "hän", "olla", "oli", "mutta", "kun", "ovat", "tämä", "myös",
                        "joka", "kuin", "voi", "niin", "ole", "minä", "tai"));
        WORDS.put(
                "sw",
                Set.of(
                        "na", "ya", "wa", "kwa", "ni", "katika", "za", "la", "kuwa", "hii", "cha", "au", "kama", "yake",
                        "watu", "si", "sana", "hiyo", "mimi", "lakini"));
        WORDS.put(
                "vi",
                Set.of(
                        "và", "của", "là", "có", "không", "một", "cho", "các", "trong", "được", "những", "người", "với",
                        "tôi", "này", "đã", "để", "bạn", "khi", "như"));
        WORDS.put(
                "ru",
                Set.of(
                        "и", "в", "не", "на", "что", "я", "с", "он", "как", "это", "по", "но", "они", "мы", "из", "у",
                        "вы", "для", "так", "был"));
        WORDS.put(
                "bg",
                Set.of(
                        "и", "на", "да", "се", "е", "за", "от", "не", "в", "с", "са", "ще", "че", "това", "като", "по",
                        "си", "той", "които", "към"));
        WORDS.put(
                "uk",
                Set.of(
                        "і", "в", "не", "на", "що", "я", "з", "він", "як", "це", "та", "до", "але", "вони", "ми", "із",
                        "у", "ви", "для", "є"));
        WORDS.put(
                "hi",
                Set.of(
                        "है", "के", "में", "की", "और", "से", "का", "को", "हैं", "पर", "यह", "एक", "नहीं", "कि", "लिए",
                        "भी", "ने", "इस", "हम", "था"));
        WORDS.put(
                "mr",
                Set.of(
                        "आहे", "आणि", "या", "मध्ये", "आहेत", "हे", "च्या", "मी", "नाही", "एक", "हा", "ही", "व", "त्या",
                        "केले", "होते", "तो", "साठी", "आपल्या", "असे"));
        WORDS.put(
                "ne",
                Set.of(
                        "छ", "र", "को", "मा", "छन्", "यो", "हो", "लागि", "पनि", "गर्न", "एक", "भएको", "म", "ले", "तर",
                        "गरेको", "हुन्छ", "थियो", "यस", "हाम्रो"));
        WORDS.put(
                "ar",
                Set.of(
                        "في", "من", "على", "إلى", "أن", "هذا", "هذه", "التي", "كان", "عن", "مع", "لا", "ما", "هو",
                        "الذي", "كل", "هي", "و", "أو", "لم"));
        WORDS.put(
                "fa",
                Set.of(
                        "و", "در", "به", "از", "که", "این", "را", "با", "است", "برای", "آن", "یک", "می", "ما", "شما",
                        "هم", "تا", "بر", "هستند", "خود"));
        WORDS.put(
                "ur",
                Set.of(
                        "کے", "ہے", "میں", "کی", "اور", "سے", "کا", "کو", "ہیں", "پر", "یہ", "ایک", "نہیں", "کہ", "لیے",
                        "بھی", "نے", "اس", "ہم", "تھا"));
    }

    private LanguageGuess() {}

    /// A code of ISO 639-1; empty where there is no letter.
    static Optional<String> of(String text) {
        Map<Character.UnicodeScript, Integer> scripts = new TreeMap<>();
        text.codePoints()
                .filter(Character::isLetter)
                .forEach(c -> scripts.merge(Character.UnicodeScript.of(c), 1, Integer::sum));
        int kana =
                scripts.getOrDefault(Character.UnicodeScript.HIRAGANA, 0)
                        + scripts.getOrDefault(Character.UnicodeScript.KATAKANA, 0);
        Optional<Character.UnicodeScript> most =
                scripts.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
        return most.map(script ->
                script == Character.UnicodeScript.HAN
                        ? kana > 0 ? "ja" : "zh"
                        : BY_SCRIPT.containsKey(script) ? BY_SCRIPT.get(script) : byWords(text, script));
    }

    private static String byWords(String text, Character.UnicodeScript script) {
        List<String> words = Sentences.words(text.toLowerCase(Locale.ROOT));
        String best = script == Character.UnicodeScript.LATIN ? "en" : "?";
        double most = 0;
        for (Map.Entry<String, Set<String>> language : WORDS.entrySet()) {
            double hits = words.stream().filter(language.getValue()::contains).count();
            if (hits > most) {
                most = hits;
                best = language.getKey();
            }
        }
        return best;
    }
}
