package dev.pando.diagnosis.judge;

import dev.pando.diagnosis.text.Stamp;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Follows a run's step lines: which step it reached, and whether its loss or gradients left their usual range.
///
/// Judged are the reduced numbers that a framework prints, in any layout of `loss`, `grad norm` and steps. A bounded
/// window is kept, so that a log of any length costs the same memory.
final class Steps {
    private static final String NUMBER = "([-+]?(?:\\d+\\.?\\d*(?:e[-+]?\\d+)?|nan|inf(?:inity)?)\\b)";
    private static final Pattern STEP =
            Pattern.compile(
                    "(?i)\\b(?:iteration|global[_"
                            + " ]?steps?|iters?|steps?|update|num_updates|batch)['\"]?\\s*[:=#]?\\s*[\\[\"']?\\s*(\\d+)");
    private static final Pattern LOSS =
            Pattern.compile(
                    "(?i)(?:^|[^a-z_])(?:lm[_ ]|train(?:ing)?[_ /]|avg[_ ]|total[_ ]|ce[_ ]|reduced[_ ]|nll[_"
                            + " ])?loss(?: value)?['\"]?\\s*[:=|]?\\s*[\"']?(?:tensor\\()?\\s*"
                            + NUMBER);
    private static final Pattern GRADIENT =
            Pattern.compile("(?i)(?:grad(?:ient)?[_ ]?norm|gnorm|grad)['\"]?\\s*[:=|]?\\s*[\"']?" + NUMBER);
    private static final Pattern OVERFLOW =
            Pattern.compile(
                    "(?i)overflow.*(?:skipp|reduc)|skipp\\w* (?:step|update).*(?:overflow|loss scal|nan|inf)|reducing"
                            + " (?:dynamic )?loss scale|gradient overflow");
    private static final Pattern SAVED =
            Pattern.compile("(?i)(?:sav(?:ed|ing)|wrote|writing)\\b.{0,40}\\bcheckpoint|checkpoint.{0,60}\\bsaved");
    private static final Pattern NOT_TRAINING =
            Pattern.compile("(?i)\\b(?:val(?:id(?:ation)?)?|eval|test)[_ ]?(?:loss|\\b)");

    /// Overflows in a row from which the loss scaler is no longer looking for its range.
    private static final int OVERFLOWS = 4;

    /// Steps without overflow after which the scaler has found it.
    private static final int CALM = 3;

    private static final double RISE = 1.4;
    private static final double DIFFERENCE = 0.5;
    private static final double SMALL_RISE = 1.15;
    private static final double GRADIENT_RISE = 50;

    private final Range losses = new Range();
    private final Range gradients = new Range();
    private long lines;
    private long lastStep = -1;
    private long lastLine;
    private long overflows;
    private long stepsSinceOverflow;
    private long nonFinite;
    private long finiteSince;
    private boolean savedInside;
    private double last = Double.NaN;
    private double lastSeconds = Stamp.NONE;
    private long badLine;
    private String badText = "";
    private String badKind = "loss";

    /// What a number usually is, and how far it went.
    private static final class Range {
        private static final int WINDOW = 32;

        /// The first numbers of a run may be anything: this many show a range.
        private static final int LEAST = 2;

        /// Until then the lowest is the better guide.
        private static final int FEW = 8;

        private final double[] recent = new double[WINDOW];
        private int count;
        private double rise = 1;
        private double usual = Double.NaN;
        private double worst = Double.NaN;

        /// Whether the value is further out than any before.
        boolean add(double value) {
            boolean further = false;
            if (count >= LEAST) {
                double[] sorted = Arrays.copyOf(recent, Math.min(count, WINDOW));
                Arrays.sort(sorted);
                double base = count < FEW ? sorted[0] : sorted[sorted.length / 2];
                if (base > 0 && value / base > rise) {
                    rise = value / base;
                    usual = base;
                    worst = value;
                    further = true;
                }
            }
            recent[count++ % WINDOW] = value;
            return further;
        }
    }

