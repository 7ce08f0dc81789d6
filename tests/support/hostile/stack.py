"""Recursion and nesting, of calls, of values and of the script's own text."""

from tests.support.hostile.script import Hostile

STACK = [
    Hostile("recursion", "script_error", "function f() { f(); } f();"),
    Hostile("recursion by getter", "script_error", "const o = {get x() { return this.x; }}; return o;"),
    Hostile("recursion by toString", "script_error", "const o = {toString() { return '' + this; }}; '' + o;"),
    Hostile("recursion by proxy", "script_error", "const p = new Proxy({}, {get(t, k, r) { return r[k]; }}); p.x;"),
    Hostile(
        "recursion by a proxy's own prototype",
        "script_error",
        "const p = new Proxy({}, {}); Object.setPrototypeOf(p, p); p.x; throw 1;",
    ),
    Hostile("a result nested deep", "script_error", "let a = {}; for (let i = 0; i < 1e5; i++) a = {a}; return a;"),
    Hostile(
        "a result that nests as it is read",
        "script_error",
        "const nest = () => ({get x() { return nest(); }}); return nest();",
    ),
    Hostile("a parse nested deep", "script_error", "return {a: JSON.parse('['.repeat(1e6))};"),
    Hostile("a pattern nested deep", "script_error", "new RegExp('('.repeat(1e5) + ')'.repeat(1e5)); throw 1;"),
    Hostile(
        "a bound function of bound functions",
        "script_error",
        "let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(); f(); throw 1;",
    ),
    Hostile(
        "an array joined with itself inside", "script_error", "const a = []; a.push(a, [a]); return {s: String(a)};"
    ),
    Hostile("flattening without end", "script_error", "const a = []; a.push(a); return {a: a.flat(Infinity)};"),
    Hostile(
        "recursion by toJSON", "script_error", "const o = {toJSON() { return JSON.stringify(o); }}; JSON.stringify(o);"
    ),
    Hostile("recursion by valueOf", "script_error", "const o = {valueOf() { return +o; }}; +o;"),
    Hostile("recursion by a sort", "script_error", "function f() { [2, 1].sort(f); } f();"),
    Hostile("recursion by replace", "script_error", "function f() { 'a'.replace(/a/, f); } f();"),
    Hostile("recursion by a constructor", "script_error", "class A { constructor() { new A(); } } new A();"),
    Hostile("recursion by Reflect.apply", "script_error", "function f() { Reflect.apply(f, null, []); } f();"),
    Hostile(
        "recursion by a proxy trap chain",
        "script_error",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x; throw p;",
    ),
    Hostile(
        "a chain of prototypes",
        "script_error",
        "let o = {}; for (let i = 0; i < 1e5; i++) o = Object.create(o); return {a: o.x, b: o};",
    ),
    Hostile("recursion by iterators", "script_error", "function* h() { yield* h(); } for (const x of h()) {}"),
    Hostile("recursion by a reviver", "script_error", "function f() { JSON.parse('[1]', f); } f();"),
    Hostile(
        "recursion by logging",
        "script_error",
        "const o = {get x() { console.log(o); return o; }}; console.log(o); throw 1;",
    ),
    Hostile(
        "recursion by getter of the error", "script_error", "const e = {get stack() { return e.stack; }}; throw e;"
    ),
    Hostile("nested templates", "script_error", "return " + "`${" * 3000 + "1" + "}`" * 3000 + ";"),
    Hostile("nested conditionals", "script_error", "return {a: " + "1?" * 12000 + "1" + ":1" * 12000 + "};"),
    Hostile("nested classes", "script_error", "class A{static{" * 3000 + "}}" * 3000),
    Hostile("a chain of members", "value", "const a = {}; return {x: a" + "?.a" * 20000 + "};"),
    Hostile("a sum of thousands", "value", "return {x: " + "1+" * 30000 + "1};"),
    Hostile("an else-if chain", "script_error", "if (0) {}" + "else if (0) {}" * 4000),
    Hostile("nested parentheses", "script_error", "return {x: " + "(" * 15000 + "1" + ")" * 15000 + "};"),
    Hostile("nested patterns", "script_error", "return {x: /" + "(?:" * 5000 + "a" + ")" * 5000 + "/.test('a')};"),
    Hostile(
        "nested JSON as data", "script_error", "return JSON.parse('{\"a\":'.repeat(20000) + '1' + '}'.repeat(20000));"
    ),
]
