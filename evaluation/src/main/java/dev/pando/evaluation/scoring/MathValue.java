package dev.pando.evaluation.scoring;

import java.util.OptionalDouble;

/// The value of a number written in TeX or plainly: digits, `+ - * /`, powers, fractions, roots and π.
final class MathValue {
    private final String text;
    private int at;

    MathValue(String text) {
        this.text = text.replace("\\cdot", "*").replace("\\times", "*").replace("\\pi", "π").replace("\\div", "/");
    }

    /// Empty where it is no number.
    OptionalDouble value() {
        try {
            at = 0;
            double value = sum();
            return at == text.length() && Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
        } catch (NumberFormatException | StringIndexOutOfBoundsException none) {
            return OptionalDouble.empty();
        }
    }

    private double sum() {
        double value = product();
        while (at < text.length() && (peek() == '+' || peek() == '-')) {
            value += text.charAt(at++) == '+' ? product() : -product();
        }
        return value;
    }

    private double product() {
        double value = power();
        while (at < text.length() && "*/\\(π0123456789".indexOf(peek()) >= 0) {
            if (peek() == '/') {
                at++;
                value /= power();
            } else {
                at += peek() == '*' ? 1 : 0;
                value *= power();
            }
        }
        return value;
    }

    private double power() {
        if (peek() == '-') {
            at++;
            return -power();
        }
        double base = atom();
        if (at < text.length() && peek() == '^') {
            at++;
            return StrictMath.pow(base, peek() == '{' ? braced() : atom());
        }
        return base;
    }

    private double atom() {
        if (text.startsWith("\\frac", at)) {
            at += 5;
            double above = braced();
            return above / braced();
        }
        if (text.startsWith("\\sqrt", at)) {
            at += 5;
            return StrictMath.sqrt(braced());
        }
        char c = text.charAt(at);
        if (c == 'π') {
            at++;
            return StrictMath.PI;
        }
        if (c == '(') {
            at++;
            double value = sum();
            expect(')');
            return value;
        }
        int from = at;
        while (at < text.length() && (Character.isDigit(peek()) || peek() == '.')) {
            at++;
        }
        return Double.parseDouble(text.substring(from, at));
    }

    private double braced() {
        expect('{');
        double value = sum();
        expect('}');
        return value;
    }

    private void expect(char c) {
        if (text.charAt(at++) != c) {
            throw new NumberFormatException("no number");
        }
    }

    private char peek() {
        return text.charAt(at);
    }
}
