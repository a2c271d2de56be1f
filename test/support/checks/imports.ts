/**
 * Parses TypeScript with the compiler's parser: returns the imports of a file, and its uses of the clock, random
 * numbers, the process and the environment. Does not decide what is allowed.
 */
import ts from 'typescript'

/** An import or a re-export. */
export interface Import {
  /** As written. */
  readonly specifier: string
  /** Whether the import is erased at run time: `import type`, `export type ... from`, `import('x').T`. */
  readonly typeOnly: boolean
  /** The imported names. `*` for all of them; empty for a side effect import. */
  readonly names: readonly string[]
  /** Line number, from 1. */
  readonly line: number
}

/** A use of a global or function whose result does not depend on its arguments only. */
export interface ImpureUse {
  readonly what: string
  /** Line number, from 1. */
  readonly line: number
}

export interface Source {
  readonly imports: readonly Import[]
  readonly impureUses: readonly ImpureUse[]
}

// Globals for time, random numbers, and input or output of the process.
const impureGlobals = new Set([
  'process',
  'performance',
  'crypto',
  'globalThis',
  'fetch',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'WebSocket',
])

export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
  const imports: Import[] = []
  const impureUses: ImpureUse[] = []
  const lineOf = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
  const addImport = (
    from: ts.Node,
    specifier: ts.Node | undefined,
    typeOnly: boolean,
    names: readonly string[],
  ): void => {
    const written =
      specifier !== undefined && ts.isStringLiteralLike(specifier)
        ? specifier.text
        : '(not a literal: nobody can tell)'
    imports.push({ specifier: written, typeOnly, names, line: lineOf(from) })
  }

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      addImport(node, node.moduleSpecifier, isTypeOnly(node.importClause), namesIn(node.importClause))
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
      addImport(node, node.moduleSpecifier, node.isTypeOnly, exportedNames(node.exportClause))
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      addImport(node, node.moduleReference.expression, node.isTypeOnly, ['*'])
    else if (ts.isImportTypeNode(node))
      addImport(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true, ['*'])
    else if (ts.isCallExpression(node) && isLoad(node.expression))
      addImport(node, node.arguments[0], false, ['*'])
    const impure = impureUseAt(node)
    if (impure !== undefined) impureUses.push({ what: impure, line: lineOf(node) })
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { imports, impureUses }
}

// Whether the whole import is `import type`. `import { type A }` still loads the module.
function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function namesIn(clause: ts.ImportClause | undefined): readonly string[] {
  if (clause === undefined) return []
  const { name, namedBindings: bindings } = clause
  const own = name === undefined ? [] : ['default']
  if (bindings === undefined) return own
  if (ts.isNamespaceImport(bindings)) return [...own, '*']
  return [...own, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)]
}

function exportedNames(clause: ts.NamedExportBindings | undefined): readonly string[] {
  return clause !== undefined && ts.isNamedExports(clause)
    ? clause.elements.map((element) => (element.propertyName ?? element.name).text)
    : ['*']
}

function isLoad(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
}

function impureUseAt(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const path = `${node.expression.text}.${node.name.text}`
    if (path === 'Date.now' || path === 'Math.random') return path
  }
  if (ts.isElementAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const of = node.expression.text
    if (of === 'Date' || of === 'Math') return `${of}[...]`
  }
  if (ts.isNewExpression(node) && isDate(node.expression) && (node.arguments ?? []).length === 0)
    return 'new Date()'
  if (ts.isCallExpression(node) && isDate(node.expression)) return 'Date()'
  if (ts.isIdentifier(node) && impureGlobals.has(node.text) && isRead(node)) return node.text
  return undefined
}

function isDate(expression: ts.Expression): boolean {
  return ts.isIdentifier(expression) && expression.text === 'Date'
}

/** Whether the identifier is read as a variable, and is not the name of a member or of a declaration. */
function isRead(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isQualifiedName(parent) || ts.isImportSpecifier(parent)) return false
  const isDeclared = 'name' in parent && parent.name === node
  return !isDeclared || ts.isShorthandPropertyAssignment(parent)
}

/** The lines that read the environment: `process.env`, `process['env']`, `{ env } = process`, `import { env }`. */
export function environmentReads(path: string, text: string): readonly number[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
  const lines: number[] = []
  const visit = (node: ts.Node): void => {
    if (readsEnvironment(node)) lines.push(file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return lines
}

function readsEnvironment(node: ts.Node): boolean {
  const isProcess = (expression: ts.Node | undefined): boolean =>
    expression !== undefined && ts.isIdentifier(expression) && expression.text === 'process'
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && node.name.text === 'env'
  if (ts.isElementAccessExpression(node))
    return (
      isProcess(node.expression) &&
      !(ts.isStringLiteralLike(node.argumentExpression) && node.argumentExpression.text !== 'env')
    )
  if (ts.isVariableDeclaration(node))
    return (
      isProcess(node.initializer) &&
      ts.isObjectBindingPattern(node.name) &&
      node.name.elements.some((element) => (element.propertyName ?? element.name).getText() === 'env')
    )
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
    return (
      ['node:process', 'process'].includes(node.moduleSpecifier.text) &&
      namesIn(node.importClause).some((name) => ['env', 'default', '*'].includes(name))
    )
  return false
}
