/** Stands between the outputs of two programs. */
const BORDER = '\u241e';

/** The page's programs as one, each of which goes on where the one before it ended, and its commands. */
export function programsOf(page: string): { readonly program: string; readonly commands: readonly string[] } {
  const blocks = [...page.matchAll(BLOCK)].map(([, language, text]) => ({ language, text: text! }));
  const of = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);
  return { program: of('js').join(`console.log('${BORDER}');\n`), commands: of('sh') };
}

/** The page with each block of text replaced by what the program or the commands before it print. */
export function fillIn(page: string, printed: string, answers: readonly string[]): string {
  const outputs = { js: printed.split(`${BORDER}\n`), sh: [...answers] };
  let output: string | undefined;
  return page.replace(BLOCK, (block: string, language: string) => {
    if (language === 'js' || language === 'sh') output = outputs[language].shift();
    if (language !== 'text' || output === undefined) return block;
    return `\`\`\`text\n${output.replace(/\n*$/, '\n')}\`\`\``;
  });
}

const BLOCK = /^```(\w+)\n([^]*?)^```$/gm;
