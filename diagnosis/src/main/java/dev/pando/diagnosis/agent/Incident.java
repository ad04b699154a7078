package dev.pando.diagnosis.agent;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;
import java.util.List;

/// A failure whose cause is known for certain: what later ones are compared with, and what each new rule is tried on.
///
/// @param id its name in the journal
/// @param reason the cause
/// @param action what helped
/// @param root the line that names the cause
/// @param lines the compressed log
/// @param alarming for each line whether it alarms
/// @param author the person or model that named the cause, or `incidents` where earlier ones did
public record Incident(
        String id,
        Reason reason,
        Action action,
        String root,
        List<String> lines,
        List<Boolean> alarming,
        String author) {
    public Incident {
        lines = List.copyOf(lines);
        alarming = List.copyOf(alarming);
    }
}
