package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.PipelineException;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import opennlp.tools.langdetect.Language;
import opennlp.tools.langdetect.LanguageDetectorME;
import opennlp.tools.langdetect.LanguageDetectorModel;

/// Says in which language a document is: `language`, and how sure that is, `language_confidence`.
///
/// Code keeps the language that its name says. The model is OpenNLP's, of 103 languages, over letters in a row.
public final class LanguageStep implements Step {
    private static final String MODEL = "langdetect-183.bin";
    private static final int SAMPLE = 3_000; // characters; more changes few verdicts
    private static final double GRAIN = 1e4;
    private static final Map<String, String> SHORT = shortNames();

    private final List<String> keep;
    private final double least;
    private final LanguageDetectorModel model;
    private final ThreadLocal<LanguageDetectorME> detectors;

    public LanguageStep(StepSpec spec) {
        keep = spec.list("keep");
        least = spec.number("confidence");
        try (InputStream in = model()) {
            model = new LanguageDetectorModel(in);
        } catch (IOException e) {
            throw new PipelineException("the language model in the jar cannot be read: " + e.getMessage(), e);
        }
        detectors = ThreadLocal.withInitial(() -> new LanguageDetectorME(model));
    }

    private static InputStream model() {
        InputStream in = LanguageStep.class.getClassLoader().getResourceAsStream(MODEL);
        if (in == null) {
            throw new PipelineException("the language model " + MODEL + " is not on the class path");
        }
        return in;
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        String language = document.path("language").asText("");
        if (!document.path("kind").asText().equals("code")) {
            Language found = detectors.get().predictLanguage(sample(Step.text(document)));
            // rounded, so that the last bit of an exponential is never seen
            double confidence = Math.rint(found.getConfidence() * GRAIN) / GRAIN;
            language = confidence < least ? "?" : SHORT.getOrDefault(found.getLang(), found.getLang());
            document.put("language", language).put("language_confidence", confidence);
        }
        return keep.isEmpty() || keep.contains(language)
                ? Optional.empty()
                : Optional.of(
                        new Reason("language " + language, document.path("language_confidence").asDouble(1), least));
    }

    /// From the middle: beginnings are titles and menus more often.
    private static String sample(String text) {
        if (text.length() <= SAMPLE) {
            return text;
        }
        int from = (text.length() - SAMPLE) / 2;
        return text.substring(from, from + SAMPLE);
    }

    /// Names of three letters to those of two, where there are.
    private static Map<String, String> shortNames() {
        Map<String, String> names = new HashMap<>();
        for (String two : Locale.getISOLanguages()) {
            names.put(Locale.of(two).getISO3Language(), two);
        }
        names.put("cmn", "zh");
        names.put("ekk", "et");
        names.put("lvs", "lv");
        names.put("pes", "fa");
        names.put("plt", "mg");
        names.put("zlm", "ms");
        names.put("arb", "ar");
        return names;
    }
}
