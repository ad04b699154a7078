package dev.pando.diagnosis.judge;

import java.util.Iterator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The last lines of a log, the newest first, and what they say of the newest.
final class Recent implements Iterable<String> {
    private static final int KEPT = 60;
    private static final int NEAR = 12;

    private static final Pattern TEARDOWN =
            Pattern.compile(
                    "Exception ignored in|__del__|destroy_process_group|atexit|_shutdown_workers|_exit_function|Error"
                            + " in sys\\.excepthook|shutdown\\(self\\)|\\bTemporaryDirectory\\b|resource_tracker");
    private static final Pattern FRAME = Pattern.compile("File \"([^\"]+)\", line (\\d+)(?:, in (\\S+))?");
    private static final Pattern LIBRARY =
            Pattern.compile(
                    "site-packages|dist-packages|/lib/python|<frozen|<string>|<stdin>|/opt/conda|/torch/|deepspeed/");
    private final String[] lines = new String[KEPT];
    private long added;

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

    /// Whether the newest line stands in what a process does while it ends.
    boolean isTeardown() {
        int looked = 0;
        for (String before : this) {
            if (TEARDOWN.matcher(before).find()) {
                return true;
            }
            if (++looked > NEAR || looked > 1 && before.startsWith("Traceback")) {
                return false;
            }
        }
        return false;
    }

    /// Whether the newest line ends a traceback.
    boolean hasFrame() {
        int looked = 0;
        for (String before : this) {
            if (before.contains("File \"") || before.contains("Traceback (most recent")) {
                return true;
            }
            if (++looked > NEAR) {
                return false;
            }
        }
        return false;
    }

    /// The innermost frame of the script's own code before this line, as `train.py:12`.
    String place() {
        String library = "";
        int looked = 0;
        for (String before : this) {
            Matcher frame = FRAME.matcher(before);
            if (frame.find()) {
                String at = frame.group(1).substring(frame.group(1).lastIndexOf('/') + 1) + ":" + frame.group(2);
                if (!LIBRARY.matcher(frame.group(1)).find()) {
                    return at;
                }
                library = library.isEmpty() ? at : library;
            }
            if (++looked > KEPT || looked > 1 && before.contains("Traceback (most recent call last)")) {
                break;
            }
        }
        return library;
    }
}
