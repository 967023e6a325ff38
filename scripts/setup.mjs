// Makes this checkout, or this installed package, ready to run: npm packages, libtensorflow, the Temporal server, the
// compiled addon, data. Says one line per step that did something, and nothing if nothing is to do.
//
//   npm run setup [-- --without-data] [--accelerator auto|cpu|cuda] [--only STEP,…]        installed: npx noisy-student doctor

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 11)) {
  console.error(`setup: Node.js ${process.versions.node} is too old, 20.11 or newer is needed · install it: https://nodejs.org`);
  process.exit(1);
}

// Imported only now: an older Node.js could not even read what follows, and would say so in its own words.
const { setUp } = await import('./setup/steps.mjs');
process.exitCode = await setUp(process.argv.slice(2), process.env);
