package dev.pando.data.near;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;

/// How new a document is: a string that sorts as its date does.
public final class Age {
    private static final int DIGITS = 20;
    private static final long OFFSET = 1L << 60; // years before 0 too

    private Age() {}

    /// A number (of a crawl, or of seconds) or an ISO 8601 date; without a date a document is older than all others.
    public static String of(ObjectNode document) {
        JsonNode date = document.path("date");
        if (date.isNumber()) {
            return number(date.asLong());
        }
        String text = date.asText("").strip();
        if (text.isEmpty()) {
            return "";
        }
        if (text.matches("-?[0-9]{1,18}")) {
            return number(Long.parseLong(text));
        }
        try {
            return "2 " + seconds(instant(text));
        } catch (DateTimeException otherwise) {
            return "3 " + text;
        }
    }

    private static String number(long number) {
        return "1 " + padded(number);
    }

    private static Instant instant(String text) {
        if (text.length() <= 10) {
            String[] parts = text.split("[-/]", -1);
            int year = parse(parts[0]);
            int month = parts.length > 1 ? parse(parts[1]) : 1;
            int day = parts.length > 2 ? parse(parts[2]) : 1;
            return LocalDate.of(year, month, day).atStartOfDay().toInstant(ZoneOffset.UTC);
        }
        String iso = text.replaceFirst("^(\\d{4}-\\d{2}-\\d{2}) ", "$1T");
        try {
            return OffsetDateTime.parse(iso).toInstant();
        } catch (DateTimeException local) {
            return LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
        }
    }

    private static int parse(String number) {
        try {
            return Integer.parseInt(number);
        } catch (NumberFormatException e) {
            throw new DateTimeException(number, e);
        }
    }

    private static String seconds(Instant instant) {
        return padded(instant.getEpochSecond()) + String.format(Locale.ROOT, ".%09d", instant.getNano());
    }

    private static String padded(long number) {
        String digits = Long.toString(number + OFFSET);
        return "0".repeat(DIGITS - digits.length()) + digits;
    }
}
