import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const sideDoor = 'All outgoing calls go through the guarded sender, sender/sender.ts.'
/** What serves, parses or names a type may be had; what calls out may not. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  http: [
    ...['createServer', 'Server', 'ServerOptions', 'RequestListener'],
    ...['IncomingMessage', 'IncomingHttpHeaders', 'ServerResponse'],
  ],
  net: ['createServer', 'isIP', 'isIPv4', 'isIPv6', 'Server', 'AddressInfo'],
  tls: ['checkServerIdentity', 'createSecureContext', 'PeerCertificate', 'SecureContext'],
  https: [],
  http2: [],
  dns: [],
  'dns/promises': [],
  dgram: [],
}
const doors = [
  ...Object.entries(harmless).flatMap(([name, allowImportNames]) =>
    [name, `node:${name}`].map((each) =>
      allowImportNames.length === 0
        ? { name: each, message: sideDoor }
        : { name: each, allowImportNames: [...allowImportNames], message: sideDoor },
    ),
  ),
  { name: 'undici', message: sideDoor },
  { name: 'ws', allowImportNames: ['WebSocketServer'], message: sideDoor },
]
const childProcess = ['child_process', 'node:child_process'].map((name) => ({ name, message: sideDoor }))
const globalDoors = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'require']
const doorNames = '^(node:)?(https?|http2|net|tls|dns(.promises)?|dgram|child_process|undici|ws)$'
/** The same doors by a way that no rule on imports sees. */
const hiddenDoors = [
  'ImportExpression[source.type!="Literal"]',
  `ImportExpression[source.value=/${doorNames}/]`,
  'TSImportEqualsDeclaration',
  'MemberExpression[object.name=/^(globalThis|global)$/]',
  'VariableDeclarator[init.name=/^(globalThis|global)$/]',
  'MemberExpression[property.name=/^(getBuiltinModule|binding|mainModule)$/][object.name="process"]',
  // To find where a package lies is harmless; to load it is not.
  'CallExpression[callee.callee.name="createRequire"]',
  'VariableDeclarator[init.callee.name="createRequire"]',
]

export default defineConfig(
  {
    ignores: [
      'dist',
      'node_modules',
      'drizzle',
      'patches',
      '.ci',
      'src/graphql/core/generated',
      '.orderbell',
    ],
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    // Only the configuration reads the environment, so that every setting is known, checked and documented.
    files: ['src/**/*.ts'],
    ignores: ['src/config.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'config.ts is the only reader of process.env.' },
      ],
    },
  },
  {
    // Side doors around the guarded sender would let a request reach a private address.
    // The demo is a client of ours, so that it calls the API as any client would.
    files: ['src/**/*.ts'],
    ignores: ['src/sender/**', 'src/demo/**'],
    rules: {
      'no-restricted-globals': ['error', ...globalDoors.map((name) => ({ name, message: sideDoor }))],
      'no-restricted-imports': ['error', { paths: [...doors, ...childProcess] }],
      'no-restricted-syntax': ['error', ...hiddenDoors.map((selector) => ({ selector, message: sideDoor }))],
    },
  },
  {
    // They start PostgreSQL's own programs, and nothing that a tenant names.
    files: ['src/runtime/embedded-postgres/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: doors }] },
  },
  {
    // They connect to the PostgreSQL that the operator names, and to nothing that a tenant names.
    files: ['src/postgres/several-hosts.ts', 'src/postgres/offered-tls.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [...doors.filter(({ name }) => name !== 'node:net'), ...childProcess] },
      ],
    },
  },
)
