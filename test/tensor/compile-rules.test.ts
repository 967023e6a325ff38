import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePureStep, type NamedTensors, type PureStep } from '../../lib/tensor/compile.js';
import { compileStep } from '../../lib/tensor/compile-variables.js';
import { tf } from '../../lib/tensor/runtime.js';

const MODES = { compiled: {}, eager: { eager: true } };

for (const [mode, options] of Object.entries(MODES)) {
  test(`a step function that fails after it has assigned leaves the variables and the state as they were, and the next call works: ${mode}`, () => {
    const [counter, other] = [tf.variable(tf.scalar(10)), tf.variable(tf.scalar(7))];
    const step = compileStep(
      ({ by }) => {
        counter.assign(tf.add(counter, tf.sum(by!)));
        if (by!.shape[0] === 2) throw new Error('not two');
        return { counter: tf.add(counter, 0) };
      },
      { state: { counter }, ...options },
    );
    const count = (by: number[]) => number(step.run({ by: tf.tensor1d(by) })['counter']!);
    assert.throws(() => count([1, 1]), /^Error: not two$/); // before there is a recording
    assert.equal(count([1]), 11);
    assert.throws(() => count([1, 1]), /^Error: not two$/); // after it
    assert.equal(count([5]), 16);
    assert.deepEqual([number(counter), number(other)], [10, 7]);
    step.syncVariables();
    assert.equal(number(counter), 16);
    step.dispose();
    tf.dispose([counter, other]);
  });

  /** Next states of `{ a: [2] float32 }`. */
  const STATES: readonly (readonly [name: string, next: () => NamedTensors, message: RegExp])[] = [
    ['another shape', () => ({ a: tf.zeros([3]) }), /^RangeError: the state's a is \[3\], but must be \[2\]$/],
    ['another type', () => ({ a: tf.zeros([2], 'int32') }), /^RangeError: the state's a is int32, but must be float32$/],
    ['nothing', () => ({}), /^RangeError: the state's a is missing, but must be \[2\]$/],
  ];

  for (const [name, next, message] of STATES) {
    test(`${name} in the place of a tensor of the state is refused by the tensor's name, from a step and from outside: ${mode}`, () => {
      const step = compilePureStep((state, { x }) => ({ state: next(), outputs: { sum: tf.add(state['a']!, x!) } }), { a: tf.tensor1d([1, 2]) }, options);
      assert.throws(() => step.run({ x: tf.scalar(1) }), message);
      assert.throws(() => step.writeState(next()), message);
      assert.deepEqual([...step.readState()['a']!.dataSync()], [1, 2]);
      step.dispose();
    });
  }

  test(`what is no tensor is refused by its name, going in and coming out: ${mode}`, () => {
    const gone = tf.scalar(1);
    gone.dispose();
    const same: PureStep = (state, { x }) => ({ state, outputs: { x: tf.add(x!, 0) } });
    const nothing: PureStep = (state) => ({ state, outputs: { loss: null as unknown as tf.Tensor } });
    const run = (step: PureStep, x: unknown) => compilePureStep(step, {}, options).run({ x: x as tf.Tensor });
    assert.throws(() => run(same, 5), /^TypeError: the input x is 5, but must be a tensor$/);
    assert.throws(() => run(same, gone), /^TypeError: the input x is a tensor that was disposed$/);
    assert.throws(() => run(nothing, tf.scalar(1)), /^TypeError: the output loss is null, but must be a tensor$/);
  });

  test(`outputs and copies of the state belong to the scope around the call: ${mode}`, () => {
    const w = tf.variable(tf.scalar(1));
    const step = compileStep(({ x }) => (w.assign(tf.add(w, x!)), { w: tf.add(w, 0) }), { state: { w }, ...options });
    const use = () => {
      step.readState(); // before the first run too
      step.run({ x: tf.scalar(1) });
      step.readState();
      step.syncVariables();
    };
    tf.tidy(use); // a compiled step hands its first state over to the graph
    const before = tf.memory().numTensors;
    tf.tidy(use);
    assert.equal(tf.memory().numTensors, before);
    step.dispose();
    w.dispose();
  });
}

test('a step whose optimiser has made no variables yet is refused by name; made anew and run once before, it compiles', () => {
  const w = tf.variable(tf.scalar(2), true, 'w');
  const minimising = (optimiser = tf.train.adam(0.1)) => ({
    step: () => ({ loss: optimiser.minimize(() => tf.square<tf.Scalar>(w), true)! }),
  });
  const before = tf.memory().numTensors;
  const early = minimising();
  const compiled = compileStep(early.step);
  assert.throws(() => compiled.run({}), {
    code: 'COMPILE_UNSUPPORTED',
    message: /the step makes the variable \S+ .* call it once, with a new optimiser, before it is compiled/,
  });
  compiled.dispose();
  assert.equal(number(w), 2);
  assert.equal(tf.memory().numTensors, before + 2); // Adam's own two, from its constructor

  const late = minimising();
  late.step().loss.dispose();
  const [one, other] = [compileStep(late.step), compileStep(late.step, { eager: true })];
  for (let i = 0; i < 4; i++) assert.ok(Math.abs(number(one.run({})['loss']!) - number(other.run({})['loss']!)) < 1e-6);
  one.dispose();
  other.dispose();
  tf.disposeVariables();
});

test('a step that assigns a variable outside of its state is refused by the name, and the variable is put back', () => {
  const [w, steps] = [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(0), false, 'steps')];
  const step = compileStep(() => (steps.assign(tf.add(steps, 1)), { w: tf.mul(w, steps) }), { state: { w } });
  assert.throws(() => step.run({}), {
    code: 'COMPILE_UNSUPPORTED',
    message: /the step assigns the variable steps, which is not in its state .* add it to `state`/,
  });
  assert.equal(number(steps), 0);
  step.dispose();
  tf.dispose([w, steps]);
});

test('a disposed step says so, and can be disposed again', () => {
  const step = compilePureStep((state, { x }) => ({ state, outputs: { x: tf.add(x!, state['a']!) } }), { a: tf.scalar(1) });
  step.run({ x: tf.scalar(1) });
  step.dispose();
  step.dispose();
  for (const use of [() => step.run({ x: tf.scalar(1) }), () => step.readState(), () => step.writeState({ a: tf.scalar(1) })])
    assert.throws(use, /the compiled step was disposed/);
});

function number(tensor: tf.Tensor): number {
  return tensor.dataSync()[0]!;
}

test('large numbers that become indices are valid ones while a step is recorded', () => {
  const table = tf.range(0, 100, 1, 'float32');
  const step = compilePureStep((state, { x, u }) => {
    const large = tf.mul(x!, 1e6);
    const indices = tf.cast(tf.mul(u!, 100), 'int32');
    return { state, outputs: { taken: tf.gatherND(table, tf.expandDims(indices, -1)), large } };
  }, {});
  const [x, u] = [tf.ones([64, 64]), tf.fill([64, 64], 0.25)];
  const { taken, large } = step.run({ x, u });
  assert.deepEqual([taken!.dataSync()[4000], large!.dataSync()[0]], [25, 1e6]);
  step.dispose();
});

test('a large tensor that a step keeps from its first recording is refused in the second, not taken for its zeros', () => {
  let kept: tf.Tensor | undefined;
  const step = compilePureStep((state, { x }) => {
    kept ??= tf.keep(tf.mul(tf.ones([64, 64]), 3));
    return { state, outputs: { y: tf.add(tf.sum(x!), tf.sum(kept)) } };
  }, {});
  assert.equal(step.run({ x: tf.ones([2]) })['y']!.dataSync()[0], 2 + 3 * 64 * 64);
  assert.throws(() => step.run({ x: tf.ones([3]) }), { code: 'COMPILE_UNSUPPORTED', message: /keeps a tensor of an earlier recording/ });
  step.dispose();
});

for (const [mode, options] of Object.entries(MODES)) {
  test(`a step that returns a variable returns what it holds after the step, and the program keeps it: ${mode}`, () => {
    const w = tf.variable(tf.scalar(1));
    const step = compileStep(
      () => {
        w.assign(tf.mul(w, 2));
        return { w };
      },
      { state: { w }, ...options },
    );
    assert.deepEqual(
      [1, 2, 3].map(() => step.run({})['w']!.dataSync()[0]),
      [2, 4, 8],
    );
    assert.equal(w.isDisposed, false);
    step.dispose();
    w.dispose();
  });

  test(`a step that returns an input leaves it to the caller: ${mode}`, () => {
    const x = tf.scalar(7);
    const step = compilePureStep((state, { x }) => ({ state, outputs: { x: x! } }), {}, options);
    assert.equal(step.run({ x })['x']!.dataSync()[0], 7);
    assert.equal(x.dataSync()[0], 7);
    step.dispose();
  });
}
