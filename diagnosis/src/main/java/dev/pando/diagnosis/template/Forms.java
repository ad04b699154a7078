package dev.pando.diagnosis.template;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Numbers the different forms that masked lines have: an open-addressed table from bytes to numbers.
final class Forms {
    private long[] hashes = new long[1 << 12];
    private int[] numbers = new int[1 << 12];
    private final List<byte[]> forms = new ArrayList<>();

    /// The number of a form, from 0 in the order of arrival; `limit` or more forms are numbered -1 from then on.
    int number(byte[] masked, int length, int limit) {
        long hash = hash(masked, length);
        int at = (int) hash & hashes.length - 1;
        while (numbers[at] != 0) {
            if (hashes[at] == hash
                    && Arrays.equals(
                            forms.get(numbers[at] - 1), 0, forms.get(numbers[at] - 1).length, masked, 0, length)) {
                return numbers[at] - 1;
            }
            at = at + 1 & hashes.length - 1;
        }
        if (forms.size() >= limit) {
            return -1;
        }
        forms.add(Arrays.copyOf(masked, length));
        hashes[at] = hash;
        numbers[at] = forms.size();
        if (forms.size() * 2 > hashes.length) {
            grow();
        }
        return forms.size() - 1;
    }

    /// How many there are.
    int size() {
        return forms.size();
    }

    /// The masked line of a number.
    String form(int number) {
        return new String(forms.get(number), StandardCharsets.UTF_8);
    }

    private void grow() {
        long[] old = hashes;
        int[] oldNumbers = numbers;
        hashes = new long[old.length * 2];
        numbers = new int[old.length * 2];
        for (int i = 0; i < old.length; i++) {
            if (oldNumbers[i] != 0) {
                int at = (int) old[i] & hashes.length - 1;
                while (numbers[at] != 0) {
                    at = at + 1 & hashes.length - 1;
                }
                hashes[at] = old[i];
                numbers[at] = oldNumbers[i];
            }
        }
    }

    private static long hash(byte[] bytes, int length) {
        long hash = 0xcbf29ce484222325L ^ length;
        for (int i = 0; i < length; i++) {
            hash = (hash ^ bytes[i]) * 0x100000001b3L;
        }
        return hash ^ hash >>> 29;
    }
}
