// Runs one script in a fresh context. Evaluates to a function (request, text) => text; nothing of it is reachable from
// the script. The script may redefine every global and prototype, so the harness uses only what it captured here
// before, writes only to its own variables and to objects without a prototype, and returns errors as data.
(function () {
  'use strict';

  const MAX_DEPTH = 100, MAX_VALUES = 200000, MAX_RESULT = 1048576, MAX_MESSAGE = 1000, MAX_LOGS = 8192;
  const TOO_LARGE = 2 ** 53;
  const OPENING = 'function script(){\n', CLOSING = '\n}';

  const world = globalThis, compile = world.eval;
  const { apply, defineProperty, deleteProperty, getPrototypeOf } = Reflect;
  const { keys, freeze } = Object, { isArray } = Array, { isFinite } = Number, { abs } = Math;
  const { parse, stringify: quote } = JSON;
  const method = (f) => (self, ...args) => apply(f, self, args);
  const slice = method(String.prototype.slice), wellFormed = method(String.prototype.toWellFormed);
  const startsWith = method(String.prototype.startsWith), search = method(RegExp.prototype.exec);
  const sourceOf = method(Function.prototype.toString);
  const getTime = method(Date.prototype.getTime), isoText = method(Date.prototype.toISOString);
  const boxes = [Number, String, Boolean, BigInt];
  const unboxers = [method(Number.prototype.valueOf), method(String.prototype.valueOf),
    method(Boolean.prototype.valueOf), method(BigInt.prototype.valueOf)];
  const ObjectPrototype = Object.prototype;
  const kinds = [[Promise, 'a Promise (asynchronous scripts are not supported)'], [Date, 'a Date'], [Map, 'a Map'],
    [Set, 'a Set'], [RegExp, 'a RegExp'], [Error, 'an Error']];
  for (let i = 0; i < kinds.length; i++) kinds[i] = { __proto__: null, prototype: kinds[i][0].prototype, name: kinds[i][1] };
  for (let i = 0; i < boxes.length; i++) boxes[i] = boxes[i].prototype;

  const refusal = { __proto__: null, text: '' };
  const exact = { __proto__: null };
  let logs = '', room = MAX_LOGS;

  function refuse(text) {
    refusal.text = text;
    throw refusal;
  }

  // ---- values to JSON text -------------------------------------------------------------------------------------

  // A Date as its ISO text and boxed primitives as primitives, recognized by their inside and not by what they say.
  function bare(value) {
    if (typeof value !== 'object' || value === null || isArray(value)) return value;
    const prototype = getPrototypeOf(value);
    if (prototype === ObjectPrototype || prototype === null) return value;
    let time = null;
    try { time = getTime(value); } catch { time = null; }
    if (time !== null) return time === time ? isoText(value) : null;
    for (let i = 0; i < 4; i++) {
      try { return unboxers[i](value); } catch { /* not this one */ }
    }
    return value;
  }

  function absent(value) {
    return value === undefined || typeof value === 'function' || typeof value === 'symbol';
  }

  function put(writer, text) {
    writer.out += text;
    if (writer.out.length > writer.limit) refuse("The script's result is over 1 MB");
  }

  function string(writer, text) {
    if (text.length > writer.limit) {
      if (!writer.lenient) refuse("The script's result is over 1 MB");
      text = slice(text, 0, writer.limit);
    }
    return quote(wellFormed(text));
  }

  // A double that stands for a number the script was given is that number again (exact.py).
  function number(writer, value, above) {
    if (!isFinite(value)) return 'null';
    const digits = abs(value) < TOO_LARGE ? undefined : exact['' + abs(value)];
    if (digits === undefined || (digits === '' && writer.lenient)) return '' + value;
    if (digits === '') {
      refuse("The script's result has at '" + place(above) + "' a whole number beyond 2^53 that JavaScript cannot tell " +
        'from another one that the script was given; keep it as a text');
    }
    return (value < 0 ? '-' : '') + digits;
  }

  function place(above) {
    let path = '';
    for (let outer = above; outer !== null; outer = outer.above) path = outer.name + (path === '' ? '' : '.' + path);
    return slice(path, 0, 200);
  }

  function write(writer, given, depth, above) {
    const value = bare(given);
    if (++writer.values > MAX_VALUES) refuse("The script's result holds more than " + MAX_VALUES + ' values');
    if (value === null || absent(value)) return put(writer, 'null');
    if (typeof value === 'string') return put(writer, string(writer, value));
    if (typeof value === 'number') return put(writer, number(writer, value, above));
    if (typeof value === 'boolean') return put(writer, value ? 'true' : 'false');
    if (typeof value === 'bigint') {
      if (writer.lenient) return put(writer, '"' + value + 'n"');
      refuse("The script's result holds a BigInt, which JSON cannot carry: return Number(x) or String(x)");
    }
    for (let outer = above; outer !== null; outer = outer.above) {
      if (outer.value !== value) continue;
      if (writer.lenient) return put(writer, '"[circular]"');
      refuse("The script's result contains itself, which JSON cannot carry");
    }
    if (depth > MAX_DEPTH) refuse("The script's result is nested more than " + MAX_DEPTH + ' levels deep');
    const here = { __proto__: null, value, above, name: '' };
    if (isArray(value)) {
      const length = +value.length;
      put(writer, '[');
      for (let i = 0; i < length; i++) {
        if (i > 0) put(writer, ',');
        here.name = i;
        write(writer, value[i], depth + 1, here);
      }
      return put(writer, ']');
    }
    const names = keys(value);
    let first = true;
    put(writer, '{');
    for (let i = 0; i < names.length; i++) {
      const item = value[names[i]];
      if (absent(item)) continue;
      put(writer, (first ? '' : ',') + string(writer, names[i]) + ':');
      first = false;
      here.name = names[i];
      write(writer, item, depth + 1, here);
    }
    return put(writer, '}');
  }

  function describe(value) {
    if (isArray(value)) return 'an array';
    if (typeof value !== 'object') return 'a ' + typeof value;
    const prototype = getPrototypeOf(value);
    for (let i = 0; i < kinds.length; i++) if (kinds[i].prototype === prototype) return kinds[i].name;
    for (let i = 0; i < 4; i++) if (boxes[i] === prototype) return 'a ' + typeof bare(value) + ' object';
    return 'an instance of a class';
  }

  // Ruling 5: a plain object, or nothing.
  function result(value) {
    if (value === undefined || value === null) return 'null';
    const prototype = typeof value === 'object' && !isArray(value) ? getPrototypeOf(value) : refusal;
    if (prototype !== ObjectPrototype && prototype !== null) {
      refuse('The script must return a plain object, it returned ' + describe(value));
    }
    const writer = { __proto__: null, out: '', values: 0, limit: MAX_RESULT, lenient: false };
    write(writer, value, 1, null);
    return writer.out;
  }

  // ---- console -------------------------------------------------------------------------------------------------

  function shown(value, limit) {
    if (typeof value === 'string') return slice(value, 0, limit);
    if (typeof value === 'function') return '[function]';
    if (typeof value === 'bigint') return value + 'n';
    if (value === undefined || typeof value === 'symbol') return typeof value;
    const writer = { __proto__: null, out: '', values: 0, limit, lenient: true };
    if (typeof value === 'number') return isFinite(value) ? number(writer, value, null) : '' + value;
    try {
      const error = errorText(value);
      if (error !== null) return slice(error, 0, limit);
      write(writer, value, 1, null);
    } catch (problem) {
      if (problem !== refusal) return '[unreadable]';
    }
    return slice(writer.out, 0, limit);
  }

  // One character more than there is room for is kept, so that the reader of the logs sees that they were cut.
  function log(...args) {
    if (room < 0) return;
    let line = '';
    for (let i = 0; i < args.length && line.length <= room; i++) {
      line += (i > 0 ? ' ' : '') + shown(args[i], room + 1);
    }
    line = slice(line, 0, room + 1);
    room -= line.length + 1;
    logs += (logs === '' ? '' : ',') + quote(wellFormed(line));
  }

  // ---- errors --------------------------------------------------------------------------------------------------

  // "TypeError: message" of an error object, null of anything else. Reading it may run the script's code.
  function errorText(value) {
    if (typeof value !== 'object' || value === null || typeof value.stack !== 'string') return null;
    const name = value.name, message = value.message;
    return (typeof name === 'string' ? name : 'Error') + (typeof message === 'string' && message ? ': ' + message : '');
  }

  function withLine(text, line) {
    const suffix = line > 0 ? ' at line ' + line : '';
    return slice(text, 0, MAX_MESSAGE - suffix.length) + suffix;
  }

  function lineIn(stack, frame, last) {
    const found = search(frame, slice(stack, 0, 8000));
    const line = found === null ? 0 : found[1] - 1;
    return line > last ? last : line;
  }

  function explain(error, code, last) {
    try {
      if (error === refusal) return refusal.text;
      // The engine throws null where there is no memory left for an error object. Scripts hardly ever do.
      if (error === null && search(/\bthrow\s+null\b/, code) === null) return 'InternalError: out of memory';
      const text = errorText(error);
      if (text === null) return withLine('Error: ' + shown(error, MAX_MESSAGE), 0);
      if (text === 'InternalError: out of memory') return text;
      // A frame of JSON.parse has no brackets: its line is one of the parsed text.
      return withLine(text, lineIn(error.stack, /\(<input>:(\d+)/, last));
    } catch {
      return 'Error: the script threw a value that cannot be shown';
    }
  }

  // ---- the script ----------------------------------------------------------------------------------------------

  // Only called before the script runs: `split` is looked up.
  function lines(text) {
    return text.split('\n').length;
  }

  // Compiles without running anything: the text is parsed whole and its function hoisted before `throw` runs. That the
  // function's source is all that was written shows that the script did not close it and go on outside.
  function load(code) {
    const whole = OPENING + code + CLOSING, last = lines(code);
    const loaded = { __proto__: null, script: null, problem: '', line: 0 };
    try {
      compile('throw 0;' + whole);
    } catch (error) {
      if (error !== 0) {
        loaded.line = lineIn(error.stack, /at <input>:(\d+)/, last);
        loaded.problem = withLine(errorText(error), loaded.line);
        return loaded;
      }
    }
    const source = typeof world.script === 'function' ? sourceOf(world.script) : '';
    if (source === whole) {
      loaded.script = world.script;
      deleteProperty(world, 'script');
      return loaded;
    }
    if (source !== '' && startsWith(whole, source)) loaded.line = lines(source) - 1;
    loaded.problem = withLine("SyntaxError: a '}' without a '{' ends the script early", loaded.line);
    return loaded;
  }

  // The globals of ES2020 and nothing that makes code of text or reaches the stack's functions.
  function furnish(variables) {
    const absentees = ['eval', 'Function', 'queueMicrotask', 'DOMException', 'btoa', 'atob', 'performance'];
    for (let i = 0; i < absentees.length; i++) deleteProperty(world, absentees[i]);
    const functions = [function () {}, async function () {}, function* () {}, async function* () {}];
    for (let i = 0; i < functions.length; i++) deleteProperty(getPrototypeOf(functions[i]), 'constructor');
    deleteProperty(Error, 'prepareStackTrace');
    const global = (name, value, writable) =>
      defineProperty(world, name, { __proto__: null, value, writable, configurable: true, enumerable: false });
    global('console', { log, info: log, warn: log, error: log, debug: log }, true);
    global('input', variables.input, true);
    global('workflow_data', variables.workflow_data, true);
    global('context', variables.context, true);
    global('secrets', frozen(variables.secrets === undefined ? {} : variables.secrets), false);
  }

  function frozen(value) {
    if (typeof value !== 'object' || value === null) return value;
    const names = keys(value);
    for (let i = 0; i < names.length; i++) frozen(value[names[i]]);
    return freeze(value);
  }

  function answer(name, text) {
    return '{"' + name + '":' + text + ',"logs":[' + logs + ']}';
  }

  function run({ code, variables, exact: table = [] }) {
    for (let i = 0; i < table.length; i++) exact['' + table[i][0]] = table[i][1];
    const loaded = load(code);
    if (loaded.script === null) return answer('error', quote(wellFormed(loaded.problem)));
    const script = loaded.script, last = lines(code);
    furnish(variables);
    try {
      return answer('value', result(script()));
    } catch (error) {
      return answer('error', quote(wellFormed(explain(error, code, last))));
    }
  }

  function check({ code }) {
    const { script, problem, line } = load(code);
    return script === null ? '{"problem":' + quote(wellFormed(problem)) + ',"line":' + (line || null) + '}' : '{"problem":null}';
  }

  // The engine keeps a text that was put together as a tree, and its binding knows flat ones only: `slice` flattens.
  return function (request, text) {
    if (request === 'run') return slice(run(parse(text)), 0);
    if (request === 'check') return slice(check(parse(text)), 0);
    return slice('[' + logs + ']', 0);
  };
})()
