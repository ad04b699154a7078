package dev.pando.evaluation.scoring;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Whether two mathematical answers are written alike once notation is made uniform, as the MATH benchmark compares
/// them (Hendrycks et al., its `math_equivalence`); and, as a second opinion in a separate column, whether both are
/// numbers of the same value.
final class MathScorer implements AnswerScorer {
    static final String SAME_VALUE = "same value";

    @Override
    public String metric() {
        return "same answer";
    }

    @Override
    public Verdict score(Answer answer) {
        boolean alike = false;
        boolean value = false;
        String mine = normal(answer.text());
        for (String reference : answer.references()) {
            String right = normal(reference);
            alike |= mine.equals(right);
            value |= mine.equals(right) || sameValue(mine, right);
        }
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put(SAME_VALUE, value ? 1.0 : 0.0);
        return new Verdict(alike ? 1 : 0, metrics, List.of(), "");
    }

    private static boolean sameValue(String a, String b) {
        OptionalDouble x = new MathValue(a).value();
        OptionalDouble y = new MathValue(b).value();
        return x.isPresent()
                && y.isPresent()
                && Math.abs(x.getAsDouble() - y.getAsDouble())
                        <= 1e-9 * Math.max(1, Math.max(Math.abs(x.getAsDouble()), Math.abs(y.getAsDouble())));
    }

    static String normal(String answer) {
        String s = answer.strip();
        s = s.replaceAll("^\\$+|\\$+$", "").replaceAll("^\\\\[(\\[]|\\\\[)\\]]$", "").strip();
        s = s.replaceAll("\\.$", "");
        s = s.replace("\n", "").replace("\\!", "").replace("\\\\", "\\");
        s = s.replace("tfrac", "frac").replace("dfrac", "frac").replace("\\left", "").replace("\\right", "");
        s = s.replace("^{\\circ}", "").replace("^\\circ", "").replace("\\$", "").replace("$", "");
        int units = s.indexOf("\\text{ ");
        s = units < 0 ? s : s.substring(0, units);
        s = s.replaceFirst("^\\\\text\\{([^{}]*)}$", "$1").replaceFirst("^\\\\mathrm\\{([^{}]*)}$", "$1");
        s = s.replace("\\%", "").replace("%", "");
        s = s.replaceAll("(^|[ {(,\\[])\\.(?=\\d)", "$10.");
        String[] sides = s.split("=");
        s = sides.length == 2 && sides[0].strip().length() <= 2 ? sides[1].strip() : s;
        s = s.replaceAll("\\\\sqrt\\s*([^{\\s\\\\])", "\\\\sqrt{$1}");
        s = s.replaceAll("(?<=\\d),(?=\\d{3}(?!\\d))", "");
        s = s.replaceAll("\\s+", "");
        s = fractions(s);
        s = s.equals("0.5") ? "\\frac{1}{2}" : s;
        Matcher slash = Pattern.compile("(-?)(\\d+)/(\\d+)").matcher(s);
        return slash.matches() ? slash.group(1) + "\\frac{" + slash.group(2) + "}{" + slash.group(3) + "}" : s;
    }

    /// `\frac12` and `\frac1{2}` become `\frac{1}{2}`.
    private static String fractions(String s) {
        String t = s.replaceAll("\\\\frac([^{\\\\])([^{\\\\])", "\\\\frac{$1}{$2}");
        t = t.replaceAll("\\\\frac([^{\\\\])\\{", "\\\\frac{$1}{");
        return t.replaceAll("\\\\frac(\\{[^{}]*})([^{\\\\])", "\\\\frac$1{$2}");
    }
}
