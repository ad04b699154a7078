package dev.pando.evaluation.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.evaluation.data.EvaluationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/// IFEval (Zhou et al., Instruction-Following Evaluation for Large Language Models): checks that a program can make.
///
/// Strictly, on the answer as it is; loosely, on eight variants of it, without its first line, its last line, both, and
/// each with and without asterisks. The score of a corpus is the mean of four accuracies: of prompts and of
/// instructions, strict and loose, as InternLM2's report takes it.
final class InstructionScorer implements AnswerScorer {
    @Override
    public String metric() {
        return "mean of four accuracies";
    }

    /// Counts are: strict prompts, loose prompts, prompts, strict instructions, loose instructions, instructions.
    @Override
    public Verdict score(Answer answer) {
        JsonNode ids = answer.row().at("instruction_id_list");
        JsonNode arguments = answer.row().at("kwargs");
        if (!ids.isArray() || ids.isEmpty() || arguments.size() != ids.size()) {
            throw new EvaluationException(
                    answer.row().where() + " needs as many kwargs as instruction_id_list has, and one at least");
        }
        List<String> missed = new ArrayList<>();
        long strict = 0;
        long loose = 0;
        for (int i = 0; i < ids.size(); i++) {
            Instruction instruction = Instruction.of(ids.get(i).asText(), arguments.get(i), answer.row());
            boolean followed = follows(instruction, answer.raw());
            strict += followed ? 1 : 0;
            loose += variants(answer.raw()).anyMatch(variant -> follows(instruction, variant)) ? 1 : 0;
            if (!followed) {
                missed.add(ids.get(i).asText());
            }
        }
        long all = ids.size();
        long whole = strict == all ? 1 : 0;
        long wholeLoose = loose == all ? 1 : 0;
        List<Long> counts = List.of(whole, wholeLoose, 1L, strict, loose, all);
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("prompts, strict", (double) whole);
        metrics.put("prompts, loose", (double) wholeLoose);
        metrics.put("instructions, strict", (double) strict / all);
        metrics.put("instructions, loose", (double) loose / all);
        return new Verdict(
                together(counts).orElseThrow(),
                metrics,
                counts,
                missed.isEmpty() ? "" : "not followed: " + String.join(", ", missed));
    }

    @Override
    public OptionalDouble together(List<Long> counts) {
        return counts.size() != 6
                ? OptionalDouble.empty()
                : OptionalDouble.of(
                        ((double) (counts.get(0) + counts.get(1)) / counts.get(2)
                                        + (double) (counts.get(3) + counts.get(4)) / counts.get(5))
                                / 4);
    }

    private static boolean follows(Instruction instruction, String answer) {
        return !answer.isBlank() && instruction.follows(answer);
    }

    private static Stream<String> variants(String answer) {
        int first = answer.indexOf('\n');
        int last = answer.lastIndexOf('\n');
        String withoutFirst = first < 0 ? "" : answer.substring(first + 1).strip();
        String withoutLast = last < 0 ? "" : answer.substring(0, last).strip();
        String withoutBoth = first < 0 || first == last ? "" : answer.substring(first + 1, last).strip();
        return Stream.of(answer, withoutFirst, withoutLast, withoutBoth)
                .flatMap(each -> Stream.of(each, each.replace("*", "")));
    }
}
