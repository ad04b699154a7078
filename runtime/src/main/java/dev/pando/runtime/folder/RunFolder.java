package dev.pando.runtime.folder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigRenderOptions;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.checkpoint.huggingface.ModelOrigin;
import dev.pando.runtime.settings.BitShapingKeys;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// All that a run leaves behind, in one folder that belongs to one living process.
///
/// `job.conf` the config in full; `steps.jsonl` one line a committed step; `events.jsonl` what else happened;
/// `samples.jsonl`, `report.html` at the end; `tokenizer.json`; `checkpoints/`; `pando.log`; `run.lock`.
public final class RunFolder implements AutoCloseable {
    static final String CONFIG = "job.conf";
    static final String STEPS = "steps.jsonl";
    static final String EVENTS = "events.jsonl";
    static final String SAMPLES = "samples.jsonl";
    static final String LOCK = "run.lock";
    private static final String LOG = "pando.log";
    private static final double LAST_TRIES_SECONDS = 10;
    private static final String NODES = "nodes";
    private static final String ENTRY = EventLine.ENTRY;

    private final Path path;
    private final RunLock lock;
    private final boolean fresh;
    private final PatientWrites writes = new PatientWrites(Stopwatch.system());
    private boolean begun;
    private Lines steps;
    private Lines events;

    private RunFolder(Path path, RunLock lock, boolean fresh) {
        this.path = path;
        this.lock = lock;
        this.fresh = fresh;
    }

    /// Takes a folder for a run, without writing anything of the run yet.
    ///
    /// @param resume whether to go on with the run that is there
    /// @throws UserError if another process has it, if it cannot be written, if it holds what is not expected
    public static RunFolder claim(Settings settings, boolean resume) {
        Path path = settings.out();
        boolean fresh = !Files.exists(path);
        try {
            Files.createDirectories(path);
            RunFolder folder = new RunFolder(path, RunLock.take(path), fresh);
            try {
                folder.check(settings, resume);
                return folder;
            } catch (UserError refused) {
                folder.close();
                throw refused;
            }
        } catch (FileAlreadyExistsException file) {
            throw new UserError(path + " is a file; pick a folder with --out", file);
        } catch (IOException failed) {
            throw UserError.failed(
                    "cannot write in the folder " + path + ": " + reason(failed) + "; pick another one with --out",
                    failed);
        }
    }

    /// Takes the folder of a run that this process leads from now on, from its present holder: one that led before and
    /// is frozen, or cut off, writes into files that are no longer the folder's.
    public static RunFolder seize(Settings settings) {
        Path path = settings.out();
        try {
            RunFolder folder = new RunFolder(path, RunLock.seize(path), false);
            folder.steps = Lines.renew(path.resolve(STEPS));
            folder.events = Lines.renew(path.resolve(EVENTS));
            folder.begun = true;
            return folder;
        } catch (IOException failed) {
            throw UserError.failed("cannot write in the folder " + path + ": " + reason(failed), failed);
        }
    }

    /// Whether the run that was begun last has ended and been reported.
    public static boolean isReported(Path folder) {
        return Files.exists(report(folder));
    }

    /// Number of the last entry of the job's journal that is written down here; 0 for none.
    public long lastEntry() {
        return Lines.read(path.resolve(EVENTS)).stream().mapToLong(line -> line.path(ENTRY).asLong(0)).max().orElse(0);
    }

    /// The last step that is written down here; -1 for none.
    public long lastStep() {
        return Lines.read(path.resolve(STEPS)).stream().mapToLong(line -> line.path("step").asLong()).max().orElse(-1);
    }

    /// What is written down comes from another journal than what will be.
    public void forgetEntries() {
        events.change(line -> line.remove(ENTRY));
    }

    /// The config of the run that a folder holds.
    public static JobConfig config(Path folder) {
        Path config = folder.resolve(CONFIG);
        if (!Files.exists(config)) {
            throw new UserError(folder + " holds no run: there is no " + CONFIG + " in it");
        }
        return JobConfig.file(config);
    }

    /// What that config means in the folder where the run is now: it may have been moved.
    public static Settings settings(Path folder) {
        return moved(config(folder), folder).settings();
    }

    /// A run's config, for the folder where the run is now.
    public static JobConfig moved(JobConfig config, Path folder) {
        return config.with(folder.toString(), "out", folder.toString());
    }

    /// The same as text, as it was written.
    public static String configText(Path folder) {
        try {
            return Files.readString(folder.resolve(CONFIG));
        } catch (IOException failed) {
            throw UserError.failed("cannot read " + folder.resolve(CONFIG) + ": " + reason(failed), failed);
        }
    }

    public Path path() {
        return path;
    }

    /// Where the job's checkpoints are, unless its config says otherwise.
    public static Path checkpoints(Path folder) {
        return folder.resolve("checkpoints");
    }

    public static Path tokenizer(Path folder) {
        return folder.resolve("tokenizer.json");
    }

    public static Path report(Path folder) {
        return folder.resolve("report.html");
    }

    public static Path log(Path folder) {
        return folder.resolve(LOG);
    }

    /// What the run's node processes leave: their logs.
    public static Path nodes(Path folder) {
        return folder.resolve(NODES);
    }

