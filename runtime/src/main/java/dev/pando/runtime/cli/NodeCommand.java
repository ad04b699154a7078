package dev.pando.runtime.cli;

import com.typesafe.config.Config;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.runtime.cli.view.Words;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.node.GroveNode;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Runs one node of a grove until it is stopped.
@Command(
        name = "node",
        description = "Runs a node of a grove, which lends this machine's devices to its jobs.",
        footer = {
            "",
            "The paths of a job must mean the same on all nodes that work for it. SIGTERM",
            "and Ctrl-C make a node leave in order; SIGKILL does no harm either.",
            "",
            "  pando node --set pando.grove.host=10.0.0.1 --set pando.grove.port=7355",
            "  pando node --set pando.grove.host=10.0.0.2 --join 10.0.0.1:7355 --devices 2",
            "  pando submit examples/quickstart.conf --to 10.0.0.1:7355"
        })
public class NodeCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "CONF",
            description = "Config file; only its `pando.grove` section is read.")
    private Path conf;

    @Option(
            names = "--join",
            paramLabel = "HOST:PORT",
            split = ",",
            description =
                    "Any node of the grove, or several; without it, this node founds a grove. If this"
                            + " node is the first of the list, it founds the grove when no other answers.")
    private List<String> join = List.of();

    @Option(names = "--devices", paramLabel = "N", description = "Workers of this node; ${DEFAULT-VALUE} if not given.")
    private int devices = 1;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of this node, unique in the grove.")
    private String name = nameOfItsOwn();

    @Option(
            names = "--set",
            paramLabel = "PATH=VALUE",
            description = "Overrides a key, as in --set pando.grove.port=7355.")
    private String[] sets = {};

    @Option(names = "--log", paramLabel = "FILE", description = "Log file of the node; without it, nothing is logged.")
    private Path log;

    @Option(names = "--attached", hidden = true, description = "Ends when its input does.")
    private boolean attached;

    private final AtomicBoolean leaving = new AtomicBoolean();
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicReference<GroveNode> current = new AtomicReference<>();

    /// What the grove calls it.
    protected final String name() {
        return name;
    }

    /// The factory of the node's replicas, as the actors see it; fault injection wraps it.
    protected ReplicaFactory tools(ReplicaFactory sound) {
        return sound;
    }

    @Override
    public final Integer call() {
        if (log != null) {
            Logs.toFile(log);
        }
        NodeSettings settings = settings();
        Thread hook = new Thread(this::leave, "pando-leaving");
        Runtime.getRuntime().addShutdownHook(hook);
        if (attached) {
            Thread.ofPlatform().daemon().name("pando-attached").start(this::leaveWhenInputEnds);
        }
        NodeSettings now = settings;
        for (int life = 2; ; life++) {
            now = live(now).named(settings.name() + "@" + life);
            if (leaving.get()) {
                return 0;
            }
            say("the grove continued without this node, which joins again");
        }
    }

    /// From joining to leaving.
    ///
    /// @return settings for another life: with the nodes that were the others in this one
    private NodeSettings live(NodeSettings settings) {
        try (GroveNode node = GroveNode.start(settings, this::tools, over, this::sayWaiting)) {
            current.set(node);
            if (leaving.get()) {
                return settings; // a signal that came while the node started did not find it
            }
            node.up().thenAccept(up -> say(welcome(settings, node)));
            node.ended().toCompletableFuture().join();
            if (!node.wasUp() && !leaving.get()) {
                throw UserError.failed(
                        "no grove let this node in"
                                + (settings.join().isEmpty()
                                        ? " of those that were discovered; start the node again"
                                        : " at "
                                                + String.join(", ", settings.join())
                                                + "; see that a node runs there, and --join it"));
            }
            return settings.joining(node.others());
        }
    }

    private static String welcome(NodeSettings settings, GroveNode node) {
        return settings.name()
                + ": "
                + Words.counted(settings.devices(), "device")
                + ", at "
                + node.address()
                + "; more nodes: pando node --join "
                + node.address()
                + "; jobs: pando submit CONF --to "
                + node.address();
    }

    private void say(String sentence) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(sentence);
        out.flush();
    }

    private void sayWaiting(String what) {
        say(name + " waits: " + what);
    }

    private void leaveWhenInputEnds() {
        try (InputStream input = System.in) {
            while (input.read() >= 0) {
                // no input is expected here
            }
        } catch (IOException ended) {
            // as good as its end
        }
        leave();
    }

    /// Returns when the node has left, also where a signal and the end of its input come together: the JVM waits for
    /// the sender of the signal.
    private void leave() {
        leaving.set(true);
        over.countDown();
        GroveNode node = current.get();
        if (node != null) {
            node.close();
        }
    }

    /// Host, process and the moment at which it started: on another host, or after a restart, that is another name.
    private static String nameOfItsOwn() {
        long started = ProcessHandle.current().info().startInstant().map(Instant::toEpochMilli).orElseGet(() -> 0L);
        return host() + "-" + ProcessHandle.current().pid() + "-" + Long.toString(started / 10, Character.MAX_RADIX);
    }

    private static String host() {
        try {
            String host = InetAddress.getLocalHost().getHostName().replaceAll("[.].*", "");
            return host.matches("[A-Za-z0-9][A-Za-z0-9-]*") ? host : "node";
        } catch (UnknownHostException nameless) {
            return "node";
        }
    }

    private NodeSettings settings() {
        JobConfig written = conf == null ? JobConfig.nothing() : JobConfig.file(conf);
        for (String set : sets) {
            written = written.set(set);
        }
        Config whole = written.whole();
        return new NodeSettings(name, devices, whole.getConfig("pando.grove"), whole.getConfig("pando.system"), join);
    }
}
