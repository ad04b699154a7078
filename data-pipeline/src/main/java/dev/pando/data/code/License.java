package dev.pando.data.code;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/// Names the license of a repository by what its license file says, in the words of SPDX.
final class License {
    private record Sign(String name, List<String> phrases) {}

    /// The first that fits: those that quote another come before it.
    private static final List<Sign> SIGNS =
            List.of(
                    new Sign("AGPL-3.0", List.of("gnu affero general public license", "version 3")),
                    new Sign("LGPL-3.0", List.of("gnu lesser general public license", "version 3")),
                    new Sign("LGPL-2.1", List.of("gnu lesser general public license", "version 2.1")),
                    new Sign(
                            "GPL-2.0-with-classpath-exception",
                            List.of("gnu general public license", "classpath", "exception")),
                    new Sign("GPL-3.0", List.of("gnu general public license", "version 3")),
                    new Sign("GPL-2.0", List.of("gnu general public license", "version 2")),
                    new Sign("Apache-2.0", List.of("apache license", "version 2.0")),
                    new Sign("MPL-2.0", List.of("mozilla public license", "2.0")),
                    new Sign("EPL-2.0", List.of("eclipse public license", "2.0")),
                    new Sign(
                            "BSD-3-Clause",
                            List.of("redistribution and use in source and binary forms", "neither the name")),
                    new Sign("BSD-2-Clause", List.of("redistribution and use in source and binary forms")),
                    new Sign("ISC", List.of("permission to use, copy, modify, and/or distribute this software")),
                    new Sign("MIT", List.of("permission is hereby granted, free of charge", "without restriction")),
                    new Sign(
                            "Unlicense",
                            List.of("this is free and unencumbered software released into the public domain")),
                    new Sign("CC0-1.0", List.of("cc0 1.0 universal")),
                    new Sign("PSF-2.0", List.of("python software foundation license")));

    private License() {}

    /// @param files texts by path
    static Optional<String> of(SortedMap<String, String> files) {
        for (Map.Entry<String, String> file : files.entrySet()) {
            String name = file.getKey().toUpperCase(Locale.ROOT);
            if (!name.contains("/") && name.matches("(LICEN[CS]E|COPYING|UNLICENSE)([.-].*)?")) {
                Optional<String> license = named(file.getValue());
                if (license.isPresent()) {
                    return license;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> named(String text) {
        String plain = text.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
        return SIGNS.stream()
                .filter(sign -> sign.phrases.stream().allMatch(plain::contains))
                .map(Sign::name)
                .findFirst();
    }
}
