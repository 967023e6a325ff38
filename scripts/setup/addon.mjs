import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runProgram, SetupFailure } from './failure.mjs';
import { openFolder } from './place.mjs';

const COMPILER_REMEDY = 'install it: apt-get install g++ (Fedora: dnf install gcc-c++, macOS: xcode-select --install)';

/**
 * Compiles the bridge between Node.js and libtensorflow from the sources inside @tensorflow/tfjs-node-gpu, and
 * puts it where that package looks for it, or into `addonFolder`. It is compiled again only if one of its inputs is another one.
 */
export function compileAddon({ root, compiler, places, say, addonFolder }) {
  const packageFolder = folderOf('@tensorflow/tfjs-node-gpu', root);
  const headers = folderOf('node-api-headers', root);
  const args = compilerArguments(packageFolder, headers, places.libtensorflow.folder);
  const inputs = JSON.stringify({ package: versionOf(packageFolder), headers: versionOf(headers), compiler, args });
  const output = addonFolder ?? join(packageFolder, 'lib', 'napi-v8');
  if (isCompiledFrom(inputs, output)) return;

  openFolder(output);
  say(`addon: compiling against ${places.libtensorflow.bundle}`);
  const temporary = join(output, `tfjs_binding-${process.pid}`);
  const compiled = runProgram(compiler, [...args, '-o', temporary], { remedy: COMPILER_REMEDY });
  if (!compiled.ok) {
    rmSync(temporary, { force: true });
    throw new SetupFailure(`addon: ${compiler} cannot compile it: ${compiled.reason} · a C++17 compiler is needed: g++ 8, clang 7 or newer`);
  }
  // A process that has the old file loaded keeps it: a rename replaces the name, not the contents.
  renameSync(temporary, join(output, 'tfjs_binding.node'));
  writeFileSync(join(output, 'inputs.json'), inputs);
}

/** Of a package that this one needs: an installer may put it beside this one, or further up. */
function folderOf(name, root) {
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    throw new SetupFailure(`addon: the package ${name} is not installed for ${root} · install the packages again: npm install`);
  }
}

function compilerArguments(packageFolder, headers, libtensorflow) {
  const include = [join(headers, 'include'), packageFolder, join(libtensorflow, 'include')];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(packageFolder, 'binding', file));
  return [
    ...['-std=c++17', '-O2', '-w', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
    ...include.flatMap((folder) => ['-I', folder]),
    ...sources,
    ...librariesIn(libtensorflow),
    `-Wl,-rpath,${libtensorflow}`,
    // The symbols of Node-API come from the running node: macOS has to be told, Linux takes it for granted.
    ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
  ];
}

/** libtensorflow_cc.so.2 and libtensorflow_framework.so.2; on macOS …_cc.2.dylib and …_framework.2.dylib. */
function librariesIn(folder) {
  const libraries = readdirSync(folder).filter((file) => /^libtensorflow_(cc|framework)\.(so\.2|2\.dylib)$/.test(file));
  return libraries.sort().map((file) => join(folder, file));
}

function isCompiledFrom(inputs, output) {
  const stamp = join(output, 'inputs.json');
  return existsSync(join(output, 'tfjs_binding.node')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs;
}

function versionOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}