    /// Reads a line that may tell of a step; says whether a step went forward.
    boolean read(String line, long number) {
        if (OVERFLOW.matcher(line).find()) {
            overflows++;
            stepsSinceOverflow = 0;
            mark("loss", line, number);
        }
        if ((nonFinite > 0 || isLasting()) && SAVED.matcher(line).find()) {
            savedInside = true;
        }
        Matcher loss = LOSS.matcher(line);
        Matcher gradient = GRADIENT.matcher(line);
        boolean hasLoss = loss.find();
        boolean hasGradient = gradient.find();
        if (!hasLoss && !hasGradient || NOT_TRAINING.matcher(line).find()) {
            return false;
        }
        Matcher step = STEP.matcher(line);
        boolean numbered = step.find();
        if (!numbered && !line.contains("'loss'") && !line.toLowerCase(Locale.ROOT).contains("epoch")) {
            return false;
        }
        lines++;
        stepsSinceOverflow++;
        if (stepsSinceOverflow > CALM) {
            overflows = 0;
        }
        lastLine = number;
        lastSeconds = Stamp.seconds(line);
        lastStep = numbered ? parse(step.group(1)) : lastStep;
        if (hasLoss) {
            last = value(loss.group(1));
            measure("loss", losses, last, line, number);
        }
        if (hasGradient) {
            measure("gradient norm", gradients, value(gradient.group(1)), line, number);
        }
        return true;
    }

    private void measure(String kind, Range range, double value, String line, long number) {
        if (!Double.isFinite(value)) {
            nonFinite++;
            finiteSince = 0;
            mark(kind, line, number);
        } else {
            finiteSince++;
            double telling = range == losses ? RISE : GRADIENT_RISE;
            if (range.add(value) && range.rise >= telling) {
                mark(kind, line, number);
            }
        }
    }

    private void mark(String kind, String line, long number) {
        if (badLine == 0 || nonFinite == 1) {
            badLine = number;
            badText = line;
            badKind = kind;
        }
    }

    /// Step lines read.
    long count() {
        return lines;
    }

    /// The last step, or -1.
    long lastStep() {
        return lastStep;
    }

    /// Line of the last step.
    long lastLine() {
        return lastLine;
    }

    /// Time of the last step, or NaN.
    double lastSeconds() {
        return lastSeconds;
    }

    /// The first line on which the numbers were not as they should be.
    long badLine() {
        return badLine;
    }

    /// What it says.
    String badText() {
        return badText;
    }

    /// A checkpoint was written after the numbers left their range: it holds them.
    boolean isSavedInside() {
        return savedInside;
    }

    /// Loss or gradients were no numbers, and did not come back to stay.
    boolean isNonFinite() {
        return nonFinite > 0 && finiteSince < 20;
    }

    /// The loss left its range by more than noise does, or the loss scale fell again and again.
    boolean isSpike() {
        return nonFinite > 0
                || overflows >= OVERFLOWS
                || losses.rise >= RISE && losses.worst - losses.usual >= DIFFERENCE
                || gradients.rise >= GRADIENT_RISE && losses.rise >= SMALL_RISE;
    }

    /// The last numbers are still far from the usual ones.
    boolean isLasting() {
        return isNonFinite()
                || overflows >= OVERFLOWS
                || losses.rise >= RISE && last > losses.usual + 0.6 * (losses.worst - losses.usual);
    }

    /// In words.
    String story() {
        if (nonFinite > 0) {
            return "the " + badKind + " is not a number";
        }
        if (losses.rise >= SMALL_RISE) {
            return String.format(Locale.ROOT, "the loss rose from %.3g to %.3g", losses.usual, losses.worst)
                    + (gradients.rise >= 10
                            ? String.format(Locale.ROOT, ", the gradient norm %.0f-fold", gradients.rise)
                            : "")
                    + (overflows >= OVERFLOWS ? ", and the loss scaler skips step after step" : "")
                    + (isLasting() ? "" : ", and came back");
        }
        return "the loss scaler skipped " + overflows + " steps in a row for overflow";
    }

    private static long parse(String digits) {
        return digits.length() > 18 ? -1 : Long.parseLong(digits);
    }

    private static double value(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.contains("nan")) {
            return Double.NaN;
        }
        return lower.contains("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(lower);
    }
}
