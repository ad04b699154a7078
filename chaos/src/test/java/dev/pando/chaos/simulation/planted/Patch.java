package dev.pando.chaos.simulation.planted;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.util.Arrays;
import java.util.function.Consumer;

/// A bug in a class of the actors, as a change of its bytes: what ships has no switch for it.
///
/// @param type name of a class, with its package or as `room.Class` of `dev.pando.actors`
record Patch(String type, ClassTransform change) {
    boolean isOf(String name) {
        return name.equals(fullName());
    }

    private String fullName() {
        return type.startsWith("dev.") ? type : "dev.pando.actors." + type;
    }

    /// Where the bytes of its class are.
    String resource() {
        return fullName().replace('.', '/') + ".class";
    }

    byte[] apply(byte[] original) {
        ClassFile files = ClassFile.of();
        byte[] patched = files.transformClass(files.parse(original), change);
        byte[] untouched = files.transformClass(files.parse(original), ClassTransform.ACCEPT_ALL);
        if (Arrays.equals(untouched, patched)) {
            throw new IllegalStateException("the patch of " + type + " finds nothing to change");
        }
        return patched;
    }

    /// The method does nothing.
    static Patch idle(String type, String method) {
        return body(type, method, CodeBuilder::return_);
    }

    /// The method answers 0 or false.
    static Patch no(String type, String method) {
        return body(type, method, code -> code.iconst_0().ireturn());
    }

    /// The method answers true.
    static Patch yes(String type, String method) {
        return body(type, method, code -> code.iconst_1().ireturn());
    }

    static Patch body(String type, String method, Consumer<CodeBuilder> code) {
        return new Patch(
                type,
                (builder, element) -> {
                    if (element instanceof MethodModel model && model.methodName().equalsString(method)) {
                        builder.withMethodBody(model.methodName(), model.methodType(), model.flags().flagsMask(), code);
                    } else {
                        builder.with(element);
                    }
                });
    }

    /// Whatever longs are compared in methods of this name, they are found equal.
    static Patch allEqual(String type, String method) {
        return code(
                type,
                method,
                (code, element) -> {
                    if (element instanceof OperatorInstruction operator && operator.opcode() == Opcode.LCMP) {
                        code.pop2().pop2().iconst_0();
                    } else {
                        code.with(element);
                    }
                });
    }

    /// A sum of longs is its left side.
    static Patch neverMore(String type, String method) {
        return code(
                type,
                method,
                (code, element) -> {
                    if (element instanceof OperatorInstruction operator && operator.opcode() == Opcode.LADD) {
                        code.pop2();
                    } else {
                        code.with(element);
                    }
                });
    }

    /// A call is left out that takes this many arguments, its receiver among them, and returns a boolean or nothing.
    ///
    /// @param which of the method's calls of that name, from 0
    static Patch without(String type, String method, String called, int which, int arguments) {
        int[] seen = new int[1];
        return code(
                type,
                method,
                (code, element) -> {
                    if (element instanceof InvokeInstruction call
                            && call.name().equalsString(called)
                            && seen[0]++ == which) {
                        for (int i = 0; i < arguments; i++) {
                            code.pop();
                        }
                        if (!call.typeSymbol().returnType().descriptorString().equals("V")) {
                            code.iconst_0();
                        }
                    } else {
                        code.with(element);
                    }
                });
    }

    private static Patch code(String type, String method, CodeTransform change) {
        ClassTransform ofMethods = ClassTransform.transformingMethodBodies(model -> isMeant(model, method), change);
        return new Patch(type, ofMethods);
    }

    private static boolean isMeant(MethodModel model, String method) {
        String name = model.methodName().stringValue();
        return (name.equals(method) || name.startsWith("lambda$" + method + "$")) && model.code().isPresent();
    }
}
