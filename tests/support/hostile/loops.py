"""Loops that the engine sees, and those that only the parent's clock ends."""

from tests.support.hostile.script import Hostile

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
    Hostile("unicode class", "script_timeout", "/^(?:\\p{L}+)+$/u.test('a'.repeat(60) + '1');"),
    Hostile("native reverse", "script_timeout", "[].reverse.call({length: 2 ** 53 - 1});"),
    Hostile(
        "native map over a proxy",
        "script_timeout",
        "[].every.call(new Proxy({}, {has: () => true, get: (t, k) => k === 'length' ? 2 ** 53 - 1 : 1}), () => true);",
    ),
    Hostile("join of a long one", "script_timeout", "[].join.call({length: 2 ** 53 - 1}, '');"),
    Hostile("a reviver", "script_timeout", "JSON.parse('[1]', () => { for (;;) {} });"),
    Hostile("a replacer", "script_timeout", "JSON.stringify({a: 1}, () => { for (;;) {} });"),
    Hostile("toPrimitive that loops", "script_timeout", "'' + {[Symbol.toPrimitive]() { for (;;) {} }};"),
    Hostile("hasInstance that loops", "script_timeout", "1 instanceof {[Symbol.hasInstance]() { for (;;) {} }};"),
    Hostile(
        "species that loops",
        "script_timeout",
        "const a = [1]; a.constructor = {get [Symbol.species]() { for (;;) {} }}; a.map(x => x);",
    ),
    Hostile("a trap under with", "script_timeout", "with (new Proxy({}, {has() { for (;;) {} }})) { x; }"),
    Hostile("a finally that goes on", "script_timeout", "while (true) { try { break; } finally { continue; } }"),
    Hostile(
        "a generator that will not return",
        "script_timeout",
        "function* h() { try { yield 1; } finally { for (;;) {} } } for (const x of h()) break;",
    ),
    Hostile("a static block", "script_timeout", "class A { static { for (;;) {} } }"),
    Hostile("a class field", "script_timeout", "class A { x = (() => { for (;;) {} })(); } new A();"),
    Hostile(
        "a getter on the array prototype",
        "script_timeout",
        "Object.defineProperty(Array.prototype, 0, {get() { for (;;) {} }}); return {a: new Array(1)};",
    ),
    Hostile(
        "a proxy as the array prototype's prototype",
        "script_timeout",
        "Object.setPrototypeOf(Array.prototype, new Proxy({}, {get() { for (;;) {} }})); return {a: new Array(3)};",
    ),
    Hostile(
        "thenable on the way out", "script_timeout", "return {then() { for (;;) {} }, x: {get y() { for (;;) {} }}};"
    ),
    Hostile("a power of ten thousand digits", "script_timeout", "let x = 7n ** 60000n; for (;;) String(x);"),
    Hostile("a normalisation", "script_timeout", "const s = '\\u0344'.repeat(100000); for (;;) s.normalize('NFKD');"),
    Hostile(
        "a throw in a loop with errors",
        "script_timeout",
        "for (;;) { try { throw new Error('x'.repeat(1000)); } catch {} }",
    ),
    Hostile(
        "indexOf of a long text",
        "script_timeout",
        "const s = 'a'.repeat(4e6); for (;;) s.indexOf('a'.repeat(1e5) + 'b');",
    ),
]
