package dev.pando.diagnosis.template;

import dev.pando.diagnosis.DiagnosisException;
import dev.pando.diagnosis.text.Lines;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Lists a log's templates: for every line its number, its template's number, and the template with `<*>` for what
/// varies, parted by tabs.
///
/// The log is read once. What each line's form is waits in a temporary file until all forms are known, so that the heap
/// holds the forms alone, however long the log.
public final class Templates {
    /// Forms that are told apart; beyond them a line is known by its first words.
    private static final int FORMS = 200_000;

    private static final int COARSE = 20_000;

    private final Mask mask = new Mask();
    private final Forms forms = new Forms();
    private final Forms coarse = new Forms();

    /// Number of the form of a line: equal for lines that differ in what varies alone. Numbers grow by one with each
    /// new form, and are bounded.
    public int form(byte[] line, int length) {
        mask.of(line, 0, length);
        int number = forms.number(mask.bytes(), mask.length(), FORMS);
        return number >= 0 ? number : FORMS + 1 + coarse.number(mask.bytes(), firstWords(), COARSE);
    }

    /// The template of each form, as far as they are known now.
    List<String> templates() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < forms.size(); i++) {
            all.add(forms.form(i));
        }
        return Merger.templates(all);
    }

    /// Lists the templates of a log's lines.
    public static void list(Path log, OutputStream out) {
        Path waiting = null;
        try {
            waiting = Files.createTempFile("pando-templates", ".forms");
            Templates templates = new Templates();
            long lines = 0;
            try (Lines text = Lines.of(log);
                    DataOutputStream numbers =
                            new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(waiting), 1 << 16))) {
                while (text.advance()) {
                    numbers.writeInt(templates.form(text.bytes(), text.length()));
                    lines++;
                }
            }
            templates.print(waiting, lines, out);
        } catch (IOException e) {
            throw new DiagnosisException("cannot list the templates of " + log + ": " + e.getMessage(), e);
        } finally {
            delete(waiting);
        }
    }

    private void print(Path waiting, long lines, OutputStream out) throws IOException {
        List<String> named = templates();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        byte[][] texts = new byte[FORMS + COARSE + 1][];
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(waiting), 1 << 16));
                OutputStream buffered = new BufferedOutputStream(out, 1 << 16)) {
            for (long line = 1; line <= lines; line++) {
                int form = in.readInt();
                if (texts[form] == null) {
                    String template = form < FORMS ? named.get(form) : beginning(form - FORMS - 1);
                    int number = numbers.computeIfAbsent(template, key -> numbers.size() + 1);
                    String shown = template.replace(String.valueOf((char) Mask.VARIABLE), "<*>").replace('\t', ' ');
                    texts[form] = ("\t" + number + "\t" + shown + "\n").getBytes(StandardCharsets.UTF_8);
                }
                buffered.write(Long.toString(line).getBytes(StandardCharsets.US_ASCII));
                buffered.write(texts[form]);
            }
        }
    }

    private String beginning(int number) {
        return number < 0 ? String.valueOf((char) Mask.VARIABLE) : coarse.form(number) + " " + (char) Mask.VARIABLE;
    }

    private int firstWords() {
        int words = 0;
        for (int i = 0; i < mask.length(); i++) {
            if (mask.bytes()[i] == ' ' && ++words == 3) {
                return i;
            }
        }
        return mask.length();
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new DiagnosisException("cannot delete the temporary file " + file + ": " + e.getMessage(), e);
        }
    }
}
