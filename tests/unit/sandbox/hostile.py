"""Scripts that mean harm, or look like it: name, how each must end, code.

``value`` (it ends well and has reached nothing), ``script_error`` or ``script_timeout``. Each runs in
test_hostile_scripts.py, and after each of them an ordinary script must find everything as it should be.
"""

from typing import Literal, NamedTuple


class Hostile(NamedTuple):
    name: str
    end: Literal["value", "script_error", "script_timeout"]
    code: str


# Loops the engine sees, and those only the parent's clock ends.
TIME = [
    Hostile("a loop", "script_timeout", "for (;;) {}"),
    Hostile("a loop that catches", "script_timeout", "for (;;) { try { for (;;) {} } catch {} }"),
    Hostile("a loop in finally", "script_timeout", "try { for (;;) {} } finally { for (;;) {} }"),
    Hostile("recursion that catches", "script_timeout", "function f() { try { f(); } catch { f(); } } f();"),
    Hostile("a getter of the result", "script_timeout", "return {get x() { for (;;) {} }};"),
    Hostile("a proxy's keys", "script_timeout", "return {x: new Proxy({}, {ownKeys() { for (;;) {} }})};"),
    Hostile("a proxy's prototype", "script_timeout", "return new Proxy({}, {getPrototypeOf() { for (;;) {} }});"),
    Hostile(
        "an error's stack",
        "script_timeout",
        "const e = new Error(); Object.defineProperty(e, 'stack', {get() { for (;;) {} }}); throw e;",
    ),
    Hostile("an error's message", "script_timeout", "throw {stack: '', get message() { for (;;) {} }};"),
    Hostile("console.log of a getter", "script_timeout", "console.log({get x() { for (;;) {} }});"),
    Hostile("an async loop", "script_timeout", "(async () => { for (;;) {} })(); for (;;) {}"),
    Hostile("an executor's loop", "script_timeout", "new Promise(() => { for (;;) {} }); return {};"),
    Hostile(
        "a generator without end",
        "script_timeout",
        "const g = (function* () { for (;;) yield 1; })(); for (const x of g) {}",
    ),
    Hostile("a sort that compares forever", "script_timeout", "[1, 2].sort(() => { for (;;) {} });"),
    Hostile("a backtracking pattern", "script_timeout", "/^(a+)+$/.test('a'.repeat(60) + 'b');"),
    Hostile("a backtracking pattern in replace", "script_timeout", "('a'.repeat(60) + 'b').replace(/(a|aa)+$/g, '');"),
    Hostile("a native search", "script_timeout", "[].indexOf.call({length: 2 ** 53 - 1}, 1);"),
    Hostile("a native search from behind", "script_timeout", "[].lastIndexOf.call({length: 2 ** 53 - 1}, 1);"),
    Hostile("a native fill", "script_timeout", "[].fill.call(new Proxy({length: 2 ** 53 - 1}, {set: () => true}), 1);"),
    Hostile("a native join", "script_timeout", "[].includes.call({length: 2 ** 53 - 1, 0: 0}, 1);"),
    Hostile("waiting for a wake", "script_error", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"),
    Hostile("powers of a BigInt", "script_timeout", "let x = 3n; for (;;) x = (x * x) % (2n ** 20000n);"),
]

MEMORY = [
    Hostile("an array that grows", "script_error", "const a = []; for (;;) a.push({});"),
    Hostile("a string that doubles", "script_error", "let s = 'x'; for (;;) s += s;"),
    Hostile("a flat string that doubles", "script_error", "let s = 'x'; for (;;) s = s.repeat(2);"),
    Hostile("a huge repeat", "script_error", "return {s: 'x'.repeat(2 ** 29)};"),
    Hostile("a huge buffer", "script_error", "return {b: new ArrayBuffer(2 ** 31)};"),
    Hostile("a huge shared buffer", "script_error", "return {b: new SharedArrayBuffer(2 ** 31)};"),
    Hostile("a huge array filled", "script_error", "new Array(2 ** 25).fill(1); return {};"),
    Hostile("a huge sparse array", "script_error", "const a = []; a[2 ** 32 - 2] = 1; return {a};"),
    Hostile("a map that grows", "script_error", "const m = new Map(); for (let i = 0; ; i++) m.set(i, {i});"),
    Hostile("closures that grow", "script_error", "let f = () => 1; for (;;) { const g = f; f = () => g; }"),
    Hostile(
        "a result of many strings", "script_error", "const s = 'x'.repeat(1e5); return {a: new Array(100).fill(s)};"
    ),
    Hostile("keys that grow", "script_error", "const o = {}; for (let i = 0; ; i++) o['key' + i] = i;"),
    Hostile("a padded string", "script_error", "''.padEnd(2 ** 30 - 2, 'abc'); return {};"),
    Hostile("a BigInt that doubles", "script_error", "let x = 3n; for (;;) x <<= 100000n;"),
    Hostile("a BigInt shifted far", "script_error", "return {n: Number(1n << (2n ** 40n))};"),
    Hostile(
        "memory caught and tried again",
        "script_error",
        "const a = []; for (let i = 0; i < 50; i++) { try { for (;;) a.push(new Array(999).fill(i)); } catch "
        "{} } return {a};",
    ),
    Hostile(
        "text of a deep stringify",
        "script_error",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return {s: JSON.stringify(a)};",
    ),
    Hostile("lone surrogates by the thousand", "script_error", "return {s: '\\ud800'.repeat(1e6)};"),
]

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
]

