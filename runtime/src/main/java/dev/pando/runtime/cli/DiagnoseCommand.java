package dev.pando.runtime.cli;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.Verdict;
import dev.pando.diagnosis.agent.ChatModel;
import dev.pando.diagnosis.agent.FailureAgent;
import dev.pando.diagnosis.agent.Knowledge;
import dev.pando.diagnosis.agent.OpenAiModel;
import dev.pando.diagnosis.judge.Diagnoser;
import dev.pando.diagnosis.report.VerdictText;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.sieve.Compressor;
import dev.pando.diagnosis.template.Templates;
import dev.pando.runtime.job.Subcommand;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `pando diagnose`: what failed, where, and what to do, from any framework's logs.
@Command(
        name = "diagnose",
        sortOptions = false,
        description = {
            "Reads the logs of a failed run, of any framework, and says what failed, where and what to do.",
            "Rules first, by evidence and precedence: see docs/diagnosis.md."
        })
public final class DiagnoseCommand implements Subcommand {
    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "LOG",
            arity = "0..*",
            description = "Text logs; *.gz are unpacked, - is the standard input.")
    private List<Path> logs = new ArrayList<>();

    @Option(names = "--json", description = "One JSON object for each log, on a line each.")
    private boolean json;

    @Option(
            names = "--together",
            description = "The logs are those of one job, for instance one for each rank: one verdict.")
    private boolean together;

    @Option(
            names = "--rules",
            paramLabel = "FILE",
            description = "Rules besides, and instead of, those that Pando knows.")
    private Path rules;

    @Option(
            names = "--templates",
            paramLabel = "FILE",
            description = "For each line its number, its template's number and the template, parted by tabs.")
    private Path templates;

    @Option(
            names = "--compress",
            description =
                    "Writes what a person must read of the logs: routine dropped and counted, stacks folded, several"
                            + " logs merged by time.")
    private boolean compress;

    @Option(
            names = "--knowledge",
            paramLabel = "DIR",
            description = "Kept incidents and learned rules, which answer where rules are unsure.")
    private Path knowledge;

    @Option(
            names = "--learn",
            description =
                    "Keeps the logs' incidents in --knowledge and writes a rule for the next one like each, which"
                            + " enters if it changes no right verdict.")
    private boolean learn;

    @Option(
            names = "--reason",
            paramLabel = "NAME",
            description =
                    "With --learn: the cause as it turned out, as in \"ECC Error\"; without it, the answer counts.")
    private String reason;

    @Option(names = "--action", paramLabel = "NAME", description = "With --learn: what helped, as in cordon_node.")
    private String action;

    @Option(names = "--line", paramLabel = "N", description = "With --learn: the line of the log that names the cause.")
    private Long line;

    @Option(
            names = "--author",
            paramLabel = "NAME",
            defaultValue = "a person",
            description = "With --reason: who says so; ${DEFAULT-VALUE} if not given.")
    private String author;

    @Option(
            names = "--model",
            paramLabel = "URL",
            description =
                    "A language model that is asked where rules are unsure: any endpoint of OpenAI's protocol, as in"
                            + " http://localhost:8000/v1. Its key is read from PANDO_MODEL_KEY.")
    private String model;

    @Option(
            names = "--model-name",
            paramLabel = "NAME",
            defaultValue = "default",
            description = "The model's name there.")
    private String modelName;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often it is asked; more than half must agree. ${DEFAULT-VALUE} if not given.")
    private int samples;

    @Override
    public Integer call() {
        if (templates != null) {
            Templates.list(templates, new FileOutputStream(FileDescriptor.out));
            return 0;
        }
        if (logs.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "diagnose needs a log: name one or more files");
        }
        RuleSet known = rules == null ? RuleSet.standard() : RuleSet.standard().with(rules);
        PrintWriter out = spec.commandLine().getOut();
        if (compress) {
            new Compressor(known, new PrintWriter(new BufferedWriter(out, 1 << 16))).compress(logs);
            return 0;
        }
        if (learn || knowledge != null || model != null) {
            return ask(known, out);
        }
        Diagnoser diagnoser = new Diagnoser(known);
        if (together) {
            out.println(show(diagnoser.diagnoseTogether(logs)));
        } else {
            logs.forEach(log -> out.println(show(diagnoser.diagnose(log))));
        }
        out.flush();
        return 0;
    }

    private Integer ask(RuleSet known, PrintWriter out) {
        if (together || learn && knowledge == null || reason != null && !learn) {
            String wrong =
                    together
                            ? "--together goes without --knowledge, --learn and --model"
                            : knowledge == null
                                    ? "--learn needs --knowledge DIR, where it is kept"
                                    : "--reason goes with --learn";
            throw new ParameterException(spec.commandLine(), wrong);
        }
        Optional<ChatModel> asked =
                Optional.ofNullable(model)
                        .map(url ->
                                new OpenAiModel(url, modelName, Optional.ofNullable(System.getenv("PANDO_MODEL_KEY"))));
        FailureAgent agent =
                new FailureAgent(
                        known, knowledge == null ? Knowledge.inMemory() : Knowledge.of(knowledge), asked, samples);
        for (Path log : logs) {
            out.println(learn ? lesson(agent.learn(log, told())) : show(agent.diagnose(log)));
        }
        out.flush();
        return 0;
    }

    private FailureAgent.Told told() {
        return new FailureAgent.Told(
                Optional.ofNullable(reason)
                        .map(name -> Reason.of(name).orElseThrow(() -> unknown("--reason", name, Reason.values()))),
                Optional.ofNullable(action)
                        .map(name -> Action.of(name).orElseThrow(() -> unknown("--action", name, Action.values()))),
                Optional.ofNullable(line),
                reason == null ? "incidents" : author);
    }

    private ParameterException unknown(String option, String name, Object[] known) {
        String names =
                Arrays.stream(known)
                        .map(one -> one instanceof Reason of ? of.label() : ((Action) one).label())
                        .collect(Collectors.joining(", "));
        return new ParameterException(
                spec.commandLine(), option + " \"" + name + "\" is not known; the names are " + names);
    }

    private static String lesson(FailureAgent.Lesson lesson) {
        return "incident "
                + lesson.incident().id()
                + " kept; "
                + lesson.rule().map(rule -> "rule " + rule + " entered").orElse("no rule entered: " + lesson.why());
    }

    private String show(Verdict verdict) {
        return json ? VerdictText.json(verdict) : VerdictText.lines(verdict);
    }
}
