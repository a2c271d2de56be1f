import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  { ignores: ['dist', 'node_modules', 'drizzle', 'patches', 'src/graphql/generated', '.orderbell'] },
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
    ignores: ['src/http/**', 'src/demo/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'All outgoing calls go through http/send.' },
      ],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'undici', message: 'All outgoing calls go through http/send.' }] },
      ],
    },
  },
)
