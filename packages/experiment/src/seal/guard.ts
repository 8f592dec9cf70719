/**
 * Puts a guard before a member of an object, and takes it away again.
 *
 * A guard asks `before` at each use and passes on to the real thing: arguments, `this`, `new`, every
 * property, the same prototype. It is a proxy and no look-alike, so a class stays the class that
 * `instanceof` knows. A member that a runtime has fixed to its object is left alone and reported.
 */

/** Called before each use; throws to refuse. `used` is how the call was written: `new Date()`. */
export type Before = (used: string, guard: (...args: never[]) => unknown) => void;

/** Takes a guard away. */
export type Restore = () => void;

type Callable = (...args: unknown[]) => unknown;

/** Puts a guard on one member. @returns undefined where there is none, or none that can be guarded. */
export function guardMember(
  object: object,
  name: string,
  options: { readonly called: string; readonly before: Before },
): Restore | undefined {
  const was = Object.getOwnPropertyDescriptor(object, name);
  if (was === undefined || was.configurable !== true) return undefined;
  const { called, before } = options;
  if (was.get !== undefined) {
    Object.defineProperty(object, name, { ...was, get: watched(was.get, called, before) });
  } else if (typeof was.value === "function") {
    Object.defineProperty(object, name, { ...was, value: guarded(was.value, called, before) });
  } else return undefined;
  return () => void Object.defineProperty(object, name, was);
}

function guarded(real: Callable, called: string, before: Before): unknown {
  const handler: ProxyHandler<Callable> = {
    apply(target, self, args) {
      before(`${called}()`, handler.apply as never);
      return Reflect.apply(target, self, args);
    },
    construct(target, args, made) {
      before(`new ${called}()`, handler.construct as never);
      return Reflect.construct(target, args, made) as object;
    },
  };
  return new Proxy(real, handler);
}

/** A getter that asks first: `performance.timeOrigin`, and globals that a runtime loads when asked for. */
function watched(real: () => unknown, called: string, before: Before): () => unknown {
  return function get(this: unknown): unknown {
    before(called, get);
    return Reflect.apply(real, this, []);
  };
}

/**
 * Puts a guard on `Date` itself: without arguments it is the time, with arguments only a form of them.
 *
 * `Date()` ignores its arguments and always tells the time.
 */
export function guardDate(before: Before): Restore {
  const was = Object.getOwnPropertyDescriptor(globalThis, "Date") as PropertyDescriptor;
  const real = Date;
  const handler: ProxyHandler<DateConstructor> = {
    apply(target, self, args) {
      before("Date()", handler.apply as never);
      return Reflect.apply(target, self, args) as string;
    },
    construct(target, args, made) {
      if (args.length === 0) before("new Date()", handler.construct as never);
      return Reflect.construct(target, args, made) as Date;
    },
  };
  const value = new Proxy(real, handler);
  Object.defineProperty(globalThis, "Date", { ...was, value });
  Object.defineProperty(real.prototype, "constructor", constructorOf(value));
  return () => {
    Object.defineProperty(globalThis, "Date", was);
    Object.defineProperty(real.prototype, "constructor", constructorOf(real));
  };
}

function constructorOf(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: false, configurable: true };
}
