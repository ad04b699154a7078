package dev.pando.evaluation.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Template;
import dev.pando.evaluation.scoring.Answer;
import dev.pando.evaluation.scoring.CodeScorer;
import dev.pando.evaluation.scoring.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs that do harm are contained, and scored as failed: their last line comes to its end only where the harm was
/// done.
class SandboxTest {
    private static Sandbox sandbox;

    @BeforeAll
    static void open() {
        try {
            sandbox = Sandbox.of(Sandbox.Language.PYTHON, new Sandbox.Limits(1, 512L << 20));
        } catch (EvaluationException cannot) {
            abort("skipped: " + cannot.getMessage());
        }
    }

    @Test
    void shouldRunAProgramToItsEnd() {
        Sandbox.Outcome outcome = sandbox.run("import math, json, re, collections\nprint(math.gcd(12, 18))");

        assertThat(outcome).isEqualTo(new Sandbox.Outcome(0, "6\n"));
        assertThat(sandbox.run("raise ValueError('no')").output()).contains("ValueError: no");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "import os\nwhile True:\n    os.fork()",
                "while True:\n    pass",
                "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    pass",
                "x = bytearray(10 << 30)",
                "x = []\nwhile True:\n    x.append(' ' * (1 << 20))",
                "import socket\nsocket.create_connection(('127.0.0.1', 22), 2)",
                "import socket\nsocket.create_connection(('1.1.1.1', 53), 2)",
                "open('/etc/passwd').read()",
                "open('/proc/1/root/etc/passwd').read()",
                "import os\nassert os.listdir('/root') or os.listdir('/home')",
                "open('/usr/pando', 'w').write('x')",
                "f = open('/box/big', 'w')\nwhile True:\n    f.write(' ' * (1 << 20))",
                "import os\nos.chroot('.')",
                "import os\nos.kill(1, 9)\nraise SystemExit(3)",
                "import os\nos.setuid(1)",
                "import os\nos._exit(0)",
                "raise SystemExit(0)",
                "import ctypes\n"
                        + "ctypes.CDLL(None).mount(b'proc', b'/box', b'proc', 0, None) and 1 / 0\n"
                        + "open('/box/1/root/etc/passwd').read()"
            })
    void shouldContainWhatDoesHarm(String program) {
        CodeScorer scorer =
                new CodeScorer(Sandbox.Language.PYTHON, Template.of("{{answer}}"), new Sandbox.Limits(1, 512L << 20));

        Verdict verdict = scorer.score(answer(program));

        assertThat(verdict.score()).as(program).isZero();
        assertThat(verdict.why()).isNotEmpty();
    }

    @Test
    void shouldPassAProgramWhoseTestsPass() {
        CodeScorer scorer =
                new CodeScorer(
                        Sandbox.Language.PYTHON, Template.of("{{answer}}\nassert f(2) == 4"), Sandbox.Limits.USUAL);

        assertThat(scorer.score(answer("def f(x):\n    return 2 * x")).score()).isEqualTo(1);
        assertThat(scorer.score(answer("def f(x):\n    return 3 * x")).why()).isEqualTo("AssertionError");
    }

    @Test
    void shouldWriteNowhereButInItsOwnMemory(@TempDir Path folder) {
        sandbox.run(
                "import os\nos.makedirs('" + folder + "', exist_ok=True)\nopen('" + folder + "/x', 'w').write('x')");
        sandbox.run("open('/tmp/pando-sandbox-was-here', 'w').write('x')");

        assertThat(folder.resolve("x")).doesNotExist();
        assertThat(Files.exists(Path.of("/tmp/pando-sandbox-was-here"))).isFalse();
    }

    @Test
    void shouldCutWhatIsWrittenWithoutEnd() {
        Sandbox.Outcome outcome = sandbox.run("while True:\n    print('x' * 1000)");

        assertThat(outcome.code()).isNotZero();
        assertThat(outcome.output().length()).isLessThan(1 << 17);
    }

    private static Answer answer(String text) {
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        return new Answer(text, text, List.of(), new Row(fields, "test"));
    }
}
