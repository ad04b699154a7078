package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Puts `<mail>`, `<phone>` and `<address>` in place of what looks like personal data, and counts them in `masked`.
///
/// Patterns run in linear time. A number is taken for a phone's where it begins with `+` or an area code in brackets,
/// or is cut by hyphens, points or spaces as phone numbers are; addresses are those of the internet protocol.
public final class MaskStep implements Step {
    private record Mask(String name, Pattern pattern) {}

    private static final List<Mask> MASKS =
            List.of(
                    new Mask(
                            "mail",
                            Pattern.compile(
                                    "[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,24}")),
                    new Mask(
                            "address",
                            Pattern.compile(
                                    "\\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\b"
                                            + "|\\b(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}\\b")),
                    new Mask(
                            "phone",
                            Pattern.compile(
                                    "\\+[0-9]{1,3}[ .-]?(?:\\([0-9]{1,4}\\)[ .-]?)?[0-9]{2,4}(?:["
                                            + " .-]?[0-9]{2,4}){1,4}\\b|\\([0-9]{3}\\)[ ]?[0-9]{3}[ .-][0-9]{4}\\b"
                                            + "|\\b[0-9]{3}[.-][0-9]{3}[.-][0-9]{4}\\b|\\b1[3-9][0-9][ -]?[0-9]{4}["
                                            + " -]?[0-9]{4}\\b")));

    private final List<Mask> masks;

    public MaskStep(StepSpec spec) {
        List<String> wanted = spec.list("what");
        List<Mask> found = new ArrayList<>();
        for (String name : wanted) {
            Mask mask = MASKS.stream().filter(one -> one.name.equals(name)).findFirst().orElse(null);
            if (mask == null) {
                throw spec.wrong("what", "may hold mail, address and phone, not " + name);
            }
            found.add(mask);
        }
        masks = MASKS.stream().filter(found::contains).toList();
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        String text = Step.text(document);
        int count = 0;
        for (Mask mask : masks) {
            Matcher matcher = mask.pattern.matcher(text);
            StringBuilder masked = new StringBuilder();
            int from = 0;
            while (matcher.find()) {
                masked.append(text, from, matcher.start()).append('<').append(mask.name).append('>');
                from = matcher.end();
                count++;
            }
            text = from == 0 ? text : masked.append(text, from, text.length()).toString();
        }
        if (count > 0) {
            document.put("masked", count).put("text", text);
        }
        return Optional.empty();
    }
}
