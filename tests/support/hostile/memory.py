"""Memory that does not end."""

from tests.support.hostile.script import Hostile

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
    Hostile("an array from a length", "script_error", "return {a: Array.from({length: 2 ** 32})};"),
    Hostile("a spread of endless values", "script_error", "function* g() { for (;;) yield 1; }return {a: [...g()]};"),
    Hostile("split into letters", "script_error", "return {a: 'x'.repeat(5e6).split('')};"),
    Hostile("a BigInt of a million digits", "script_error", "return {s: String(BigInt('9'.repeat(1e6)) ** 9n)};"),
    Hostile("asUintN of a huge width", "script_error", "return {s: String(BigInt.asUintN(2 ** 53 - 1, -1n))};"),
    Hostile("typed arrays", "script_error", "const a = []; for (;;) a.push(new Float64Array(1e5));"),
    Hostile(
        "a resizable buffer",
        "script_error",
        "const b = new ArrayBuffer(8, {maxByteLength: 2 ** 33}); b.resize(2 ** 33);",
    ),
    Hostile(
        "a growing shared buffer",
        "script_error",
        "const b = new SharedArrayBuffer(8, {maxByteLength: 2 ** 33}); b.grow(2 ** 33);",
    ),
    Hostile(
        "generators held",
        "script_error",
        "const a = []; function* h() { const x = new Array(99).fill(1); yield x; } for (;;) { const i = h(); "
        "i.next(); a.push(i); }",
    ),
    Hostile("a template that doubles", "script_error", "let s = 'x'; for (;;) s = `${s}${s}`;"),
    Hostile("concat that doubles", "script_error", "let a = [1]; for (;;) a = a.concat(a);"),
    Hostile("JSON that doubles", "script_error", "let s = '\"'; for (;;) s = JSON.stringify(s);"),
    Hostile("arguments by the million", "script_error", "Math.max(...new Array(1e7).fill(1));"),
    Hostile("apply with a length", "script_error", "Math.max.apply(null, {length: 1e9});"),
    Hostile(
        "console of a million arguments",
        "script_error",
        "console.log(...new Array(2e5).fill('x'.repeat(50))); const a = []; for (;;) a.push([]);",
    ),
    Hostile("a string of escapes", "script_error", "return {s: '\\u0001'.repeat(400000)};"),
    Hostile("keys of a megabyte", "script_error", "return {['k'.repeat(1.1e6)]: 1};"),
    # Where the memory ends decides: about one layout in eight makes the engine spin, whatever ran before.
    Hostile(
        "Promise.all of endless values",
        "value or script_timeout",
        "function* g() { for (;;) yield 1; }Promise.all(g());",
    ),
    Hostile(
        "exec that never ends a replace", "script_error", "const r = /a/g; r.exec = () => ['']; 'a'.replace(r, '');"
    ),
]
