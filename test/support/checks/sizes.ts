/**
 * The limits on the length of files, functions and object literals of functions. Parses without types, so a table such as
 * `{ find: bind(find) }` is not seen as a literal of functions. The files are passed as text, so that a test can also
 * pass files beyond the limits.
 */
import ts from 'typescript'
import type { Files } from './arrows.ts'

/** The greatest allowed numbers of lines. */
export const sizeLimits = { file: 250, function: 80, literalOfFunctions: 60 }

const because = {
  file: 'a file beyond that is read for more than one subject',
  function: 'the steps of a longer function need names',
  literalOfFunctions: 'functions at the top level have names in stack traces and can be tested alone',
}

/** Files that a program writes, and nobody reads from top to bottom. */
const generated = 'graphql/core/generated/'

/** Returns everything beyond the limits, one line each: the place, its length, the limit and the reason. */
export function oversized(files: Files): readonly string[] {
  const written = [...files].filter(([path]) => !path.startsWith(generated))
  return written.flatMap(([path, text]) => {
    const lines = text.replace(/\n$/, '').split('\n').length
    // A file within the smallest limit contains nothing beyond a limit. It is not parsed.
    if (lines <= Math.min(...Object.values(sizeLimits))) return []
    return [...violation(`src/${path}`, 'file', lines), ...oversizedParts(path, text)]
  })
}

function oversizedParts(path: string, text: string): readonly string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS)
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1
  const found: string[] = []
  const visit = (node: ts.Node, outerName: string): void => {
    const name = nameOf(node) ?? outerName
    const kind = kindOf(node)
    if (kind !== undefined) {
      // The start of a node excludes its documentation comment.
      const start = lineOf(node.getStart(file))
      found.push(...violation(`src/${path}:${start} ${name}`, kind, lineOf(node.getEnd()) - start + 1))
    }
    ts.forEachChild(node, (child) => visit(child, name))
  }
  visit(file, '(no name)')
  return found
}

function violation(where: string, kind: keyof typeof sizeLimits, lines: number): readonly string[] {
  const limit = sizeLimits[kind]
  if (lines <= limit) return []
  return [`${where} has ${lines} lines; it may have ${limit}, because ${because[kind]}`]
}

function kindOf(node: ts.Node): 'function' | 'literalOfFunctions' | undefined {
  if (ts.isFunctionLike(node)) return 'function'
  if (!ts.isObjectLiteralExpression(node)) return undefined
  const functions = node.properties.filter(isFunction).length
  return functions > node.properties.length / 2 ? 'literalOfFunctions' : undefined
}

function isFunction(property: ts.ObjectLiteralElementLike): boolean {
  return (
    ts.isFunctionLike(property) ||
    (ts.isPropertyAssignment(property) && ts.isFunctionLike(property.initializer))
  )
}

/** The name of a function, or of the variable or property whose value may be one. */
function nameOf(node: ts.Node): string | undefined {
  if (!ts.isFunctionLike(node) && !ts.isVariableDeclaration(node) && !ts.isPropertyAssignment(node))
    return undefined
  return node.name !== undefined && 'text' in node.name ? node.name.text : undefined
}
