package dev.pando.runtime.report;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.EpochOpened;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Lays a run's steps and events along one axis of training time, in seconds, on which the time between two sessions of
/// a run that was stopped and resumed is left out.
final class Timeline {
    /// From one start of the job to the next, or to its last sign of life.
    record Session(double from, double to, long firstStep, boolean resumed) {}

    /// Time during which one incarnation of a worker took part.
    ///
    /// @param lost why it ended, or null if the session just ended
    record Span(String worker, double from, double to, String lost) {}

    /// All incarnations on one device.
    record Lane(String device, List<Span> spans) {}

    private final List<EventLine> events;
    private final List<Instant> starts = new ArrayList<>();
    private final List<Double> offsets = new ArrayList<>();
    private final List<Session> sessions = new ArrayList<>();

    Timeline(List<StepLine> steps, List<EventLine> events) {
        this.events = events;
        TreeMap<Instant, JobEvent.Started> started = new TreeMap<>();
        events.forEach(line -> {
            if (line.event() instanceof JobEvent.Started start) {
                started.put(line.time(), start);
            }
        });
        Instant first = firstSign(steps, events);
        if (started.isEmpty() || first.isBefore(started.firstKey())) {
            started.put(first, new JobEvent.Started(0, false));
        }
        List<Instant> signs = new ArrayList<>(events.stream().map(EventLine::time).toList());
        steps.forEach(step -> signs.add(step.instant()));
        double offset = 0;
        for (Map.Entry<Instant, JobEvent.Started> start : started.entrySet()) {
            Instant next = started.higherKey(start.getKey());
            Instant last =
                    signs.stream()
                            .filter(sign -> !sign.isBefore(start.getKey()) && (next == null || sign.isBefore(next)))
                            .max(Instant::compareTo)
                            .orElse(start.getKey());
            starts.add(start.getKey());
            offsets.add(offset);
            double length = seconds(start.getKey(), last);
            sessions.add(new Session(offset, offset + length, start.getValue().step(), start.getValue().resumed()));
            offset += length;
        }
    }

    List<Session> sessions() {
        return sessions;
    }

    /// Where a moment lies on the axis.
    double at(Instant time) {
        int session = session(time);
        return offsets.get(session) + Math.max(0, seconds(starts.get(session), time));
    }

    double end() {
        return sessions.getLast().to();
    }

    /// Times of taking part, by device.
    List<Lane> lanes() {
        Map<String, List<Span>> lanes = new TreeMap<>();
        Map<String, Double> since = new LinkedHashMap<>();
        for (EventLine line : events) {
            double now = at(line.time());
            switch (line.event()) {
                case JobEvent.Started _ -> endAll(since, lanes, sessions.get(session(line.time())).from());
                case EpochOpened opened -> {
                    List.copyOf(since.keySet()).stream()
                            .filter(worker -> !opened.workers().contains(worker))
                            .forEach(worker -> end(worker, now, "it left", since, lanes));
                    opened.workers().forEach(worker -> since.putIfAbsent(worker, now));
                }
                case JobEvent.WorkerLeft left -> end(left.worker(), now, "its node left", since, lanes);
                case JobEvent.WorkerFellSilent silent -> end(silent.worker(), now, silent.evidence(), since, lanes);
                case JobEvent.WorkerLost lost -> end(lost.worker(), now, lost.evidence(), since, lanes);
                default -> {}
            }
        }
        endAll(since, lanes, end());
        return lanes.entrySet().stream().map(lane -> new Lane(lane.getKey(), lane.getValue())).toList();
    }

    /// `worker-2#3` is the third incarnation on `worker-2`.
    static String device(String worker) {
        int incarnation = worker.indexOf('#');
        return incarnation < 0 ? worker : worker.substring(0, incarnation);
    }

    private static void endAll(Map<String, Double> since, Map<String, List<Span>> lanes, double now) {
        List.copyOf(since.keySet()).forEach(worker -> end(worker, now, null, since, lanes));
    }

    private static void end(
            String worker, double now, String why, Map<String, Double> since, Map<String, List<Span>> lanes) {
        Double from = since.remove(worker);
        if (from != null) {
            lanes.computeIfAbsent(device(worker), device -> new ArrayList<>()).add(new Span(worker, from, now, why));
        }
    }

    private int session(Instant time) {
        int session = 0;
        while (session + 1 < starts.size() && !time.isBefore(starts.get(session + 1))) {
            session++;
        }
        return session;
    }

    private static Instant firstSign(List<StepLine> steps, List<EventLine> events) {
        if (!events.isEmpty()) {
            return events.getFirst().time();
        }
        return steps.isEmpty() ? Instant.EPOCH : steps.getFirst().instant();
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e9;
    }
}
