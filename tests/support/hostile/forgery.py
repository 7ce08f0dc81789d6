"""Each changes what it finds, or shows what it is not; the harness must answer by its own copies, and the next script
find nothing changed."""

from tests.support.hostile.script import Hostile

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
    Hostile(
        "toWellFormed replaced",
        "value",
        "String.prototype.toWellFormed = String.prototype.slice = () => 'forged'; console.log('x'); return {a: 'x'};",
    ),
    Hostile(
        "writing null over the globals",
        "value",
        "for (const k of Object.getOwnPropertyNames(globalThis)) { try { globalThis[k] = null; } catch {} } "
        "return {a: 1};",
    ),
    Hostile("raw JSON", "value", "return {a: typeof JSON.rawJSON === 'function' ? JSON.rawJSON('1') : 1};"),
    Hostile(
        "an array with a lying length",
        "value",
        "class A extends Array { get length() { return 3; } } return {a: new A()};",
    ),
    Hostile("an array with names", "value", "const a = [1]; a.x = 'forged'; a.toJSON = () => 'forged'; return {a};"),
    Hostile("holes", "value", "return {a: [, 1, , ]};"),
    Hostile(
        "a date that lies",
        "value",
        "const d = new Date(0); d.getTime = () => 1; d.toISOString = () => 'forged'; d[Symbol.toPrimitive] = "
        "() => 'forged'; return {d};",
    ),
    Hostile("a date that is invalid", "value", "return {d: new Date(NaN), e: new Date(8.64e15)};"),
    Hostile(
        "a boxed value that lies",
        "value",
        "const s = new String('x'); s.valueOf = s.toString = () => 'forged'; return {s, n: Object(1n) && new "
        "Number(1)};",
    ),
    Hostile("a boxed BigInt", "script_error", "return {a: Object(1n)};"),
    Hostile("a symbol as key and value", "value", "return {[Symbol('forged')]: 1, a: Symbol('forged')};"),
    Hostile(
        "an own __proto__", "value", 'return JSON.parse(\'{"__proto__": {"x": 1}, "constructor": {"prototype": 1}}\');'
    ),
    Hostile("a class instance", "script_error", "return new (class A { forged = 1; })();"),
    Hostile("an array", "script_error", "return [1];"),
    Hostile("a function", "script_error", "return () => 1;"),
    Hostile("a promise of a result", "script_error", "return Promise.resolve({forged: 1});"),
    Hostile("an async function's result", "script_error", "return (async () => ({forged: 1}))();"),
    Hostile("a thenable", "value", "return {then(f) { f({forged: 1}); }};"),
    Hostile("a map and a set", "value", "return {m: new Map([[1, 2]]), s: new Set([1]), w: new WeakMap()};"),
    Hostile("a typed array", "value", "return {a: new Uint8Array(3), b: new ArrayBuffer(3)};"),
    Hostile("the global object", "value", "return globalThis;"),
    Hostile("the global object inside", "value", "return {g: globalThis};"),
    Hostile("this", "value", "return this;"),
    Hostile("the arguments", "value", "return arguments;"),
    Hostile("the secrets whole", "value", "return {s: secrets};"),
    Hostile("the console", "value", "return {c: console};"),
    Hostile("a cycle through an array", "script_error", "const a = []; a.push({a}); return {a};"),
    Hostile(
        "a cycle through a getter",
        "script_error",
        "const o = {}; Object.defineProperty(o, 'o', {get: () => ({o}), enumerable: true}); return o;",
    ),
    Hostile("one object many times", "value", "const o = {x: 1}; return {a: new Array(1000).fill(o)};"),
    Hostile("exactly a hundred levels", "value", "let a = {}; for (let i = 0; i < 98; i++) a = {a}; return a;"),
    Hostile("a hundred and two levels", "script_error", "let a = {}; for (let i = 0; i < 101; i++) a = {a}; return a;"),
    Hostile(
        "numbers at the edge", "value", "return {a: -0, b: 1e308 * 10, c: 2 ** 53 + 2, d: 5e-324, e: 1e21, f: NaN};"
    ),
    Hostile(
        "keys that look like ours",
        "value",
        "return {logs: ['forged'.length], value: 1, error: {code: 'x'}, fault: 'timeout', threads: 1, results: 2};",
    ),
    Hostile(
        "NUL and surrogates in keys", "value", "return {['\\u0000']: 1, ['\\ud800']: 2, ['\\udfff\\ud800']: '\\udc00'};"
    ),
    Hostile(
        "a non-enumerable result", "value", "const o = {}; Object.defineProperty(o, 'forged', {value: 1}); return o;"
    ),
    Hostile("a getter that throws", "script_error", "return {get a() { throw new Error('x'); }};"),
    Hostile("a frozen and sealed result", "value", "return Object.freeze({a: Object.seal({b: 1})});"),
    Hostile("a proxy of an array as the result", "value", "return {a: new Proxy([1, 2], {})};"),
    Hostile(
        "a proxy with a throwing prototype", "script_error", "return new Proxy({}, {getPrototypeOf() { throw 1; }});"
    ),
    Hostile(
        "a proxy that reports other keys", "script_error", "return {a: new Proxy({}, {ownKeys: () => ['a', 'a']})};"
    ),
    Hostile("a throw of undefined", "script_error", "throw undefined;"),
    Hostile("a throw of null", "script_error", "throw null;"),
    Hostile("a hidden throw of null", "script_error", "const n = null; throw n;"),
    Hostile("a throw of a symbol", "script_error", "throw Symbol('x');"),
    Hostile("a throw of a BigInt", "script_error", "throw 1n;"),
    Hostile("a throw of a long text", "script_error", "throw 'x'.repeat(1e6);"),
    Hostile("an error of a long message", "script_error", "throw new Error('x'.repeat(1e6));"),
    Hostile(
        "an error with NUL and surrogates",
        "script_error",
        "const e = new Error('\\u0000\\ud800'); e.name = '\\udc00'; throw e;",
    ),
    Hostile(
        "an error that says it ran out of memory",
        "script_error",
        "throw {stack: '', name: 'InternalError', message: 'out of memory'};",
    ),
    Hostile(
        "an error that says it was interrupted",
        "script_error",
        "throw {stack: '', name: 'InternalError', message: 'interrupted'};",
    ),
    Hostile(
        "a stack that is long", "script_error", "const e = new Error('x'); e.stack = '(<input>:'.repeat(1e5); throw e;"
    ),
    Hostile(
        "a stack with a line of its own",
        "script_error",
        "const e = new Error('x'); e.stack = 'at (<input>:99999999999999999999)'; throw e;",
    ),
    Hostile(
        "a stack with a negative line",
        "script_error",
        "const e = new Error('x'); e.stack = 'at (<input>:-5)'; throw e;",
    ),
    Hostile(
        "an aggregate of errors", "script_error", "const e = new AggregateError([1, 2], 'x'); e.errors = e; throw e;"
    ),
    Hostile("an error that is its own cause", "script_error", "const e = new Error('x'); e.cause = e; throw e;"),
    Hostile("a cycle thrown", "script_error", "const o = {}; o.o = o; throw o;"),
    Hostile("deleting a secret", "script_error", "'use strict'; delete secrets.NAME;"),
    Hostile("a prototype for the secrets", "script_error", "Object.setPrototypeOf(secrets, {forged: 1});"),
    Hostile("a secret by descriptor", "script_error", "Object.defineProperty(secrets, 'NAME', {value: 'forged'});"),
    Hostile("pollution through the secrets", "value", "Object.getPrototypeOf(secrets).polluted = 1; return {};"),
    Hostile(
        "pollution through the input",
        "value",
        "input.__proto__.polluted = 1; workflow_data.constructor.prototype.left = 1; return {};",
    ),
    Hostile("a replaced input", "value", "input = workflow_data = context = null; return {a: 1};"),
    Hostile(
        "a poisoned symbol",
        "value",
        "Object.prototype[Symbol.toStringTag] = 'forged'; Object.prototype[Symbol.toPrimitive] = () => "
        "'forged'; return {a: new Date(0), b: [1]};",
    ),
    Hostile(
        "iterators poisoned",
        "value",
        "Array.prototype[Symbol.iterator] = function* () { yield 'forged'; }; "
        "String.prototype[Symbol.iterator] = null; console.log(1, 2); return {a: [1]};",
    ),
    Hostile(
        "a console with formats",
        "value",
        "console.log('%s %d %j %c', 'a'); console.log(`\\u001b[2J\\u0000\\ud800`); return {};",
    ),
    Hostile(
        "a console with lines",
        "value",
        'console.log(\'a\\nb\\r\\nc\'); console.error(\'"],"value":{"forged":1}\'); return {};',
    ),
    Hostile(
        "a console that throws",
        "value",
        "console.log({toString() { throw 1; }, get a() { throw 2; }}); console.log(new Proxy(() => 1, {})); return {};",
    ),
    Hostile(
        "a console of ten megabytes", "value", "for (let i = 0; i < 100; i++) console.log('x'.repeat(1e5)); return {};"
    ),
    Hostile("a console of surrogates cut in two", "value", "console.log('x'.repeat(8190) + '😀😀😀'); return {};"),
    Hostile(
        "an object that counts its readers",
        "value",
        "let n = 0; return new Proxy({a: 1}, {get: () => ++n > 1 ? 'forged' : 1});",
    ),
    Hostile(
        "a finalizer",
        "value",
        "new FinalizationRegistry(() => { globalThis.left = 1; }).register({}, 1); let a = []; for (let i = "
        "0; i < 1e4; i++) a.push({}); return {};",
    ),
    Hostile(
        "a job that would change the next",
        "value",
        "Promise.resolve().then(() => { Object.prototype.left = 1; globalThis.forged = 1; }); return {a: 1};",
    ),
    Hostile(
        "atomics on what is shared",
        "value",
        "globalThis.left = new Int32Array(new SharedArrayBuffer(4)); Atomics.notify(left, 0); return {a: "
        "Atomics.add(left, 0, 1)};",
    ),
    Hostile("the clock", "value", "const t = Date.now(); while (Date.now() - t < 20) {} return {a: 1};"),
    Hostile("random numbers", "value", "Math.random = () => 'forged'; return {a: 1};"),
    Hostile("a date of the end of time", "value", "return {d: new Date(8.64e15 + 1), s: String(new Date(NaN))};"),
]
