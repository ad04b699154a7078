package dev.pando.data.code;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.data.document.Troubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: small repositories whose imports a reader can see.
final class RepositoryOrderTest {
    @TempDir private Path root;

    private final Troubles troubles = new Troubles();

    @Test
    void shouldFollowJavaByImportByPackageAndByQualifiedName() throws IOException {
        write(
                "src/a/A.java",
                "package a;\n"
                        + "import b.*;\n"
                        + "import static c.C.ONE;\n"
                        + "class A { B b; Other o; d.D d; /* E */ String s = \"E\"; }");
        write("src/a/Other.java", "package a;\nclass Other {}");
        write("src/a/E.java", "package a;\nclass E {}");
        write("src/b/B.java", "package b;\npublic class B {}");
        write("src/c/C.java", "package c;\npublic class C { public static final int ONE = 1; }");
        write("src/d/D.kt", "package d\nclass D");

        assertThat(imports("src/a/A.java"))
                .containsExactlyInAnyOrder("src/a/Other.java", "src/b/B.java", "src/c/C.java", "src/d/D.kt");
    }

    @Test
    void shouldSeeThroughABatchOfPythonImports() throws IOException {
        write("pkg/__init__.py", "from .shapes import Circle as Round\nfrom . import tools\n");
        write("pkg/shapes.py", "class Circle: pass\n");
        write("pkg/tools.py", "from pkg import Round\n");
        write("main.py", "\"\"\"import pkg.tools\"\"\"\nfrom pkg import (Round,\n   tools)\nimport os\n");

        assertThat(imports("main.py")).containsExactlyInAnyOrder("pkg/shapes.py", "pkg/tools.py");
        assertThat(imports("pkg/tools.py")).containsExactly("pkg/shapes.py");
        assertThat(order()).containsExactly("pkg/shapes.py", "pkg/tools.py", "main.py", "pkg/__init__.py");
    }

    @Test
    void shouldFollowIncludesModulesPackagesAndCrates() throws IOException {
        write("c/main.c", "#include \"util/list.h\"\n#include <stdio.h>\n// #include \"no.h\"\n");
        write("c/include/util/list.h", "");
        write("c/no.h", "");
        write("web/app.ts", "import { x } from './lib/x.js';\nexport * from \"./lib\";\n");
        write("web/lib/x.ts", "const y = require('../data');");
        write("web/lib/index.ts", "");
        write("web/data.js", "");
        write("go.mod", "module example.org/tool\n");
        write("cmd/main.go", "package main\nimport (\n  \"fmt\"\n  u \"example.org/tool/util\"\n)\n");
        write("util/a.go", "package util\n");
        write("util/a_test.go", "package util\n");
        write("rust/Cargo.toml", "[package]\nname = \"my-tool\"\n");
        write("rust/src/main.rs", "mod net;\nuse crate::net::{client::Client, server};\n");
        write("rust/src/net/mod.rs", "pub mod client;\npub mod server;\n");
        write("rust/src/net/client.rs", "use super::server::Port;\n");
        write("rust/src/net/server.rs", "fn f<'a>(x: &'a str) {}\n");

        assertThat(imports("c/main.c")).containsExactly("c/include/util/list.h");
        assertThat(imports("web/app.ts")).containsExactly("web/lib/index.ts", "web/lib/x.ts");
        assertThat(imports("web/lib/x.ts")).containsExactly("web/data.js");
        assertThat(imports("cmd/main.go")).containsExactly("util/a.go");
        assertThat(imports("rust/src/main.rs"))
                .containsExactly("rust/src/net/client.rs", "rust/src/net/mod.rs", "rust/src/net/server.rs");
        assertThat(imports("rust/src/net/client.rs")).containsExactly("rust/src/net/server.rs");
    }

    @Test
    void shouldEnterACircleAtItsFirstPath() throws IOException {
        write("c.py", "import b\n");
        write("b.py", "import a\n");
        write("a.py", "import c\nimport z\n");
        write("z.py", "");
        write("user.py", "import b\n");

        assertThat(order()).containsExactly("z.py", "a.py", "b.py", "c.py", "user.py");
    }

    @Test
    void shouldPutOtherFilesBeforeTheCodeOfTheirFolder() throws IOException {
        write("lib/a.py", "import core.b\n");
        write("lib/README.md", "About a.");
        write("core/b.py", "");
        write("core/data/table.csv", "1,2");
        write("LICENSE", "Free.");
        Files.write(root.resolve("lib/picture.png"), new byte[] {0, 1, 0, 2});

        assertThat(order()).containsExactly("LICENSE", "core/data/table.csv", "core/b.py", "lib/README.md", "lib/a.py");
        assertThat(troubles.counts()).containsKey("binary file");
    }

    @Test
    void shouldWriteOneDocument() throws IOException {
        write("a.py", "x = '```'\n");
        write("README.md", "Hello.");

        assertThat(new RepositoryOrder(root, troubles).markdown())
                .isEqualTo(
                        "# %s\n\n## README.md\n\nHello.\n\n## a.py\n\n````python\nx = '```'\n````\n"
                                .formatted(root.getFileName()));
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Iterable<String> order() {
        return new RepositoryOrder(root, troubles).order();
    }

    private Set<String> imports(String path) {
        return new RepositoryOrder(root, troubles).imports().get(path);
    }
}