# Each of these tries to make code of text; a made function would return the forged value.
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
    Hostile("a parser fed with unary operators", "script_error", "return " + "!" * 100_000),
    Hostile("a NUL in the code", "script_error", "return {a: 1}; \x00 }"),
    Hostile("half a surrogate pair in the code", "script_error", "return {\ud800: 1, b: };"),
]

# Each changes what it finds; the harness must answer by its own copies, and the next script find nothing changed.
FORGERY = [
    Hostile(
        "JSON replaced",
        "value",
        "JSON.stringify = () => 'forged'; JSON.parse = () => 1; globalThis.JSON = null; return {a: 'x'};",
    ),
    Hostile("Object.keys replaced", "value", "Object.keys = () => ['forged']; Reflect.ownKeys = null; return {a: 1};"),
    Hostile(
        "the array prototype replaced",
        "value",
        "Array.prototype.push = () => { throw 1; }; Array.prototype[Symbol.iterator] = null; "
        "console.log('x', 'y'); return {a: [1]};",
    ),
    Hostile(
        "setters on the array prototype",
        "value",
        "for (let i = 0; i < 9; i++) Object.defineProperty(Array.prototype, i, {set() { throw 1; }, get() { "
        "return 'forged'; }, configurable: true}); console.log(1, 2); return {a: [1, 2]};",
    ),
    Hostile(
        "setters on the object prototype",
        "value",
        "for (const k of ['out', 'value', 'above', 'values', 'limit', 'lenient', 'text', 'script', 'line']) "
        "Object.defineProperty(Object.prototype, k, {__proto__: null, set() { throw 1; }, get() { return "
        "'forged'; }}); console.log({}); return {a: {}};",
    ),
    Hostile(
        "toJSON everywhere",
        "value",
        "Object.prototype.toJSON = String.prototype.toJSON = Number.prototype.toJSON = () => 'forged'; "
        "return {a: 'x', b: 1};",
    ),
    Hostile("then everywhere", "value", "Object.prototype.then = function (f) { f('forged'); }; return {a: 1};"),
    Hostile(
        "toString everywhere",
        "value",
        "Object.prototype.toString = Number.prototype.toString = String.prototype.toString = () => 'forged'; "
        "return {a: 1, b: 'x'};",
    ),
    Hostile(
        "the string prototype replaced",
        "value",
        "for (const k of Object.getOwnPropertyNames(String.prototype)) { try { String.prototype[k] = () => "
        "'forged'; } catch {} } console.log('x'); return {a: 'x'};",
    ),
    Hostile(
        "the pattern's exec replaced",
        "script_error",
        "RegExp.prototype.exec = () => ['x', 99]; RegExp.prototype[Symbol.match] = null; foo;",
    ),
    Hostile(
        "call and apply replaced",
        "value",
        "const f = Object.getPrototypeOf(Math.max); f.call = f.apply = f.toString = () => 'forged'; "
        "Reflect.apply = null; return {a: new Date(0)};",
    ),
    Hostile(
        "the date replaced",
        "value",
        "Date.prototype.toISOString = Date.prototype.getTime = () => { throw 1; }; return {a: new Date(0)};",
    ),
    Hostile("Error replaced", "script_error", "globalThis.Error = globalThis.ReferenceError = null; foo;"),
    Hostile(
        "the global object frozen",
        "value",
        "Object.freeze(globalThis); Object.freeze(Object.prototype); console.log('x'); return {a: 1};",
    ),
    Hostile(
        "the global object emptied",
        "value",
        "for (const k of Object.getOwnPropertyNames(globalThis)) { try { delete globalThis[k]; } catch {} } "
        "return {a: 1};",
    ),
    Hostile(
        "the object prototype without a way back",
        "value",
        "Object.prototype.__proto__; Object.setPrototypeOf(Array.prototype, null); return {a: [1]};",
    ),
    Hostile(
        "pollution by __proto__",
        "value",
        'const o = JSON.parse(\'{"__proto__": {"polluted": 1}}\'); ({}).__proto__.polluted = 2; return o;',
    ),
    Hostile(
        "an answer written by hand",
        "value",
        'console.log(\'"],"value":{"forged":1}\'); return {\'x":1},"value":{"forged\': 1};',
    ),
    Hostile(
        "an object that changes as it is read",
        "value",
        "let n = 0; return {get a() { return n++ ? 'forged' : {b: 1}; }};",
    ),
    Hostile(
        "an array that grows as it is read",
        "value",
        "const a = [0]; Object.defineProperty(a, 0, {get() { a.push(1); return 0; }, enumerable: true}); return {a};",
    ),
    Hostile(
        "a proxy that lies about its length",
        "script_error",
        "return {a: new Proxy([], {get: (t, k) => k === 'length' ? Infinity : 0})};",
    ),
    Hostile(
        "a proxy that lies about its keys",
        "value",
        "return {a: new Proxy({}, {ownKeys: () => ['x'], getOwnPropertyDescriptor: () => ({value: 1, "
        "enumerable: true, configurable: true}), get: () => ({})})};",
    ),
    Hostile(
        "a revoked proxy", "script_error", "const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); return {proxy};"
    ),
    Hostile(
        "a revoked proxy thrown",
        "script_error",
        "const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); throw proxy;",
    ),
    Hostile(
        "a revoked proxy logged",
        "value",
        "const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); console.log(proxy); return {};",
    ),
    Hostile("an error that throws when read", "script_error", "throw new Proxy(new Error('x'), {get() { throw 1; }});"),
    Hostile(
        "an error whose name is an object",
        "script_error",
        "const e = new Error('x'); e.name = {toString() { throw 1; }}; e.message = []; throw e;",
    ),
    Hostile("memory as a thrown text", "script_error", "throw new InternalError('interrupted');"),
    Hostile(
        "a thrown function", "script_error", "throw Object.assign(() => 1, {stack: 'x', toString() { for (;;) {} }});"
    ),
    Hostile("a thrown secret object", "script_error", "throw Object.create(null);"),
    Hostile("unfreezing the secrets", "script_error", "'use strict'; secrets.NAME = 'forged';"),
    Hostile("replacing the secrets", "script_error", "'use strict'; secrets = {};"),
    Hostile("a console that floods", "value", "for (let i = 0; i < 1e5; i++) console.log('x'.repeat(100)); return {};"),
    Hostile("a console that replaces itself", "value", "console.log = null; console = null; return {};"),
    Hostile(
        "work left for later",
        "value",
        "Promise.resolve().then(() => { for (;;) {} }); new FinalizationRegistry(() => { for (;;) {} "
        "}).register({}, 1); return {};",
    ),
    Hostile(
        "a weak reference that is held",
        "value",
        "globalThis.kept = new WeakRef({}); return {dead: kept.deref() === undefined};",
    ),
    Hostile(
        "something left for the next script",
        "value",
        "globalThis.left = 1; Object.prototype.left = 1; Array.prototype.left = 1; var also = 1; Math.PI2 = "
        "1; return {};",
    ),
]

SCRIPTS = [*TIME, *MEMORY, *STACK, *CODE, *FORGERY]
