import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const guardedSenderOnly = 'All outgoing calls go through the guarded sender, sender/sender.ts.'
/** Names that may be imported: servers, parsers and types. Names that send requests may not. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
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
const restrictedImports = [
  ...Object.entries(allowedImports).flatMap(([name, allowImportNames]) =>
    [name, `node:${name}`].map((each) =>
      allowImportNames.length === 0
        ? { name: each, message: guardedSenderOnly }
        : { name: each, allowImportNames: [...allowImportNames], message: guardedSenderOnly },
    ),
  ),
  { name: 'undici', message: guardedSenderOnly },
  { name: 'ws', allowImportNames: ['WebSocketServer'], message: guardedSenderOnly },
]
const childProcess = ['child_process', 'node:child_process'].map((name) => ({
  name,
  message: guardedSenderOnly,
}))
const restrictedGlobals = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'require']
const restrictedModules = '^(node:)?(https?|http2|net|tls|dns(.promises)?|dgram|child_process|undici|ws)$'
/** Ways to load the same modules that no rule on imports sees. */
const restrictedSyntax = [
  'ImportExpression[source.type!="Literal"]',
  `ImportExpression[source.value=/${restrictedModules}/]`,
  'TSImportEqualsDeclaration',
  'MemberExpression[object.name=/^(globalThis|global)$/]',
  'VariableDeclarator[init.name=/^(globalThis|global)$/]',
  'MemberExpression[property.name=/^(getBuiltinModule|binding|mainModule)$/][object.name="process"]',
  // `createRequire` may resolve the path of a package, and may not load it.
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
      // JavaScript that tests run by node itself, which has no types.
      'test/**/*.mjs',
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
    // A request around the guarded sender could reach a private address.
    // The demo is a client of ours, so that it calls the API as any client would.
    files: ['src/**/*.ts'],
    ignores: ['src/sender/**', 'src/demo/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...restrictedGlobals.map((name) => ({ name, message: guardedSenderOnly })),
      ],
      'no-restricted-imports': ['error', { paths: [...restrictedImports, ...childProcess] }],
      'no-restricted-syntax': [
        'error',
        ...restrictedSyntax.map((selector) => ({ selector, message: guardedSenderOnly })),
      ],
    },
  },
  {
    // They start PostgreSQL's own programs, and nothing that a tenant names.
    files: ['src/runtime/embedded-postgres/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: restrictedImports }] },
  },
  {
    // They connect to the PostgreSQL that the operator names, and to nothing that a tenant names.
    files: ['src/postgres/multi-host.ts', 'src/postgres/resolve-sslmode.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [...restrictedImports.filter(({ name }) => name !== 'node:net'), ...childProcess] },
      ],
    },
  },
)
