package dev.pando.data.code;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A programming language whose imports are known, by the endings of its files.
enum Language {
    C("c"),
    CPP("cpp"),
    GO("go"),
    JAVA("java"),
    JAVASCRIPT("javascript"),
    KOTLIN("kotlin"),
    PYTHON("python"),
    RUST("rust"),
    TYPESCRIPT("typescript");

    private static final Map<String, Language> ENDINGS =
            Map.ofEntries(
                    Map.entry("c", C),
                    Map.entry("h", C),
                    Map.entry("cc", CPP),
                    Map.entry("cpp", CPP),
                    Map.entry("cxx", CPP),
                    Map.entry("hh", CPP),
                    Map.entry("hpp", CPP),
                    Map.entry("hxx", CPP),
                    Map.entry("inl", CPP),
                    Map.entry("ipp", CPP),
                    Map.entry("cu", CPP),
                    Map.entry("cuh", CPP),
                    Map.entry("go", GO),
                    Map.entry("java", JAVA),
                    Map.entry("js", JAVASCRIPT),
                    Map.entry("jsx", JAVASCRIPT),
                    Map.entry("mjs", JAVASCRIPT),
                    Map.entry("cjs", JAVASCRIPT),
                    Map.entry("kt", KOTLIN),
                    Map.entry("kts", KOTLIN),
                    Map.entry("py", PYTHON),
                    Map.entry("pyi", PYTHON),
                    Map.entry("rs", RUST),
                    Map.entry("ts", TYPESCRIPT),
                    Map.entry("tsx", TYPESCRIPT),
                    Map.entry("mts", TYPESCRIPT),
                    Map.entry("cts", TYPESCRIPT));

    private final String fence;

    Language(String fence) {
        this.fence = fence;
    }

    /// What a fenced block of Markdown calls it.
    String fence() {
        return fence;
    }

    static Optional<Language> of(String path) {
        return Optional.ofNullable(ENDINGS.get(ending(path)));
    }

    /// In lower case, without the point.
    static String ending(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        int point = name.lastIndexOf('.');
        return point < 0 ? "" : name.substring(point + 1).toLowerCase(Locale.ROOT);
    }
}
