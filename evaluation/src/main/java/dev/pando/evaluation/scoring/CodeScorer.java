package dev.pando.evaluation.scoring;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Template;
import dev.pando.evaluation.sandbox.Sandbox;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// Runs what a model wrote with a record's tests, in a sandbox: right where the program comes to its end.
///
/// The last thing that a program does is to write a word that it cannot know; so one that exits early has failed.
public final class CodeScorer implements AnswerScorer {
    private final Sandbox.Language language;
    private final Template program;
    private final Sandbox.Limits limits;
    private Sandbox sandbox;

    /// @param program with the field `answer` for what the model wrote
    public CodeScorer(Sandbox.Language language, Template program, Sandbox.Limits limits) {
        this.language = language;
        this.program = program;
        this.limits = limits;
    }

    @Override
    public String metric() {
        return "pass@1";
    }

    @Override
    public void check() {
        sandbox();
    }

    private synchronized Sandbox sandbox() {
        if (sandbox == null) {
            sandbox = Sandbox.of(language, limits);
        }
        return sandbox;
    }

    @Override
    public Verdict score(Answer answer) {
        Row row = answer.row().with("answer", new TextNode(answer.text()));
        String text = program.render(row);
        String word = word(text);
        Sandbox.Outcome outcome =
                sandbox()
                        .run(
                                text
                                        + switch (language) {
                                            case PYTHON -> "\nprint('\\n" + word + "')\n";
                                            case JAVASCRIPT -> "\nconsole.log('\\n" + word + "')\n";
                                        });
        boolean passed = outcome.code() == 0 && outcome.output().stripTrailing().endsWith(word);
        return new Verdict(passed ? 1 : 0, Map.of(), List.of(), passed ? "" : why(outcome));
    }

    private static String why(Sandbox.Outcome outcome) {
        return switch (outcome.code()) {
            case -1 -> "took too long";
            case 137, 152 -> "took too much processor time";
            default -> {
                String last = outcome.output().strip().lines().reduce((_, line) -> line).orElse("");
                yield last.isEmpty()
                        ? "ended with exit code " + outcome.code()
                        : last.substring(0, Math.min(200, last.length()));
            }
        };
    }

    private static String word(String program) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(("passed\n" + program).getBytes(StandardCharsets.UTF_8));
            return "passed-" + HexFormat.of().formatHex(digest, 0, 12);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
