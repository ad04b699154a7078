package dev.pando.chaos.simulation;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.Dice;
import dev.pando.chaos.simulation.world.SimulatedWorld;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Writes a history down as it happens: in a few bits always, in full where it is to be read.
final class Scribe implements SimulatedWorld.Witness {
    /// An actor's state after its parent or a failure has ended it.
    static final String ENDED = "ended";

    private final Coverage coverage;
    private final Onlooker onlooker;
    private final boolean inFull;
    private final List<String> lines = new ArrayList<>();
    private final Map<String, String> states = new HashMap<>(); // of each actor, by its path
    private long digest;

    Scribe(Coverage coverage, Onlooker onlooker, boolean inFull) {
        this.coverage = coverage;
        this.onlooker = onlooker;
        this.inFull = inFull;
    }

    List<String> lines() {
        return lines;
    }

    long digest() {
        return digest;
    }

    @Override
    public void took(long nowNs, String path, Object message, Object behavior) {
        String heard = message == null ? "" : message.getClass().getSimpleName();
        String kind = kind(path);
        if (kind.isEmpty()) {
            return; // the actor system's own
        }
        digest = Dice.bits(digest, nowNs, path.hashCode(), heard.hashCode());
        String to = behavior != null ? name(behavior) : message != null ? Moves.STOPPED : ENDED;
        String from = states.put(path, to);
        coverage.visited(kind, from == null ? "new" : from, heard, to);
        onlooker.took(path, message, from == null ? "new" : from, to);
        if (inFull) {
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "%12.6f  %-28s %s%s",
                            nowNs / 1e9,
                            path,
                            message == null ? "(signal)" : message,
                            to.equals(from) ? "" : "  => " + to));
        }
    }

    @Override
    public void told(JobEvent event) {
        onlooker.told(event);
    }

    @Override
    public void says(String supervisor, JobEvent event) {
        onlooker.says(supervisor, event);
    }

    @Override
    public void ordered(Object order) {
        onlooker.ordered(order);
    }

    @Override
    public void struck(long nowNs, String what) {
        onlooker.struck();
        digest = Dice.bits(digest, nowNs, what.hashCode());
        if (inFull) {
            lines.add(String.format(Locale.ROOT, "%12.6f  ******** %s", nowNs / 1e9, what));
        }
    }

    private static String name(Object behavior) {
        String name = behavior.toString();
        if (name.chars().allMatch(each -> Character.isLetter(each) || each == ' ')) {
            return name;
        }
        if (behavior.getClass().getSimpleName().equals("ComposedStoppingBehavior")) {
            return Moves.STOPPED; // once its children have
        }
        return behavior.getClass().getName().contains(".persistence.")
                ? behavior.getClass().getSimpleName().replace("$", "")
                : "serving";
    }

    private static String kind(String path) {
        String own = path.substring(path.lastIndexOf('/') + 1);
        if (own.startsWith("job-") || own.startsWith("supervisor-")) {
            return "JobSupervisor";
        }
        if (own.startsWith("owner-")) {
            return "JobOwner";
        }
        if (own.startsWith("stage-")) {
            return "PipelineStage";
        }
        if (own.equals("checkpoint-writer")) {
            return "CheckpointWriter";
        }
        if (!path.startsWith("node-")) {
            return "";
        }
        return path.indexOf('/') < 0 ? "NodeSupervisor" : "GpuWorker";
    }
}
