package dev.pando.evaluation.task;

/// What a task asks of a model, as InternLM2's report groups its benchmarks (section 5).
public enum Dimension {
    EXAMINATIONS("Examinations"),
    LANGUAGE("Language and knowledge"),
    REASONING("Reasoning and mathematics"),
    CODE("Code"),
    LONG_CONTEXT("Long context"),
    TOOLS("Tools"),
    ALIGNMENT("Alignment");

    private final String title;

    Dimension(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }
}
