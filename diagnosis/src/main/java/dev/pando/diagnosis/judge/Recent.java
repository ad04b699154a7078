package dev.pando.diagnosis.judge;

import java.util.Iterator;

/// The last lines of a log, the newest first.
final class Recent implements Iterable<String> {
    private final String[] lines;
    private long added;

    Recent(int kept) {
        lines = new String[kept];
    }

    void add(String line) {
        lines[(int) (added++ % lines.length)] = line;
    }

    @Override
    public Iterator<String> iterator() {
        return new Iterator<>() {
            private long next = added;

            @Override
            public boolean hasNext() {
                return next > 0 && next > added - lines.length;
            }

            @Override
            public String next() {
                return lines[(int) (--next % lines.length)];
            }
        };
    }
}
