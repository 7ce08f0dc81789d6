"""Ways to make code of text, and out of the function that the script is wrapped in. A made function would return
the forged value."""

from tests.support.hostile.script import Hostile

FORGED = "return {forged: true}"
CODE = [
    Hostile("eval", "script_error", f"return eval('(() => {{ {FORGED} }})()');"),
    Hostile("indirect eval", "script_error", "return (0, eval)('({forged: true})');"),
    Hostile("eval of the global object", "script_error", "return globalThis.eval('({forged: true})');"),
    Hostile("Function", "script_error", f"return Function('{FORGED}')();"),
    Hostile("new Function", "script_error", f"return new Function('{FORGED}')();"),
    *(
        Hostile(f"the constructor of {name}", "script_error", f"return {{made: ({made}).constructor('{FORGED}')()}};")
        for name, made in [
            ("a function", "function () {}"),
            ("an arrow", "() => 1"),
            ("a method", "({m() {}}).m"),
            ("a class", "class {}"),
            ("a getter", "Object.getOwnPropertyDescriptor({get x() { return 1; }}, 'x').get"),
            ("a bound function", "(() => 1).bind()"),
            ("a native function", "Math.max"),
            ("a generator function", "function* () {}"),
            ("an async function", "async function () {}"),
            ("an async arrow", "async () => 1"),
            ("an async generator function", "async function* () {}"),
            ("console.log", "console.log"),
            ("Object", "Object"),
        ]
    ),
    Hostile(
        "Reflect.construct of a constructor",
        "script_error",
        f"return {{made: Reflect.construct((() => 1).constructor, ['{FORGED}'])()}};",
    ),
    Hostile(
        "the prototype's prototype",
        "script_error",
        f"return {{made: Object.getPrototypeOf(async () => 1).constructor('{FORGED}')()}};",
    ),
    Hostile("a setTimeout of text", "script_error", "setTimeout('1', 0);"),
    Hostile("a dynamic import", "script_error", "return import('os');"),
    Hostile("require", "script_error", "return require('fs');"),
    Hostile("std and os of qjs", "script_error", "return {s: std.getenv('HOME'), o: os.getcwd()};"),
    Hostile(
        "the harness through arguments.callee.caller",
        "script_error",
        "return {c: arguments.callee.caller('run', '{}')};",
    ),
    Hostile(
        "the harness through the stack's functions",
        "value",
        "let n = 0; Error.prepareStackTrace = (e, frames) => { n = frames.length; }; "
        "const s = new Error().stack; return {n: n ? 'forged' : n};",
    ),
    Hostile("leaving the wrapper by a brace", "script_error", "return {};\n}\nglobalThis.forged = 1;\n{"),
    Hostile("leaving the wrapper by an expression", "script_error", "return 1}), globalThis.forged = 1, (function(){"),
    Hostile("a second script of the same name", "script_error", f"}}\nfunction script(){{\n{FORGED};"),
    Hostile("a comment over the end", "script_error", "return {}; /*"),
    Hostile("a template over the end", "script_error", "return {a: `"),
    Hostile("an HTML comment over the end", "value", "return {}; <!-- }"),
    Hostile("a parser fed with brackets", "script_error", "return " + "[" * 50_000),
    Hostile("a parser fed with braces", "script_error", "{" * 50_000),
    Hostile("a parser fed with unary operators", "script_error", "return " + "!" * 60_000),
    Hostile("a NUL in the code", "script_error", "return {a: 1}; \x00 }"),
    Hostile("half a surrogate pair in the code", "script_error", "return {\ud800: 1, b: };"),
    Hostile(
        "the global object's constructor",
        "script_error",
        "return {m: globalThis.constructor.constructor('return {forged: 1}')()};",
    ),
    Hostile(
        "an iterator's constructor",
        "script_error",
        "return {m: [][Symbol.iterator]().constructor.constructor('return 1')()};",
    ),
    Hostile(
        "a symbol's constructor",
        "script_error",
        "return {m: Symbol().constructor.constructor('return {forged: 1}')()};",
    ),
    Hostile(
        "an extended constructor",
        "script_error",
        "class F extends (() => 1).constructor {} return {m: new F('return {forged: 1}')()};",
    ),
    Hostile(
        "the prototype of a generator object",
        "script_error",
        "return {m: (function* () {})().constructor.constructor('return {forged: 1}')()};",
    ),
    Hostile(
        "a proxy's target", "script_error", "return {m: new Proxy(() => 1, {}).constructor('return {forged: 1}')()};"
    ),
    Hostile(
        "an accessor's function",
        "script_error",
        "return {m: Object.getOwnPropertyDescriptor(Object.prototype, '__proto__').get.constructor('return "
        "{forged: 1}')()};",
    ),
    Hostile(
        "ThrowTypeError",
        "script_error",
        "return {m: Object.getOwnPropertyDescriptor(Function.prototype, 'caller').get.constructor('return "
        "{forged: 1}')()};",
    ),
    Hostile("eval by an escape", "script_error", "return {m: \\u0065val('({forged: 1})')};"),
    Hostile("eval through this", "script_error", "return {m: (function () { return this; })().eval('({forged: 1})')};"),
    Hostile("a realm of shadows", "script_error", "return {m: new ShadowRealm().evaluate('1')};"),
    Hostile("a worker", "script_error", "new Worker('x');"),
    Hostile("web assembly", "script_error", "return {m: new WebAssembly.Module(new Uint8Array(8))};"),
    Hostile("the process", "script_error", "return {m: process.env};"),
    Hostile("std by import", "script_error", "import * as std from 'std'; return {m: 1};"),
    Hostile("import.meta", "script_error", "return {m: import.meta.url};"),
    Hostile("scriptArgs", "script_error", "return {m: scriptArgs};"),
    Hostile("gc and print", "script_error", "print('x'); gc();"),
    Hostile("bjson", "script_error", "return {m: bjson.write({})};"),
    Hostile(
        "the frames of an error",
        "script_error",
        "Error.prepareStackTrace = (e, f) => f.map(x => x.getFunction()); const f = new Error().stack; "
        "return {n: typeof f[1]('run', '{}')};",
    ),
    Hostile(
        "the frames' this",
        "script_error",
        "Error.prepareStackTrace = (e, f) => f; const f = new Error().stack; return {n: f.map(x => typeof "
        "x.getThis())[0].x.y};",
    ),
    Hostile(
        "captureStackTrace",
        "value",
        "const o = {}; Error.captureStackTrace(o); return {n: /harness|forged/.test(String(o.stack)) ? 'forged' : 1};",
    ),
    Hostile(
        "the caller of a sloppy function",
        "script_error",
        "function f() { return f.caller; } return {m: f()('run', '{}')};",
    ),
    Hostile("new.target", "script_error", "return {m: new.target.constructor('return {forged: 1}')()};"),
    Hostile("super", "script_error", "return {m: super.x};"),
    Hostile("await at the top", "script_error", "return {m: await 1};"),
    Hostile("yield at the top", "script_error", "'use strict'; return {m: yield 1};"),
    Hostile("leaving by a regular expression", "script_error", "return {a: /}/.test('}')};}\n/*"),
    Hostile("leaving by a line separator", "script_error", "return {};}\u2028globalThis.forged = 1;{"),
    Hostile("leaving by a carriage return", "script_error", "return {};\r}\rglobalThis.forged = 1;\r{"),
    Hostile("leaving and coming back", "script_error", "}\nthrow 0;\nfunction script(){\nreturn {forged: 1};"),
    Hostile("leaving by a class", "script_error", "} class X { static { globalThis.forged = 1; } } {"),
    Hostile("leaving by a label", "script_error", "} a: { globalThis.forged = 1 } function b() {"),
    Hostile(
        "a function that hoists over it", "script_error", "} function script(){\nreturn {forged: 1} } function c() {"
    ),
    Hostile(
        "a getter named script",
        "value",
        "Object.defineProperty(globalThis, 'script', {get: () => 'forged'}); return {a: 1};",
    ),
    Hostile("a getter named script for the next", "value", "globalThis.script = () => ({forged: 1}); return {a: 1};"),
    Hostile("a comment at the end", "value", "return {a: 1} //"),
    Hostile("a byte order mark", "value", "\ufeffreturn {a: 1};"),
    Hostile(
        "thousands of variables",
        "value",
        "var " + ",".join(f"v{i}" for i in range(9000)) + "; return {a: v1 === undefined};",
    ),
    Hostile("a long identifier", "value", "var " + "a" * 60000 + " = 1; return {a: 1};"),
    Hostile(
        "thousands of parameters", "value", "return {a: ((" + ",".join(f"v{i}" for i in range(8000)) + ") => 1)()};"
    ),
    Hostile(
        "a switch of thousands",
        "value",
        "switch (1) {" + "".join(f"case {i}:" for i in range(5000)) + "} return {a: 1};",
    ),
]
