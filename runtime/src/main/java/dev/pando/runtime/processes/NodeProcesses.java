package dev.pando.runtime.processes;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.cluster.ControlClient;
import dev.pando.runtime.cluster.ControlProtocol;
import dev.pando.runtime.processes.NodeHosts.NodeHost;
import dev.pando.runtime.settings.UserError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Node processes on this machine: starts them with this JVM's own flags and class path, and another in the place of
/// each that dies.
///
/// They read their input until it ends, and end with it: none outlives the process that started it, however that one
/// ends.
public final class NodeProcesses implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeProcesses.class);
    private static final String MAIN = "dev.pando.runtime.cli.Main";
    private static final SortedMap<String, String> COMMAND_LINE =
            new TreeMap<>(
                    Map.of(
                            "picocli.CommandLine",
                            "info.picocli:picocli",
                            "ch.qos.logback.classic.Logger",
                            "ch.qos.logback:logback-classic"));
    private static final double A_SHORT_LIFE_SECONDS = 20;
    private static final int SHORT_LIVES_FORGIVEN = 4;
    private static final int HOPELESS = 7; // short lives in a row
    private static final long LEAVING_SECONDS = 10;
    private static final long A_MOMENT_MS = 50;
    private static final int ANSWER_MS = 2_000;
    private static final long BETWEEN_LOOKS_MS = 1_000; // at a member; at others, more often
    private static final long A_SHORT_WHILE_MS = 100;
    private static final int KILLED = 128; // exit values from there on: by a signal, so not by an error of the process

    /// The terminal's Ctrl-C goes to all processes at once, and is meant for the one in front: JVMs heed a signal that
    /// they find ignored no more than anyone else.
    private static final List<String> DEAF_TO_CTRL_C = List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh");

    private record Child(NodeProcess node, Process process, long sinceNs) {
        boolean isAlive() {
            return process.isAlive();
        }
    }

    private final List<String> nodeCommand;
    private final NodeHosts hosts;
    private final Path folder;
    private final Stopwatch stopwatch;
    private final Consumer<String> hopeless;
    private final OrphanDetector roots;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Child> children = new ArrayList<>();
    private final List<Child> leaving = new ArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private int started;
    private int shortLives;

    private NodeProcesses(
            List<String> nodeCommand, NodeHosts hosts, Path folder, Stopwatch stopwatch, Consumer<String> hopeless) {
        this.nodeCommand = nodeCommand;
        this.hopeless = hopeless;
        this.hosts = hosts;
        this.folder = folder;
        this.stopwatch = stopwatch;
        this.roots = new OrphanDetector(this::isAlive, stopwatch);
    }

    /// All of them at the address that their grove's settings name.
    ///
    /// @param devices of each node
    /// @param nodeCommand the words of the command line that make a process a node: `node`
    /// @param grove the group `pando.grove` of all of them
    /// @param folder for what the nodes log, and for their journal
    /// @param hopeless hears a sentence for people when none of them stays alive
    public static NodeProcesses start(
            List<Integer> devices,
            List<String> nodeCommand,
            Config grove,
            Path folder,
            Stopwatch stopwatch,
            Consumer<String> hopeless) {
        return start(devices, nodeCommand, grove, NodeHosts.here(grove.getString("host")), folder, stopwatch, hopeless);
    }

    /// @param hosts where each of them lives, also one that takes another's place
    public static NodeProcesses start(
            List<Integer> devices,
            List<String> nodeCommand,
            Config grove,
            NodeHosts hosts,
            Path folder,
            Stopwatch stopwatch,
            Consumer<String> hopeless) {
        NodeProcesses nodes = new NodeProcesses(nodeCommand, hosts, folder, stopwatch, hopeless);
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    nodes.config(), alone(grove).atPath("pando.grove").root().render(ConfigRenderOptions.concise()));
            for (int of : devices) {
                nodes.startOne(of);
            }
            return nodes;
        } catch (IOException failed) {
            nodes.close();
            throw UserError.failed("cannot start a node process: " + failed.getMessage(), failed);
        }
    }

    /// What they are told about their grove: whom to join they hear from here, and who lives is seen from here.
    private static Config alone(Config grove) {
        return grove.withValue("discovery.method", ConfigValueFactory.fromAnyRef("none"))
                .withValue("probe-port", ConfigValueFactory.fromAnyRef(null));
    }

    /// Nodes that run now.
    public List<NodeProcess> running() {
        lock.lock();
        try {
            return children.stream().filter(Child::isAlive).map(Child::node).toList();
        } finally {
            lock.unlock();
        }
    }

    private boolean isAlive(String name) {
        return children.stream().anyMatch(child -> child.node().name().equals(name) && child.isAlive());
    }

    private boolean isRooted(Child child) {
        return roots.isRooted(child.node().name());
    }

    /// Starts one more node.
    public NodeProcess startOne(int devices) throws IOException {
        lock.lock();
        try {
            String name = "node-" + ++started;
            List<Child> others = children.stream().filter(this::isRooted).toList();
            NodeHost host = hosts.next();
            File log = folder.resolve(name + ".out").toFile();
            Process process =
                    new ProcessBuilder(command(name, devices, host, others))
                            .redirectErrorStream(true)
                            .redirectOutput(log)
                            .start();
            NodeProcess node = new NodeProcess(name, devices, host.address() + ":" + host.port(), process.toHandle());
            Child child = new Child(node, process, stopwatch.nanos());
            children.add(child);
            roots.begins(name, others.stream().map(other -> other.node().name()).toList());
            Thread.ofVirtual().name("pando-look-at-" + name).start(() -> lookAt(child));
            Thread.ofVirtual().name("pando-" + name).start(() -> follow(child));
            LOG.info("{} is process {}", name, process.pid());
            return node;
        } finally {
            lock.unlock();
        }
    }

    /// Lets a node leave in order, by SIGTERM. No other takes its place.
    public void retire(NodeProcess node) {
        lock.lock();
        try {
            for (Child child : List.copyOf(children)) {
                if (child.node().equals(node)) {
                    children.remove(child);
                    roots.ends(node.name());
                    leaving.add(child);
                    child.process().destroy();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// Its input ends, and so does it.
    private static void endInput(Child child) {
        try {
            child.process().getOutputStream().close();
        } catch (IOException gone) {
            LOG.debug("{} is gone already: {}", child.node().name(), gone.getMessage());
        }
    }

    /// Node processes run the command line, whose libraries an embedding program need not have.
    ///
    /// @throws UserError that names those which are not on the class path
    public static void checkClassPath() {
        List<String> missing = new ArrayList<>();
        COMMAND_LINE.forEach((type, artifact) -> {
            try {
                Class.forName(type, false, NodeProcesses.class.getClassLoader());
            } catch (ClassNotFoundException absent) {
                missing.add(artifact);
            }
        });
        if (!missing.isEmpty()) {
            throw new UserError(
                    "node processes need what is not on the class path; add "
                            + String.join(" and ", missing)
                            + ", or train without nodes");
        }
    }

    private List<String> command(String name, int devices, NodeHost host, List<Child> others) {
        List<String> command = new ArrayList<>(host.command());
        command.addAll(DEAF_TO_CTRL_C);
        command.addAll(OwnJvm.command(MAIN, "-XX:+AutoCreateSharedArchive"));
        command.addAll(nodeCommand);
        command.addAll(List.of(config().toString(), "--attached", "--name", name));
        command.addAll(List.of("--devices", Integer.toString(devices)));
        command.addAll(List.of("--set", "pando.grove.host=" + ConfigUtil.quoteString(host.address())));
        command.addAll(List.of("--set", "pando.grove.port=" + host.port()));
        if (!others.isEmpty()) {
            command.add("--join");
            command.add(others.stream().map(other -> other.node().address()).collect(Collectors.joining(",")));
        }
        command.addAll(List.of("--log", folder.resolve(name + ".log").toString()));
        return command;
    }

    private Path config() {
        return folder.resolve("node.conf");
    }

    /// Puts another node in the place of a child that has ended.
    private void follow(Child child) {
        try {
            child.process().waitFor();
            if (hasLeft(child)) {
                killOrphans();
                return;
            }
            if (!closing.await(restartDelayMs(child), TimeUnit.MILLISECONDS)) {
                killOrphans();
                replace(child);
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean hasLeft(Child child) {
        lock.lock();
        try {
            return leaving.remove(child);
        } finally {
            lock.unlock();
        }
    }

    /// They end, and others start in their places as for any process that ended.
    private void killOrphans() {
        lock.lock();
        try {
            for (Child child : children) {
                if (child.isAlive() && !isRooted(child)) {
                    LOG.info("{} can join no grove any more, and is ended", child.node().name());
                    child.process().destroyForcibly();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// Again and again, until it ends.
    private void lookAt(Child child) {
        try {
            boolean isMember = false;
            while (child.isAlive()) {
                isMember = isMember(child).orElse(isMember);
                note(child, isMember);
                if (closing.await(isMember ? BETWEEN_LOOKS_MS : A_SHORT_WHILE_MS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private void note(Child child, boolean isMember) {
        lock.lock();
        try {
            roots.found(child.node().name(), isMember);
            killOrphans();
        } finally {
            lock.unlock();
        }
    }

    /// @return empty where nothing is known
    private static Optional<Boolean> isMember(Child child) {
        try {
            return Optional.of(
                    !ControlClient.one(child.node().address(), ControlProtocol.ask("where"), "where", ANSWER_MS)
                            .isMissingNode());
        } catch (ControlClient.Unanswered no) {
            return no.isNoMember() ? Optional.of(false) : Optional.empty();
        } catch (UserError somebodyElse) {
            return Optional.empty();
        }
    }

    /// @return milliseconds until another one starts: a moment, in which the deaths of others become known; and a node
    ///   that ends again and again is started ever more slowly
    private long restartDelayMs(Child child) {
        lock.lock();
        try {
            children.remove(child);
            roots.ends(child.node().name());
            LOG.info("{} ended: {}", child.node().name(), child.process());
            boolean shortLived = stopwatch.secondsSince(child.sinceNs()) < A_SHORT_LIFE_SECONDS;
            shortLives = shortLived && child.process().exitValue() < KILLED ? shortLives + 1 : 0;
            if (shortLives == HOPELESS) {
                hopeless.accept(
                        shortLives
                                + " node processes in a row ended as soon as they had begun; "
                                + folder.resolve(child.node().name() + ".out")
                                + " says why");
            }
            return shortLives < SHORT_LIVES_FORGIVEN ? A_MOMENT_MS : 1_000L << Math.min(shortLives, 6);
        } finally {
            lock.unlock();
        }
    }

    private void replace(Child gone) {
        lock.lock();
        try {
            if (closing.getCount() > 0) {
                startOne(gone.node().devices());
            }
        } catch (IOException failed) {
            LOG.error("no node was started in the place of {}", gone.node().name(), failed);
        } finally {
            lock.unlock();
        }
    }

    /// Ends all nodes, in order if they can.
    @Override
    public void close() {
        List<Child> last;
        lock.lock();
        try {
            closing.countDown();
            last = new ArrayList<>(children);
            last.addAll(leaving);
        } finally {
            lock.unlock();
        }
        last.forEach(NodeProcesses::endInput);
        try {
            for (Child child : last) {
                if (!child.process().waitFor(LEAVING_SECONDS, TimeUnit.SECONDS)) {
                    child.process().destroyForcibly();
                }
            }
        } catch (InterruptedException hurried) {
            last.forEach(child -> child.process().destroyForcibly());
            Thread.currentThread().interrupt();
        }
    }
}
