package dev.pando.diagnosis.agent;

import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.sieve.Compressor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One line of a compressed log: what the failure agent reads.
///
/// @param line its number in the log, from 1
/// @param text what it says
/// @param alarming whether a rule knows it, or it holds words of alarm
record Event(long line, String text, boolean alarming) {
    /// Lines of one log that are looked at: those that alarm before others, and the later before the earlier.
    private static final int MOST = 200;

    private static final int TAIL = 40;

    /// The lines of a log that are worth reading.
    static List<Event> of(RuleSet rules, Path log) {
        List<Event> events = new ArrayList<>();
        new Compressor(
                        rules,
                        new Compressor.Sink() {
                            @Override
                            public void line(String name, long number, String text, boolean alarming) {
                                events.add(new Event(number, text, alarming));
                            }

                            @Override
                            public void note(String text) {
                                // the agent needs no counts
                            }
                        })
                .compress(List.of(log));
        return cut(events);
    }

    private static List<Event> cut(List<Event> events) {
        if (events.size() <= MOST) {
            return events;
        }
        List<Event> kept = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i).alarming() || i >= events.size() - TAIL) {
                kept.add(events.get(i));
            }
        }
        return kept.subList(Math.max(0, kept.size() - MOST), kept.size());
    }
}
