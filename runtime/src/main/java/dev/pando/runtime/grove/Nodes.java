package dev.pando.runtime.grove;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.Stopwatch;
import dev.pando.runtime.settings.UserError;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
public final class Nodes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);
    private static final String MAIN = "dev.pando.runtime.cli.Main";
    private static final double A_SHORT_LIFE_SECONDS = 20;
    private static final int SHORT_LIVES_FORGIVEN = 4;
    private static final int HOPELESS = 7; // short lives in a row
    private static final long LEAVING_SECONDS = 10;
    private static final long A_MOMENT_MS = 50;
    private static final int ANSWER_MS = 2_000;
    private static final long BETWEEN_LOOKS_MS = 100;
    private static final int KILLED = 128; // exit values from there on: by a signal, so not by a fault of its own

    /// The terminal's Ctrl-C goes to all processes at once, and is meant for the one in front: JVMs heed a signal that
    /// they find ignored no more than anyone else.
    private static final List<String> DEAF_TO_CTRL_C = List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh");

    /// @param joined whom it was told to join: none where it is the first of its grove
    /// @param member whether it ever was let in
    private record Child(NodeProcess node, Process process, List<Child> joined, AtomicBoolean member, long sinceNs) {
        boolean isAlive() {
            return process.isAlive();
        }

        /// Whether it is of the grove, or will be. One that was told to join nodes of which none is left, before any of
        /// them let it in, waits in vain.
        boolean isRooted() {
            return isAlive() && (member.get() || joined.isEmpty() || joined.stream().anyMatch(Child::isRooted));
        }
    }

    private final List<String> nodeCommand;
    private final Config grove;
    private final Path folder;
    private final Stopwatch stopwatch;
    private final Consumer<String> hopeless;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Child> children = new ArrayList<>();
    private final List<Child> leaving = new ArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private int started;
    private int shortLives;

    private Nodes(List<String> nodeCommand, Config grove, Path folder, Stopwatch stopwatch, Consumer<String> hopeless) {
        this.nodeCommand = nodeCommand;
        this.hopeless = hopeless;
        this.grove = grove;
        this.folder = folder;
        this.stopwatch = stopwatch;
    }

    /// @param devices of each node
    /// @param nodeCommand the words of the command line that make a process a node: `node`
    /// @param grove the group `pando.grove` of all of them
    /// @param folder for what the nodes log, and for their journal
    /// @param hopeless hears a sentence for people when none of them stays alive
    public static Nodes start(
            List<Integer> devices,
            List<String> nodeCommand,
            Config grove,
            Path folder,
            Stopwatch stopwatch,
            Consumer<String> hopeless) {
        Nodes nodes = new Nodes(nodeCommand, grove, folder, stopwatch, hopeless);
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
            throw new UserError("cannot start a node process: " + failed.getMessage(), failed);
        }
    }

    /// What they are told about their grove: whom to join they hear from here, and who lives is seen from here.
    private static Config alone(Config grove) {
        return grove.withValue("discovery.method", ConfigValueFactory.fromAnyRef("none"))
                .withValue("probe-port", ConfigValueFactory.fromAnyRef(null));
    }

    /// Those that run now.
    public List<NodeProcess> running() {
        lock.lock();
        try {
            return children.stream().filter(Child::isAlive).map(Child::node).toList();
        } finally {
            lock.unlock();
        }
    }

    /// Starts one more node.
    public NodeProcess startOne(int devices) throws IOException {
        lock.lock();
        try {
            String name = "node-" + ++started;
            List<Child> others = children.stream().filter(Child::isRooted).toList();
            String host = grove.getString("host");
            int port = freePort(host);
            File log = folder.resolve(name + ".out").toFile();
            Process process =
                    new ProcessBuilder(command(name, devices, port, others))
                            .redirectErrorStream(true)
                            .redirectOutput(log)
                            .start();
            NodeProcess node = new NodeProcess(name, devices, host + ":" + port, process.toHandle());
            Child child = new Child(node, process, others, new AtomicBoolean(), stopwatch.nanos());
            children.add(child);
            Thread.ofVirtual().name("pando-joining-" + name).start(() -> awaitMembership(child));
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

    /// Should somebody take it first, the node ends at once, and the next one gets another.
    private static int freePort(String host) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return free.getLocalPort();
        }
    }

    private List<String> command(String name, int devices, int port, List<Child> others) {
        List<String> command = new ArrayList<>(DEAF_TO_CTRL_C);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-agentlib:jdwp") && !flag.equals("-XX:+AutoCreateSharedArchive"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
        command.addAll(nodeCommand);
        command.addAll(List.of(config().toString(), "--attached", "--name", name));
        command.addAll(List.of("--devices", Integer.toString(devices)));
        command.addAll(List.of("--set", "pando.grove.port=" + port));
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
                endTheLost();
                return;
            }
            if (!closing.await(mourning(child), TimeUnit.MILLISECONDS)) {
                endTheLost();
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

    /// They end, and others start in their places as in that of anybody who ended.
    private void endTheLost() {
        lock.lock();
        try {
            children.stream().filter(child -> !child.isRooted()).forEach(child -> child.process().destroyForcibly());
        } finally {
            lock.unlock();
        }
    }

    private void awaitMembership(Child child) {
        try {
            while (child.isAlive() && !isMember(child)) {
                if (closing.await(BETWEEN_LOOKS_MS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
            child.member().set(true);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isMember(Child child) {
        try {
            return !Caller.one(child.node().address(), Talk.ask("where"), "where", ANSWER_MS).isMissingNode();
        } catch (Caller.Unanswered | UserError no) {
            return false;
        }
    }

    /// @return milliseconds until another one starts: a moment, in which the deaths of others become known; and a node
    ///   that ends again and again is started ever more slowly
    private long mourning(Child child) {
        lock.lock();
        try {
            children.remove(child);
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
        last.forEach(Nodes::endInput);
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