    /// Writes the config and opens the logs: from here on the folder holds a run.
    public void begin(Settings settings) {
        String config =
                settings.config()
                        .atPath("pando.job")
                        .root()
                        .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
        Lines.replace(path.resolve(CONFIG), "# The run's whole config, defaults included.\n" + config);
        settings.start().model().filter(Files::isDirectory).ifPresent(model -> ModelOrigin.keep(model, path));
        steps = Lines.append(path.resolve(STEPS));
        events = Lines.append(path.resolve(EVENTS));
        begun = true;
        try {
            Files.deleteIfExists(report(path)); // the old report describes an end that no longer holds
        } catch (IOException failed) {
            throw UserError.failed("cannot write in the folder " + path + ": " + reason(failed), failed);
        }
    }

    /// Writes down what happened. When the state goes back to a checkpoint, so does the list of steps.
    public void record(JobEvent event, Instant time) {
        record(event, time, 0);
    }

    /// What cannot be written waits until it can: the disk is no part of the job.
    ///
    /// @param entry of the job's journal, or of the last one before where the event has none; 0: there is no journal
    public void record(JobEvent event, Instant time, long entry) {
        switch (event) {
            case JobEvent.StepCommitted step -> {
                StepLine line = StepLine.of(step, time);
                writes.add(() -> steps.add(line));
            }
            case JobEvent.Started started -> goBack(started.step(), event, time, entry);
            case JobEvent.StateLoaded loaded -> goBack(loaded.step(), event, time, entry);
            default -> add(event, time, entry);
        }
    }

    public void record(List<SampleLine> samples) {
        StringBuilder lines = new StringBuilder();
        for (SampleLine sample : samples) {
            lines.append(Lines.JSON.valueToTree(sample).toString()).append('\n');
        }
        writes.add(() -> Lines.replace(path.resolve(SAMPLES), lines.toString()));
    }

    /// Does something with the folder once all is written that was recorded.
    ///
    /// @param write fails with a [UserError] where the disk refuses
    public void afterwards(Runnable write) {
        writes.add(write::run);
    }

    /// Tries to write what the disk has refused so far.
    ///
    /// @return whether nothing is left to write
    public boolean finish(double seconds) {
        return writes.finish(seconds);
    }

    /// Writes one of the folder's files, in one act.
    public static void write(Path file, String text) {
        Lines.replace(file, text);
    }

    @Override
    public void close() {
        try {
            writes.finish(LAST_TRIES_SECONDS);
            if (steps != null) {
                steps.close();
                events.close();
            }
            lock.close();
            if (fresh && !begun) {
                leaveNothing();
            }
        } catch (IOException failed) {
            throw UserError.failed("cannot close the folder " + path + ": " + reason(failed), failed);
        }
    }

    /// What the system says, without the path that Java puts before it.
    public static String reason(IOException failed) {
        return switch (failed) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException missing -> "there is no " + missing.getFile();
            case FileSystemException given when given.getReason() != null -> given.getReason();
            default -> failed.getMessage();
        };
    }

    /// Says with the event how many committed steps are lost with it.
    private void goBack(long step, JobEvent event, Instant time, long entry) {
        int[] lost = new int[1];
        writes.add(() -> lost[0] += steps.keep(line -> line.path("step").asLong() < step));
        writes.add(() -> events.add(line(event, time, entry, lost[0])));
    }

    private void add(JobEvent event, Instant time, long entry) {
        writes.add(() -> events.add(line(event, time, entry, 0)));
    }

    private static ObjectNode line(JobEvent event, Instant time, long entry, int lost) {
        ObjectNode line = new EventLine(time, event).json();
        if (lost > 0) {
            line.put(EventLine.LOST, lost);
        }
        return entry > 0 ? line.put(ENTRY, entry) : line;
    }

    private void check(Settings settings, boolean resume) throws IOException {
        boolean holdsRun = Files.exists(path.resolve(CONFIG));
        if (resume) {
            if (!holdsRun) {
                throw new UserError(path + " holds no run to resume; leave out --resume to begin one");
            }
            refuseOtherArithmetic(settings);
        } else if (holdsRun) {
            throw new UserError(
                    path + " holds a run already: continue it with --resume, or pick another folder with --out");
        } else if (holdsSomethingElse()) {
            throw new UserError(path + " is not empty, and holds no run; pick another folder with --out");
        }
    }

    private void refuseOtherArithmetic(Settings now) {
        Settings then = config(path).settings();
        Optional<BitShapingKeys.Difference> difference =
                BitShapingKeys.firstDifference(then, now).or(() -> BitShapingKeys.firstDifferenceOfData(then, now));
        if (difference.isPresent()) {
            throw new UserError(difference.get().sentence(path.toString()));
        }
    }

    private boolean holdsSomethingElse() throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString())
                    .anyMatch(name -> !name.equals(LOCK) && !name.equals(LOG) && !name.equals(NODES));
        }
    }

    private void leaveNothing() throws IOException {
        Files.deleteIfExists(path.resolve(LOCK));
        Files.deleteIfExists(path.resolve(LOG));
        if (!holdsSomethingElse()) {
            Files.delete(path);
        }
    }
}
