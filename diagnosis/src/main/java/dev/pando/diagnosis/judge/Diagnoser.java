package dev.pando.diagnosis.judge;

import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.rule.Matches;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.sieve.Sieve;
import dev.pando.diagnosis.text.Lines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Names the cause of a failure from its logs: the entry point of an embedder.
///
/// The same logs and rules give the same verdict, byte for byte. Not for use by several threads at once.
public final class Diagnoser {
    private final RuleSet rules;
    private final Matches matches;

    public Diagnoser(RuleSet rules) {
        this.rules = rules;
        this.matches = new Matches(rules.rules());
    }

    /// The verdict of one log.
    public Verdict diagnose(Path log) {
        return Judge.settle(List.of(reading(log)));
    }

    /// One verdict of all logs of a job, for instance a log for each rank.
    public Verdict diagnoseTogether(List<Path> logs) {
        List<LogReading> readings = new ArrayList<>();
        for (Path log : logs) {
            readings.add(reading(log));
        }
        return Judge.settle(readings);
    }

    /// The verdict of lines at hand.
    public Verdict diagnose(String name, List<String> lines) {
        LogReading reading = new LogReading(name, rules, matches);
        for (int i = 0; i < lines.size(); i++) {
            reading.read(lines.get(i), i + 1);
        }
        return Judge.settle(List.of(reading));
    }

    private LogReading reading(Path log) {
        LogReading reading = new LogReading(log.toString(), rules, matches);
        Sieve sieve = new Sieve();
        try (Lines lines = Lines.of(log)) {
            while (lines.advance()) {
                boolean worth = sieve.isWorthReading(lines.bytes(), lines.length(), lines.number());
                String line = lines.text();
                if (!worth) {
                    reading.pass(line, lines.number(), sieve.tellsOfSteps());
                } else if (line.indexOf('\r') < 0) {
                    read(reading, line, lines.number(), sieve);
                } else {
                    for (String part : line.split("\r")) { // progress bars overwrite themselves
                        read(reading, part, lines.number(), sieve);
                    }
                }
            }
        }
        return reading;
    }

    private static void read(LogReading reading, String line, long number, Sieve sieve) {
        switch (reading.read(line, number)) {
            case STEP -> sieve.isStep();
            case TOLD -> sieve.judged(true, true);
            case ALARMING -> sieve.judged(false, true);
            case SILENT -> sieve.judged(false, false);
        }
    }
}
